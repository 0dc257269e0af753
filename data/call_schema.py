"""The tables of the video call: the call, the agents' desks, checklist, evidence, tickets, call-backs (F2)."""

from sqlalchemy import Column, ForeignKey, Index

from data.columns import Instant, Number, Octets, Small, Words
from data.tables import key, reference, table, unique

# ENDED
_LIVES = "state <> 6"

call = table(
    "call",
    key("call_id"),
    Column("state", Small, nullable=False),
    Column("language", Words, nullable=False),
    Column("iin", Number, nullable=False),
    Column("phone", Number, nullable=False),
    Column("page_digest", Octets, nullable=False),
    Column("need", Words, nullable=False),
    Column("attempt", Small, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("consent_at", Instant, nullable=False),
    Column("consent_version", Words, nullable=False),
    Column("policy_version", Words, nullable=False),
    Column("phrase", Words, nullable=False),
    Column("agent_id", Number, ForeignKey("staff.staff_id")),
    Column("offered_at", Instant),
    Column("accepted_at", Instant),
    Column("answered_at", Instant),
    Column("connected_at", Instant),
    Column("missed", Small, nullable=False),
    Column("absent_since", Instant),
    Column("lost_at", Instant),
    Column("lost_leg", Words),
    Column("lost_why", Words, nullable=False),
    Column("held_at", Instant),
    Column("worker", Words, nullable=False),
    Column("recording_since", Instant),
    Column("recording_problem", Words, nullable=False),
    Column("ended_at", Instant),
    Column("cause", Small),
    Column("decision", Small),
    Column("decision_reason", Words, nullable=False),
    Column("decision_note", Words, nullable=False),
    Column("decided_at", Instant),
    Column("sealed_at", Instant),
    Column("seal", Octets, nullable=False),
    Column("version", Number, nullable=False),
    Index("ix_call_state_queued_at", "state", "queued_at", "call_id"),
    Index("ix_call_iin_opened_at", "iin", "opened_at"),
    Index("ix_call_sealed_at_state", "sealed_at", "state"),
    Index("ix_call_agent_id_opened_at", "agent_id", "opened_at"),
    Index("ix_call_decision", "decision", "call_id"),
    # One page has one living call, however often it asks.
    unique("uq_call_page", "page_digest", where=_LIVES),
)

call_offer = table(
    "call_offer",
    key("offer_id"),
    reference("call_id", "call.call_id"),
    reference("staff_id", "staff.staff_id"),
    Column("offered_at", Instant, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("ended_at", Instant),
    Index("ix_call_offer_call_id", "call_id", "offer_id"),
)

agent_desk = table(
    "agent_desk",
    Column("staff_id", Number, ForeignKey("staff.staff_id"), primary_key=True, autoincrement=False),
    Column("state", Words, nullable=False),
    Column("languages", Words, nullable=False),
    Column("since", Instant, nullable=False),
    Column("call_id", Number, ForeignKey("call.call_id")),
    Column("pause_next", Small, nullable=False),
    Column("wrap_up_until", Instant),
    Column("wrap_up_extended", Small, nullable=False),
    Column("absent_since", Instant),
    Column("version", Number, nullable=False),
)

call_check = table(
    "call_check",
    key("check_id"),
    reference("call_id", "call.call_id"),
    Column("gate", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("facts", Words, nullable=False),
    Column("evidence_id", Number),
    Index("ix_call_check_call_id", "call_id", "check_id"),
)

call_settlement = table(
    "call_settlement",
    # The call's number is the key: one call is settled once.
    Column("call_id", Number, ForeignKey("call.call_id"), primary_key=True, autoincrement=False),
    Column("decision", Small, nullable=False),
    Column("reason", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("staff_id", Number, ForeignKey("staff.staff_id"), nullable=False),
    Column("by", Words, nullable=False),
    Column("at", Instant, nullable=False),
)

call_quality = table(
    "call_quality",
    Column("call_id", Number, ForeignKey("call.call_id"), primary_key=True, autoincrement=False),
    Column("leg", Words, primary_key=True),
    Column("began_at", Instant, primary_key=True),
    Column("ended_at", Instant, nullable=False),
    Column("loss_ppm", Number),
    Column("rtt_ms", Number),
    Column("jitter_ms", Number),
    Column("kbit_per_second", Number, nullable=False),
    Column("width_px", Number),
    Column("height_px", Number),
    Column("freezes", Number, nullable=False),
    Column("frozen_ms", Number, nullable=False),
)

evidence = table(
    "evidence",
    key("evidence_id"),
    reference("call_id", "call.call_id"),
    Column("kind", Words, nullable=False),
    Column("name", Words, nullable=False, unique=True),
    Column("sha256", Octets, nullable=False),
    Column("size_bytes", Number, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("asked_by", Words, nullable=False),
    Column("width_px", Number, nullable=False),
    Column("height_px", Number, nullable=False),
    Column("closed", Small, nullable=False),
    Index("ix_evidence_call_id", "call_id", "evidence_id"),
)

call_ticket = table(
    "call_ticket",
    Column("token_digest", Octets, primary_key=True),
    Column("leg", Words, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("call_id", Number),
    Column("staff_id", Number),
    Column("session_digest", Octets, nullable=False),
    Column("used_at", Instant),
    Index("ix_call_ticket_expires_at", "expires_at"),
)

call_back = table(
    "call_back",
    key("call_back_id"),
    Column("token_digest", Octets, nullable=False, unique=True),
    Column("phone", Number, nullable=False),
    Column("language", Words, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("invited_at", Instant),
    Column("used_at", Instant),
    Index("ix_call_back_phone", "phone", "call_back_id"),
    Index("ix_call_back_invited_at", "invited_at", "asked_at"),
)
