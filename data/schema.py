"""The tables, in the shape that twenty million certificates need: narrow rows, DER apart, folded names, rollups.

Integers for what is compared (IIN, phone), raw octets for serials and keys, whole UTC seconds for instants.
"""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Table

from data.columns import Day, Instant, Number, Octets, Ordered, Small, Words
from data.tables import key, reference, table, unique

# WITHDRAWN, REJECTED, EXPIRED
_HAS_NOT_ENDED = "previous_certificate_id IS NOT NULL AND state NOT IN (8, 9, 10)"

person = table(
    "person",
    Column("iin", Number, primary_key=True, autoincrement=False),
    Column("surname", Words, nullable=False),
    Column("given_name", Words, nullable=False),
    Column("patronymic", Words, nullable=False),
    Column("surname_latin", Words, nullable=False),
    Column("given_name_latin", Words, nullable=False),
    Column("born_on", Day, nullable=False),
    Column("sex", Words, nullable=False),
    Column("region", Small, nullable=False),
    Column("language", Words, nullable=False),
    Column("document_kind", Small, nullable=False),
    Column("document_number", Words, nullable=False),
    Column("document_expires_on", Day, nullable=False),
    Column("deceased_on", Day),
)

bmg = table(
    "bmg",
    Column("iin", Number, primary_key=True, autoincrement=False),
    Column("phone", Number, nullable=False, unique=True),
    Column("since", Instant, nullable=False),
    Column("registered_by", Words, nullable=False),
)

bmg_history = table(
    "bmg_history",
    key("entry_id"),
    Column("iin", Number, nullable=False),
    Column("phone", Number, nullable=False),
    Column("since", Instant, nullable=False),
    Column("registered_by", Words, nullable=False),
    Column("call_id", Number),
    Column("until", Instant),
    Column("ended_by", Words, nullable=False),
    Index("ix_bmg_history_iin", "iin", "entry_id"),
)

portrait = table(
    "portrait",
    Column("iin", Number, ForeignKey("person.iin"), primary_key=True, autoincrement=False),
    Column("jpeg", Octets, nullable=False),
)

subscriber = table(
    "subscriber",
    key("subscriber_id"),
    Column("iin", Number, nullable=False, unique=True),
    Column("surname", Words, nullable=False),
    Column("given_name", Words, nullable=False),
    Column("patronymic", Words, nullable=False),
    Column("name_fold", Ordered, nullable=False),
    Column("phone", Number),
    Column("email", Words, nullable=False),
    Column("born_on", Day, nullable=False),
    Column("sex", Words, nullable=False),
    Column("region", Small, nullable=False),
    Column("language", Words, nullable=False),
    Index("ix_subscriber_phone", "phone"),
    Index("ix_subscriber_email", "email"),
    Index("ix_subscriber_name_fold", "name_fold", "subscriber_id"),
)

name_token = table(
    "name_token",
    Column("token", Words, primary_key=True),
    Column("position", Small, primary_key=True, autoincrement=False),
    Column("n", Number, nullable=False),
    rowid=False,
)

application = table(
    "application",
    Column("number", Number, primary_key=True, autoincrement=False),
    reference("subscriber_id", "subscriber.subscriber_id"),
    Column("kind", Small, nullable=False),
    Column("purpose", Small, nullable=False),
    Column("channel", Small, nullable=False),
    Column("storage", Small, nullable=False),
    Column("method", Small, nullable=False),
    Column("region", Small, nullable=False),
    Column("state", Small, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("policy_version", Words, nullable=False),
    Column("opened_by", Words, nullable=False),
    Column("opened_by_id", Number),
    Column("label", Words, nullable=False),
    Column("mobile_only", Small, nullable=False),
    Column("previous_certificate_id", Number),
    Column("public_key", Octets, nullable=False),
    Column("key_id", Octets, nullable=False),
    Column("reason", Words, nullable=False),
    Index("ix_application_subscriber_id", "subscriber_id"),
    Index("ix_application_state_opened_at", "state", "opened_at"),
    Index("ix_application_previous_certificate_id", "previous_certificate_id"),
    Index("ix_application_key_id", "key_id"),
    # R8, R11: one renewal and one reissue of a certificate at most, whoever asks at the same moment.
    unique("uq_application_successor", "previous_certificate_id", "kind", where=_HAS_NOT_ENDED),
    # R6, R11: a key is certified once; only a renewal is about a key that was certified before.
    unique("uq_application_key", "key_id", where="kind <> 2 AND length(key_id) > 0"),
)

certificate = table(
    "certificate",
    key("certificate_id"),
    Column("serial", Octets, nullable=False, unique=True),
    reference("subscriber_id", "subscriber.subscriber_id"),
    Column("application_number", Number, ForeignKey("application.number"), nullable=False, unique=True),
    Column("purpose", Small, nullable=False),
    Column("kind", Small, nullable=False),
    Column("channel", Small, nullable=False),
    Column("storage", Small, nullable=False),
    Column("region", Small, nullable=False),
    Column("method", Small, nullable=False),
    Column("age_band", Small, nullable=False),
    Column("mobile_only", Small, nullable=False),
    Column("state", Small, nullable=False),
    Column("reason", Small),
    Column("not_before", Instant, nullable=False),
    Column("not_after", Instant, nullable=False),
    Column("issued_at", Instant),
    Column("accepted_at", Instant),
    Column("lost_reported_at", Instant),
    Column("held_at", Instant),
    Column("hold_until", Instant),
    Column("revoked_at", Instant),
    Column("previous_id", Number),
    Column("key_id", Octets, nullable=False),
    Column("fingerprint", Octets, nullable=False),
    Column("policy_version", Words, nullable=False),
    Index("ix_certificate_subscriber_id_not_before", "subscriber_id", "not_before"),
    Index("ix_certificate_not_before_certificate_id", "not_before", "certificate_id"),
    Index(
        "ix_certificate_region_channel_state",
        "region",
        "channel",
        "state",
        "not_before",
        "certificate_id",
    ),
    Index("ix_certificate_state_not_before", "state", "not_before", "certificate_id"),
    Index("ix_certificate_not_after", "not_after"),
    Index("ix_certificate_previous_id", "previous_id"),
    Index("ix_certificate_key_id", "key_id"),
    Index("ix_certificate_fingerprint", "fingerprint"),
    Index("ix_certificate_hold_until", "hold_until"),
)

certificate_der = table(
    "certificate_der",
    Column(
        "certificate_id",
        Number,
        ForeignKey("certificate.certificate_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("der", Octets, nullable=False),
)

certificate_prepared = table(
    "certificate_prepared",
    Column(
        "certificate_id",
        Number,
        ForeignKey("certificate.certificate_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("to_be_signed", Octets, nullable=False),
)

certificate_event = table(
    "certificate_event",
    key("event_id"),
    reference("certificate_id", "certificate.certificate_id"),
    Column("at", Instant, nullable=False),
    Column("event", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("note", Words, nullable=False),
    Index("ix_certificate_event_certificate_id_at", "certificate_id", "at"),
)

certificate_use = table(
    "certificate_use",
    Column(
        "certificate_id",
        Number,
        ForeignKey("certificate.certificate_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("last_seen_on", Day, nullable=False),
)

crl_entry = table(
    "crl_entry",
    Column(
        "certificate_id",
        Number,
        ForeignKey("certificate.certificate_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("not_after", Instant, nullable=False),
    Column("entry", Octets, nullable=False),
)

crl = table(
    "crl",
    Column("issuer", Words, primary_key=True),
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("this_update", Instant, nullable=False),
    Column("next_update", Instant, nullable=False),
    Column("entries", Number, nullable=False),
    Column("size_bytes", Number, nullable=False),
    Column("sha256", Octets, nullable=False),
)

sms_code = table(
    "sms_code",
    key("code_id"),
    Column("purpose", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("page", Words, nullable=False),
    Column("phone", Number, nullable=False),
    Column("seal", Octets, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("tries_left", Small, nullable=False),
    Column("used_at", Instant),
    Index("ix_sms_code_purpose_subject", "purpose", "subject", "code_id"),
    Index("ix_sms_code_phone_sent_at", "phone", "sent_at"),
)

outbox = table(
    "outbox",
    key("notice_id"),
    Column("kind", Words, nullable=False),
    Column("medium", Words, nullable=False),
    Column("recipient", Words, nullable=False),
    # Who registers a phone need not be a subscriber yet.
    reference("subscriber_id", "subscriber.subscriber_id", nullable=True),
    Column("language", Words, nullable=False),
    Column("words", Words, nullable=False),
    Column("secret", Small, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Small, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    Column("problem", Words, nullable=False),
    Index("ix_outbox_subscriber_id", "subscriber_id", "notice_id"),
    Index("ix_outbox_state_next_try_at", "state", "next_try_at"),
)

demo_message = table(
    "demo_message",
    key("message_id"),
    Column("medium", Words, nullable=False),
    Column("recipient", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_demo_message_recipient", "recipient", "message_id"),
)

not_me_link = table(
    "not_me_link",
    Column("token_digest", Octets, primary_key=True),
    Column("serial", Octets, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

command = table(
    "command",
    key("command_id"),
    Column("kind", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("idempotency_key", Words, nullable=False, unique=True),
    Column("state", Words, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("attempts", Small, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("problem", Words, nullable=False),
    Index("ix_command_state_next_try_at", "state", "next_try_at", "command_id"),
    Index("ix_command_subject", "subject"),
)

proposal = table(
    "proposal",
    key("proposal_id"),
    Column("act", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("payload", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("asked_by", Number, nullable=False),
    Column("asked_by_name", Words, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", Small, nullable=False),
    Column("agreed_by", Number),
    Column("agreed_at", Instant),
    Index("ix_proposal_state_subject", "state", "subject"),
)

staff = table(
    "staff",
    key("staff_id"),
    Column("login", Words, nullable=False, unique=True),
    Column("name", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("password_hash", Words, nullable=False),
    Column("totp_secret", Words, nullable=False),
    Column("region", Small, nullable=False),
    Column("language", Words, nullable=False),
    Column("last_step", Number, nullable=False),
    Column("wrong_tries", Small, nullable=False),
    Column("locked_until", Instant),
    Column("disabled_at", Instant),
    Column("demo", Small, nullable=False),
    Column("iin", Number),
)

staff_session = table(
    "staff_session",
    Column("token_digest", Octets, primary_key=True),
    reference("staff_id", "staff.staff_id"),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index("ix_staff_session_staff_id", "staff_id"),
)

audit = table(
    "audit",
    key("audit_id"),
    Column("at", Instant, nullable=False),
    Column("actor", Words, nullable=False),
    Column("staff_id", Number),
    Column("role", Words, nullable=False),
    Column("door", Words, nullable=False),
    Column("event", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("from_state", Words, nullable=False),
    Column("to_state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("policy_version", Words, nullable=False),
    Column("details", Words, nullable=False),
    Index("ix_audit_subject", "subject", "audit_id"),
    Index("ix_audit_at", "at"),
    Index("ix_audit_actor", "actor", "at"),
)

policy_version = table(
    "policy_version",
    Column("version", Words, primary_key=True),
    Column("source", Words, nullable=False),
    Column("sha256", Octets, nullable=False),
    Column("in_force_since", Instant, nullable=False),
)

_CUBE = (
    ("measure", Small),
    ("kind", Small),
    ("channel", Small),
    ("storage", Small),
    ("region", Small),
    ("method", Small),
    ("age_band", Small),
    ("reason", Small),
)


def _cube(name: str, first: Column[Any]) -> Table:
    facets = [Column(c, t, primary_key=True, autoincrement=False) for c, t in _CUBE]
    return table(name, first, *facets, Column("n", Number, nullable=False), rowid=False)


stat_day = _cube("stat_day", Column("day", Day, primary_key=True))
stat_month = _cube("stat_month", Column("month", Number, primary_key=True, autoincrement=False))

subscriber_stat = table(
    "subscriber_stat",
    Column(
        "subscriber_id", Number, ForeignKey("subscriber.subscriber_id"), primary_key=True, autoincrement=False
    ),
    Column("certificates", Number, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("cover_until", Instant),
    Column("last_month", Number, nullable=False),
    Column("kinds", Number, nullable=False),
    Column("channels", Number, nullable=False),
    Column("storages", Number, nullable=False),
    Column("regions", Number, nullable=False),
    Column("methods", Number, nullable=False),
    Column("age_bands", Number, nullable=False),
    Index("ix_subscriber_stat_cover_until", "cover_until"),
)

stat_unused = table(
    "stat_unused",
    Column("as_of", Instant, primary_key=True),
    *[Column(c, t, primary_key=True, autoincrement=False) for c, t in _CUBE[1:-1]],
    Column("n", Number, nullable=False),
    rowid=False,
)
