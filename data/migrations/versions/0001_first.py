"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op

from data.columns import Day, Instant, Number, Octets, Ordered, Small, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("audit_id", Number, autoincrement=True, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", Words, nullable=False),
        sa.Column("staff_id", Number, nullable=True),
        sa.Column("role", Words, nullable=False),
        sa.Column("door", Words, nullable=False),
        sa.Column("event", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("from_state", Words, nullable=False),
        sa.Column("to_state", Words, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("policy_version", Words, nullable=False),
        sa.Column("details", Words, nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_subject", "audit", ["subject", "audit_id"], unique=False)
    op.create_table(
        "bmg",
        sa.Column("iin", Number, autoincrement=False, nullable=False),
        sa.Column("phone", Number, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("registered_by", Words, nullable=False),
        sa.PrimaryKeyConstraint("iin", name=op.f("pk_bmg")),
        sa.UniqueConstraint("phone", name=op.f("uq_bmg_phone")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "command",
        sa.Column("command_id", Number, autoincrement=True, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("idempotency_key", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("attempts", Small, nullable=False),
        sa.Column("next_try_at", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("problem", Words, nullable=False),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_command")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_command_idempotency_key")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_command_state_next_try_at", "command", ["state", "next_try_at", "command_id"], unique=False
    )
    op.create_index("ix_command_subject", "command", ["subject"], unique=False)
    op.create_table(
        "crl",
        sa.Column("issuer", Words, nullable=False),
        sa.Column("number", Number, autoincrement=False, nullable=False),
        sa.Column("this_update", Instant(), nullable=False),
        sa.Column("next_update", Instant(), nullable=False),
        sa.Column("entries", Number, nullable=False),
        sa.Column("size_bytes", Number, nullable=False),
        sa.Column("sha256", Octets, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "number", name=op.f("pk_crl")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "demo_message",
        sa.Column("message_id", Number, autoincrement=True, nullable=False),
        sa.Column("medium", Words, nullable=False),
        sa.Column("recipient", Words, nullable=False),
        sa.Column("text", Words, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_demo_message")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_demo_message_recipient", "demo_message", ["recipient", "message_id"], unique=False)
    op.create_table(
        "name_token",
        sa.Column("token", Words, nullable=False),
        sa.Column("position", Small, autoincrement=False, nullable=False),
        sa.Column("n", Number, nullable=False),
        sa.PrimaryKeyConstraint("token", "position", name=op.f("pk_name_token")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "not_me_link",
        sa.Column("token_digest", Octets, nullable=False),
        sa.Column("serial", Octets, nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_not_me_link")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "person",
        sa.Column("iin", Number, autoincrement=False, nullable=False),
        sa.Column("surname", Words, nullable=False),
        sa.Column("given_name", Words, nullable=False),
        sa.Column("patronymic", Words, nullable=False),
        sa.Column("surname_latin", Words, nullable=False),
        sa.Column("given_name_latin", Words, nullable=False),
        sa.Column("born_on", Day(), nullable=False),
        sa.Column("sex", Words, nullable=False),
        sa.Column("region", Small, nullable=False),
        sa.Column("language", Words, nullable=False),
        sa.Column("document_kind", Small, nullable=False),
        sa.Column("document_number", Words, nullable=False),
        sa.Column("document_expires_on", Day(), nullable=False),
        sa.Column("deceased_on", Day(), nullable=True),
        sa.PrimaryKeyConstraint("iin", name=op.f("pk_person")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "policy_version",
        sa.Column("version", Words, nullable=False),
        sa.Column("source", Words, nullable=False),
        sa.Column("sha256", Octets, nullable=False),
        sa.Column("in_force_since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_version")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "proposal",
        sa.Column("proposal_id", Number, autoincrement=True, nullable=False),
        sa.Column("act", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("payload", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("asked_by", Number, nullable=False),
        sa.Column("asked_by_name", Words, nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("state", Small, nullable=False),
        sa.Column("agreed_by", Number, nullable=True),
        sa.Column("agreed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_proposal")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_proposal_state_subject", "proposal", ["state", "subject"], unique=False)
    op.create_table(
        "sms_code",
        sa.Column("code_id", Number, autoincrement=True, nullable=False),
        sa.Column("purpose", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("page", Words, nullable=False),
        sa.Column("phone", Number, nullable=False),
        sa.Column("seal", Octets, nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("tries_left", Small, nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_sms_code")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_sms_code_phone_sent_at", "sms_code", ["phone", "sent_at"], unique=False)
    op.create_index(
        "ix_sms_code_purpose_subject", "sms_code", ["purpose", "subject", "code_id"], unique=False
    )
    op.create_table(
        "staff",
        sa.Column("staff_id", Number, autoincrement=True, nullable=False),
        sa.Column("login", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("role", Words, nullable=False),
        sa.Column("password_hash", Words, nullable=False),
        sa.Column("totp_secret", Words, nullable=False),
        sa.Column("region", Small, nullable=False),
        sa.Column("language", Words, nullable=False),
        sa.Column("last_step", Number, nullable=False),
        sa.Column("wrong_tries", Small, nullable=False),
        sa.Column("locked_until", Instant(), nullable=True),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.Column("demo", Small, nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "stat_day",
        sa.Column("day", Day(), nullable=False),
        sa.Column("measure", Small, autoincrement=False, nullable=False),
        sa.Column("kind", Small, autoincrement=False, nullable=False),
        sa.Column("channel", Small, autoincrement=False, nullable=False),
        sa.Column("storage", Small, autoincrement=False, nullable=False),
        sa.Column("region", Small, autoincrement=False, nullable=False),
        sa.Column("method", Small, autoincrement=False, nullable=False),
        sa.Column("age_band", Small, autoincrement=False, nullable=False),
        sa.Column("reason", Small, autoincrement=False, nullable=False),
        sa.Column("n", Number, nullable=False),
        sa.PrimaryKeyConstraint(
            "day",
            "measure",
            "kind",
            "channel",
            "storage",
            "region",
            "method",
            "age_band",
            "reason",
            name=op.f("pk_stat_day"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stat_month",
        sa.Column("month", Number, autoincrement=False, nullable=False),
        sa.Column("measure", Small, autoincrement=False, nullable=False),
        sa.Column("kind", Small, autoincrement=False, nullable=False),
        sa.Column("channel", Small, autoincrement=False, nullable=False),
        sa.Column("storage", Small, autoincrement=False, nullable=False),
        sa.Column("region", Small, autoincrement=False, nullable=False),
        sa.Column("method", Small, autoincrement=False, nullable=False),
        sa.Column("age_band", Small, autoincrement=False, nullable=False),
        sa.Column("reason", Small, autoincrement=False, nullable=False),
        sa.Column("n", Number, nullable=False),
        sa.PrimaryKeyConstraint(
            "month",
            "measure",
            "kind",
            "channel",
            "storage",
            "region",
            "method",
            "age_band",
            "reason",
            name=op.f("pk_stat_month"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stat_unused",
        sa.Column("as_of", Instant(), nullable=False),
        sa.Column("kind", Small, autoincrement=False, nullable=False),
        sa.Column("channel", Small, autoincrement=False, nullable=False),
        sa.Column("storage", Small, autoincrement=False, nullable=False),
        sa.Column("region", Small, autoincrement=False, nullable=False),
        sa.Column("method", Small, autoincrement=False, nullable=False),
        sa.Column("age_band", Small, autoincrement=False, nullable=False),
        sa.Column("n", Number, nullable=False),
        sa.PrimaryKeyConstraint(
            "as_of", "kind", "channel", "storage", "region", "method", "age_band", name=op.f("pk_stat_unused")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "subscriber",
        sa.Column("subscriber_id", Number, autoincrement=True, nullable=False),
        sa.Column("iin", Number, nullable=False),
        sa.Column("surname", Words, nullable=False),
        sa.Column("given_name", Words, nullable=False),
        sa.Column("patronymic", Words, nullable=False),
        sa.Column("name_fold", Ordered, nullable=False),
        sa.Column("phone", Number, nullable=True),
        sa.Column("email", Words, nullable=False),
        sa.Column("born_on", Day(), nullable=False),
        sa.Column("sex", Words, nullable=False),
        sa.Column("region", Small, nullable=False),
        sa.Column("language", Words, nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("iin", name=op.f("uq_subscriber_iin")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_subscriber_email", "subscriber", ["email"], unique=False)
    op.create_index("ix_subscriber_name_fold", "subscriber", ["name_fold", "subscriber_id"], unique=False)
    op.create_index("ix_subscriber_phone", "subscriber", ["phone"], unique=False)
    op.create_table(
        "application",
        sa.Column("number", Number, autoincrement=False, nullable=False),
        sa.Column("subscriber_id", Number, nullable=False),
        sa.Column("kind", Small, nullable=False),
        sa.Column("purpose", Small, nullable=False),
        sa.Column("channel", Small, nullable=False),
        sa.Column("storage", Small, nullable=False),
        sa.Column("method", Small, nullable=False),
        sa.Column("region", Small, nullable=False),
        sa.Column("state", Small, nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("policy_version", Words, nullable=False),
        sa.Column("opened_by", Words, nullable=False),
        sa.Column("label", Words, nullable=False),
        sa.Column("mobile_only", Small, nullable=False),
        sa.Column("previous_certificate_id", Number, nullable=True),
        sa.Column("public_key", Octets, nullable=False),
        sa.Column("key_id", Octets, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.subscriber_id"], name=op.f("fk_application_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_application")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_application_key_id", "application", ["key_id"], unique=False)
    op.create_index(
        "ix_application_previous_certificate_id", "application", ["previous_certificate_id"], unique=False
    )
    op.create_index("ix_application_state_opened_at", "application", ["state", "opened_at"], unique=False)
    op.create_index("ix_application_subscriber_id", "application", ["subscriber_id"], unique=False)
    op.create_index(
        "uq_application_key",
        "application",
        ["key_id"],
        unique=True,
        sqlite_where=sa.text("kind <> 2 AND length(key_id) > 0"),
        postgresql_where=sa.text("kind <> 2 AND length(key_id) > 0"),
    )
    op.create_index(
        "uq_application_successor",
        "application",
        ["previous_certificate_id", "kind"],
        unique=True,
        sqlite_where=sa.text("previous_certificate_id IS NOT NULL AND state NOT IN (8, 9, 10)"),
        postgresql_where=sa.text("previous_certificate_id IS NOT NULL AND state NOT IN (8, 9, 10)"),
    )
    op.create_table(
        "outbox",
        sa.Column("notice_id", Number, autoincrement=True, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("medium", Words, nullable=False),
        sa.Column("recipient", Words, nullable=False),
        sa.Column("subscriber_id", Number, nullable=False),
        sa.Column("language", Words, nullable=False),
        sa.Column("words", Words, nullable=False),
        sa.Column("secret", Small, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("attempts", Small, nullable=False),
        sa.Column("next_try_at", Instant(), nullable=False),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("problem", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.subscriber_id"], name=op.f("fk_outbox_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_outbox")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_outbox_state_next_try_at", "outbox", ["state", "next_try_at"], unique=False)
    op.create_index("ix_outbox_subscriber_id", "outbox", ["subscriber_id", "notice_id"], unique=False)
    op.create_table(
        "staff_session",
        sa.Column("token_digest", Octets, nullable=False),
        sa.Column("staff_id", Number, nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_staff_session_staff_id")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_staff_session")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_staff_session_staff_id", "staff_session", ["staff_id"], unique=False)
    op.create_table(
        "subscriber_stat",
        sa.Column("subscriber_id", Number, autoincrement=False, nullable=False),
        sa.Column("certificates", Number, nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("cover_until", Instant(), nullable=True),
        sa.Column("last_month", Number, nullable=False),
        sa.Column("kinds", Number, nullable=False),
        sa.Column("channels", Number, nullable=False),
        sa.Column("storages", Number, nullable=False),
        sa.Column("regions", Number, nullable=False),
        sa.Column("methods", Number, nullable=False),
        sa.Column("age_bands", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.subscriber_id"], name=op.f("fk_subscriber_stat_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_subscriber_stat")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_subscriber_stat_cover_until", "subscriber_stat", ["cover_until"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("certificate_id", Number, autoincrement=True, nullable=False),
        sa.Column("serial", Octets, nullable=False),
        sa.Column("subscriber_id", Number, nullable=False),
        sa.Column("application_number", Number, nullable=False),
        sa.Column("purpose", Small, nullable=False),
        sa.Column("kind", Small, nullable=False),
        sa.Column("channel", Small, nullable=False),
        sa.Column("storage", Small, nullable=False),
        sa.Column("region", Small, nullable=False),
        sa.Column("method", Small, nullable=False),
        sa.Column("age_band", Small, nullable=False),
        sa.Column("mobile_only", Small, nullable=False),
        sa.Column("state", Small, nullable=False),
        sa.Column("reason", Small, nullable=True),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("not_after", Instant(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=True),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.Column("lost_reported_at", Instant(), nullable=True),
        sa.Column("held_at", Instant(), nullable=True),
        sa.Column("hold_until", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("previous_id", Number, nullable=True),
        sa.Column("key_id", Octets, nullable=False),
        sa.Column("fingerprint", Octets, nullable=False),
        sa.Column("policy_version", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_number"], ["application.number"], name=op.f("fk_certificate_application_number")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.subscriber_id"], name=op.f("fk_certificate_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("application_number", name=op.f("uq_certificate_application_number")),
        sa.UniqueConstraint("serial", name=op.f("uq_certificate_serial")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_certificate_fingerprint", "certificate", ["fingerprint"], unique=False)
    op.create_index("ix_certificate_hold_until", "certificate", ["hold_until"], unique=False)
    op.create_index("ix_certificate_key_id", "certificate", ["key_id"], unique=False)
    op.create_index("ix_certificate_not_after", "certificate", ["not_after"], unique=False)
    op.create_index(
        "ix_certificate_not_before_certificate_id",
        "certificate",
        ["not_before", "certificate_id"],
        unique=False,
    )
    op.create_index("ix_certificate_previous_id", "certificate", ["previous_id"], unique=False)
    op.create_index(
        "ix_certificate_region_channel_state",
        "certificate",
        ["region", "channel", "state", "not_before", "certificate_id"],
        unique=False,
    )
    op.create_index(
        "ix_certificate_state_not_before",
        "certificate",
        ["state", "not_before", "certificate_id"],
        unique=False,
    )
    op.create_index(
        "ix_certificate_subscriber_id_not_before",
        "certificate",
        ["subscriber_id", "not_before"],
        unique=False,
    )
    op.create_table(
        "review",
        sa.Column("review_id", Number, autoincrement=True, nullable=False),
        sa.Column("application_number", Number, nullable=False),
        sa.Column("state", Small, nullable=False),
        sa.Column("flagged_because", Words, nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_number"], ["application.number"], name=op.f("fk_review_application_number")
        ),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_review_state_due_at", "review", ["state", "due_at"], unique=False)
    op.create_table(
        "certificate_der",
        sa.Column("certificate_id", Number, autoincrement=False, nullable=False),
        sa.Column("der", Octets, nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.certificate_id"], name=op.f("fk_certificate_der_certificate_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate_der")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "certificate_event",
        sa.Column("event_id", Number, autoincrement=True, nullable=False),
        sa.Column("certificate_id", Number, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("event", Words, nullable=False),
        sa.Column("by", Words, nullable=False),
        sa.Column("note", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.certificate_id"],
            name=op.f("fk_certificate_event_certificate_id"),
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_certificate_event")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_certificate_event_certificate_id_at", "certificate_event", ["certificate_id", "at"], unique=False
    )
    op.create_table(
        "certificate_prepared",
        sa.Column("certificate_id", Number, autoincrement=False, nullable=False),
        sa.Column("to_be_signed", Octets, nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.certificate_id"],
            name=op.f("fk_certificate_prepared_certificate_id"),
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate_prepared")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "certificate_use",
        sa.Column("certificate_id", Number, autoincrement=False, nullable=False),
        sa.Column("last_seen_on", Day(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.certificate_id"], name=op.f("fk_certificate_use_certificate_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate_use")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "crl_entry",
        sa.Column("certificate_id", Number, autoincrement=False, nullable=False),
        sa.Column("not_after", Instant(), nullable=False),
        sa.Column("entry", Octets, nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.certificate_id"], name=op.f("fk_crl_entry_certificate_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_crl_entry")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
