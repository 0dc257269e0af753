"""The tables of the owner's cabinet: sessions, and nonces that were signed (F8)."""

from sqlalchemy import Column, Index

from data.columns import Instant, Number, Octets, Words
from data.tables import table

owner_session = table(
    "owner_session",
    Column("token_digest", Octets, primary_key=True),
    Column("iin", Number, nullable=False),
    Column("proven_by", Words, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index("ix_owner_session_started_at", "started_at"),
)

owner_nonce = table(
    "owner_nonce",
    Column("digest", Octets, primary_key=True),
    Column("expires_at", Instant, nullable=False),
    Index("ix_owner_nonce_expires_at", "expires_at"),
)
