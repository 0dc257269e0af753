"""The video call: calls, desks, checklist, settlements, evidence, tickets, call-backs; the BMG's history; portraits."""

import sqlalchemy as sa
from alembic import op

from data.columns import Instant, Number, Octets, Small, Words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bmg_history",
        sa.Column("entry_id", Number, autoincrement=True, nullable=False),
        sa.Column("iin", Number, nullable=False),
        sa.Column("phone", Number, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("registered_by", Words, nullable=False),
        sa.Column("call_id", Number, nullable=True),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("ended_by", Words, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_bmg_history")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_bmg_history_iin", "bmg_history", ["iin", "entry_id"], unique=False)
    op.create_table(
        "call_back",
        sa.Column("call_back_id", Number, autoincrement=True, nullable=False),
        sa.Column("token_digest", Octets, nullable=False),
        sa.Column("phone", Number, nullable=False),
        sa.Column("language", Words, nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("invited_at", Instant(), nullable=True),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("call_back_id", name=op.f("pk_call_back")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_call_back_token_digest")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_call_back_invited_at", "call_back", ["invited_at", "asked_at"], unique=False)
    op.create_index("ix_call_back_phone", "call_back", ["phone", "call_back_id"], unique=False)
    op.create_table(
        "call_ticket",
        sa.Column("token_digest", Octets, nullable=False),
        sa.Column("leg", Words, nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("call_id", Number, nullable=True),
        sa.Column("staff_id", Number, nullable=True),
        sa.Column("session_digest", Octets, nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_call_ticket")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_call_ticket_expires_at", "call_ticket", ["expires_at"], unique=False)
    op.create_table(
        "call",
        sa.Column("call_id", Number, autoincrement=True, nullable=False),
        sa.Column("state", Small, nullable=False),
        sa.Column("language", Words, nullable=False),
        sa.Column("iin", Number, nullable=False),
        sa.Column("phone", Number, nullable=False),
        sa.Column("page_digest", Octets, nullable=False),
        sa.Column("need", Words, nullable=False),
        sa.Column("attempt", Small, nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("queued_at", Instant(), nullable=False),
        sa.Column("consent_at", Instant(), nullable=False),
        sa.Column("consent_version", Words, nullable=False),
        sa.Column("policy_version", Words, nullable=False),
        sa.Column("phrase", Words, nullable=False),
        sa.Column("agent_id", Number, nullable=True),
        sa.Column("offered_at", Instant(), nullable=True),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("connected_at", Instant(), nullable=True),
        sa.Column("missed", Small, nullable=False),
        sa.Column("absent_since", Instant(), nullable=True),
        sa.Column("lost_at", Instant(), nullable=True),
        sa.Column("lost_leg", Words, nullable=True),
        sa.Column("lost_why", Words, nullable=False),
        sa.Column("held_at", Instant(), nullable=True),
        sa.Column("worker", Words, nullable=False),
        sa.Column("recording_since", Instant(), nullable=True),
        sa.Column("recording_problem", Words, nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("cause", Small, nullable=True),
        sa.Column("decision", Small, nullable=True),
        sa.Column("decision_reason", Words, nullable=False),
        sa.Column("decision_note", Words, nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("sealed_at", Instant(), nullable=True),
        sa.Column("seal", Octets, nullable=False),
        sa.Column("version", Number, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["staff.staff_id"], name=op.f("fk_call_agent_id")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_call_iin_opened_at", "call", ["iin", "opened_at"], unique=False)
    op.create_index("ix_call_sealed_at_state", "call", ["sealed_at", "state"], unique=False)
    op.create_index("ix_call_agent_id_opened_at", "call", ["agent_id", "opened_at"], unique=False)
    op.create_index("ix_call_decision", "call", ["decision", "call_id"], unique=False)
    op.create_index("ix_call_state_queued_at", "call", ["state", "queued_at", "call_id"], unique=False)
    op.create_index(
        "uq_call_page",
        "call",
        ["page_digest"],
        unique=True,
        sqlite_where=sa.text("state <> 6"),
        postgresql_where=sa.text("state <> 6"),
    )
    op.create_table(
        "portrait",
        sa.Column("iin", Number, autoincrement=False, nullable=False),
        sa.Column("jpeg", Octets, nullable=False),
        sa.ForeignKeyConstraint(["iin"], ["person.iin"], name=op.f("fk_portrait_iin")),
        sa.PrimaryKeyConstraint("iin", name=op.f("pk_portrait")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "agent_desk",
        sa.Column("staff_id", Number, autoincrement=False, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("languages", Words, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("call_id", Number, nullable=True),
        sa.Column("pause_next", Small, nullable=False),
        sa.Column("wrap_up_until", Instant(), nullable=True),
        sa.Column("wrap_up_extended", Small, nullable=False),
        sa.Column("absent_since", Instant(), nullable=True),
        sa.Column("version", Number, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.call_id"], name=op.f("fk_agent_desk_call_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_agent_desk_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_agent_desk")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "call_check",
        sa.Column("check_id", Number, autoincrement=True, nullable=False),
        sa.Column("call_id", Number, nullable=False),
        sa.Column("gate", Words, nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", Words, nullable=False),
        sa.Column("facts", Words, nullable=False),
        sa.Column("evidence_id", Number, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.call_id"], name=op.f("fk_call_check_call_id")),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_call_check")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_call_check_call_id", "call_check", ["call_id", "check_id"], unique=False)
    op.create_table(
        "call_offer",
        sa.Column("offer_id", Number, autoincrement=True, nullable=False),
        sa.Column("call_id", Number, nullable=False),
        sa.Column("staff_id", Number, nullable=False),
        sa.Column("offered_at", Instant(), nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.call_id"], name=op.f("fk_call_offer_call_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_call_offer_staff_id")),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_call_offer")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_call_offer_call_id", "call_offer", ["call_id", "offer_id"], unique=False)
    op.create_table(
        "call_settlement",
        sa.Column("call_id", Number, autoincrement=False, nullable=False),
        sa.Column("decision", Small, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("note", Words, nullable=False),
        sa.Column("staff_id", Number, nullable=False),
        sa.Column("by", Words, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.call_id"], name=op.f("fk_call_settlement_call_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_call_settlement_staff_id")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_settlement")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "evidence",
        sa.Column("evidence_id", Number, autoincrement=True, nullable=False),
        sa.Column("call_id", Number, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("sha256", Octets, nullable=False),
        sa.Column("size_bytes", Number, nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.Column("asked_by", Words, nullable=False),
        sa.Column("width_px", Number, nullable=False),
        sa.Column("height_px", Number, nullable=False),
        sa.Column("closed", Small, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.call_id"], name=op.f("fk_evidence_call_id")),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("name", name=op.f("uq_evidence_name")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_evidence_call_id", "evidence", ["call_id", "evidence_id"], unique=False)
    # A message may go to a phone whose owner is no subscriber yet. SQLite makes the table anew.
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_strict": True}) as outbox:
        outbox.alter_column("subscriber_id", existing_type=Number, nullable=True)
