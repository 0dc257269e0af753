"""The tables of the video verification: challenges that were drawn, attempts that were judged (F1, step 10)."""

from sqlalchemy import REAL, Column, ForeignKey, Index

from data.columns import Instant, Number, Octets, Small, Words
from data.tables import key, table, unique

face_challenge = table(
    "face_challenge",
    Column("token_digest", Octets, primary_key=True),
    Column("application_number", Number, ForeignKey("application.number"), nullable=False),
    Column("page_digest", Octets, nullable=False),
    Column("moves", Words, nullable=False),
    Column("drawn_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("folder", Words, nullable=False),
    Column("step", Small, nullable=False),
    # Lists, as JSON: they are read and written as a whole.
    Column("prompts_ms", Words, nullable=False),
    Column("frames", Words, nullable=False),
    Column("shown", Words, nullable=False),
    Column("judging_since", Instant),
    Column("ended_at", Instant),
    Column("version", Number, nullable=False),
    Index("ix_face_challenge_ended_at", "ended_at", "expires_at"),
    # One running verification an application.
    unique("uq_face_challenge_application", "application_number", where="ended_at IS NULL"),
)

face_attempt = table(
    "face_attempt",
    key("attempt_id"),
    Column("application_number", Number, ForeignKey("application.number"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("moves", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("band", Words, nullable=False),
    Column("distance", REAL),
    Column("flags", Words, nullable=False),
    Column("live", Words, nullable=False),
    Column("frames", Words, nullable=False),
    Column("counted", Small, nullable=False),
    Column("policy_version", Words, nullable=False),
    Index("ix_face_attempt_application_number", "application_number", "attempt_id"),
)
