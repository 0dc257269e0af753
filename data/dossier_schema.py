"""The tables of the citizen's way: dossiers, accepted texts, counted look-ups (F1, R14)."""

from sqlalchemy import Column, ForeignKey, Index

from data.columns import Instant, Number, Octets, Small, Words
from data.tables import key, reference, table

dossier = table(
    "dossier",
    key("dossier_id"),
    Column("token_digest", Octets, nullable=False, unique=True),
    Column("language", Words, nullable=False),
    Column("channel", Small, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("camera", Words),
    Column("company", Words),
    Column("iin", Number),
    Column("without_phone_at", Instant),
    Column("signed_in_at", Instant),
    Column("agent_at", Instant),
    # One dossier has one application at a time, and an application one dossier.
    Column("number", Number, ForeignKey("application.number"), unique=True),
    Column("confirmed_at", Instant),
    Column("key_reference", Words, nullable=False),
    Column("version", Number, nullable=False),
    Index("ix_dossier_iin", "iin", "dossier_id"),
    Index("ix_dossier_changed_at", "changed_at"),
)

acceptance = table(
    "acceptance",
    key("acceptance_id"),
    reference("application_number", "application.number"),
    Column("kind", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("sha256", Octets, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_acceptance_application_number", "application_number", "acceptance_id"),
)

look_up = table(
    "look_up",
    key("look_up_id"),
    # A seal over the IIN: what strangers type is not kept in clear (R14).
    Column("subject", Octets, nullable=False),
    Column("device", Octets, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_look_up_subject", "subject", "at"),
    Index("ix_look_up_device", "device", "at"),
    Index("ix_look_up_at", "at"),
)
