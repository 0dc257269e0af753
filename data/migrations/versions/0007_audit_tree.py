"""The tree over the audit log: leaves, inner hashes, signed heads; the log's own index for one actor."""

import sqlalchemy as sa
from alembic import op

from data.columns import Instant, Number, Octets, Small

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Entries that are there already are sealed by the job runner, as late ones are."""
    op.create_table(
        "audit_leaf",
        sa.Column("position", Number, autoincrement=False, nullable=False),
        sa.Column("audit_id", Number, nullable=False),
        sa.Column("hash", Octets, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_leaf")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("uq_audit_leaf_audit_id", "audit_leaf", ["audit_id"], unique=True)
    op.create_table(
        "audit_node",
        sa.Column("level", Small, autoincrement=False, nullable=False),
        sa.Column("place", Number, autoincrement=False, nullable=False),
        sa.Column("hash", Octets, nullable=False),
        sa.PrimaryKeyConstraint("level", "place", name=op.f("pk_audit_node")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_head",
        sa.Column("size", Number, autoincrement=False, nullable=False),
        sa.Column("root", Octets, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("key_id", Octets, nullable=False),
        sa.Column("signature", Octets, nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_head")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_audit_actor", "audit", ["actor", "at"], unique=False)
