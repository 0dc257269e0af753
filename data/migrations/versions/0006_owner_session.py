"""The owner's cabinet: sessions, and the nonces that were signed to open one."""

import sqlalchemy as sa
from alembic import op

from data.columns import Instant, Number, Octets, Words

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "owner_nonce",
        sa.Column("digest", Octets, nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_owner_nonce")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_owner_nonce_expires_at", "owner_nonce", ["expires_at"], unique=False)
    op.create_table(
        "owner_session",
        sa.Column("token_digest", Octets, nullable=False),
        sa.Column("iin", Number, nullable=False),
        sa.Column("proven_by", Words, nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_owner_session")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_owner_session_started_at", "owner_session", ["started_at"], unique=False)
