"""The tables of the photo review: the queue, what each moderator said, and claims that ended by themselves (F3)."""

from sqlalchemy import Column, ForeignKey, Index

from data.columns import Day, Instant, Number, Small, Words
from data.tables import key, reference, table, unique

# WAITING, CLAIMED, DECIDED
_UNDER_WAY = "recheck_of IS NULL AND state IN (1, 2, 3)"
# CLAIMED
_HELD = "state = 2"

review = table(
    "review",
    key("review_id"),
    Column("application_number", Number, ForeignKey("application.number"), nullable=False),
    Column("state", Small, nullable=False),
    Column("flagged_because", Words, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempt_id", Number, nullable=False),
    Column("risk", Small, nullable=False),
    Column("round", Small, nullable=False),
    Column("holder_id", Number),
    Column("claimed_at", Instant),
    Column("lease_until", Instant),
    Column("fence", Number, nullable=False),
    Column("released_by", Number),
    Column("effective_at", Instant),
    Column("decision", Small),
    Column("applied_at", Instant),
    Column("recheck_of", Number),
    Column("version", Number, nullable=False),
    Index("ix_review_state_due_at", "state", "due_at"),
    Index("ix_review_application_number", "application_number"),
    Index("ix_review_holder_id", "holder_id"),
    Index("ix_review_recheck_of", "recheck_of"),
    # One photo of an application is judged at a time.
    unique("uq_review_application", "application_number", where=_UNDER_WAY),
    # A moderator holds one at most, on however many pages.
    unique("uq_review_holder", "holder_id", where=_HELD),
)

review_opinion = table(
    "review_opinion",
    key("opinion_id"),
    reference("review_id", "review.review_id"),
    reference("staff_id", "staff.staff_id"),
    Column("by", Words, nullable=False),
    Column("round", Small, nullable=False),
    Column("same", Small, nullable=False),
    Column("live", Small, nullable=False),
    Column("usable", Small, nullable=False),
    Column("decision", Small, nullable=False),
    Column("reason", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("decided_at", Instant, nullable=False),
    # The day in Almaty, which figures are counted by.
    Column("decided_on", Day, nullable=False),
    Column("policy_version", Words, nullable=False),
    Column("undone_at", Instant),
    Index("ix_review_opinion_review_id", "review_id", "opinion_id"),
    Index("ix_review_opinion_staff_id_decided_on", "staff_id", "decided_on"),
    Index("ix_review_opinion_decided_on", "decided_on"),
)

review_lapse = table(
    "review_lapse",
    key("lapse_id"),
    reference("review_id", "review.review_id"),
    reference("staff_id", "staff.staff_id"),
    Column("claimed_at", Instant, nullable=False),
    Column("found_at", Instant, nullable=False),
    # The day in Almaty, which figures are counted by.
    Column("found_on", Day, nullable=False),
    Index("ix_review_lapse_found_on", "found_on"),
)
