"""The photo review: claims with a lease and a fence, decisions that take effect later, what each moderator said.

A member of staff may have an IIN on record: nobody judges their own photo.
"""

import sqlalchemy as sa
from alembic import op

from data.columns import Day, Instant, Number, Small, Words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What an earlier version inserts has no value for these.
_COUNTED = (
    ("attempt_id", Number, "0"),
    ("risk", Small, "2"),
    ("round", Small, "1"),
    ("fence", Number, "0"),
    ("version", Number, "0"),
)
_LATER = (
    ("holder_id", Number),
    ("claimed_at", Instant()),
    ("lease_until", Instant()),
    ("released_by", Number),
    ("effective_at", Instant()),
    ("decision", Small),
    ("applied_at", Instant()),
    ("recheck_of", Number),
)


def upgrade() -> None:
    for name, kind, default in _COUNTED:
        op.add_column("review", sa.Column(name, kind, nullable=False, server_default=sa.text(default)))
    for later, type_ in _LATER:
        op.add_column("review", sa.Column(later, type_, nullable=True))
    op.add_column("staff", sa.Column("iin", Number, nullable=True))
    # Reviews from before photos were kept: nobody can judge them, so their applicants are asked for a photo.
    op.execute(
        "UPDATE application SET state = 1 WHERE state = 3 AND number IN (SELECT application_number FROM review)"
    )
    op.execute("UPDATE review SET state = 4 WHERE state IN (1, 2, 3)")
    op.create_index("ix_review_application_number", "review", ["application_number"], unique=False)
    op.create_index("ix_review_holder_id", "review", ["holder_id"], unique=False)
    op.create_index("ix_review_recheck_of", "review", ["recheck_of"], unique=False)
    _unique("uq_review_application", "application_number", "recheck_of IS NULL AND state IN (1, 2, 3)")
    _unique("uq_review_holder", "holder_id", "state = 2")
    op.create_table(
        "review_opinion",
        sa.Column("opinion_id", Number, autoincrement=True, nullable=False),
        sa.Column("review_id", Number, nullable=False),
        sa.Column("staff_id", Number, nullable=False),
        sa.Column("by", Words, nullable=False),
        sa.Column("round", Small, nullable=False),
        sa.Column("same", Small, nullable=False),
        sa.Column("live", Small, nullable=False),
        sa.Column("usable", Small, nullable=False),
        sa.Column("decision", Small, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("note", Words, nullable=False),
        sa.Column("claimed_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.Column("decided_on", Day(), nullable=False),
        sa.Column("policy_version", Words, nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.review_id"], name=op.f("fk_review_opinion_review_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_review_opinion_staff_id")),
        sa.PrimaryKeyConstraint("opinion_id", name=op.f("pk_review_opinion")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_review_opinion_review_id", "review_opinion", ["review_id", "opinion_id"], unique=False
    )
    op.create_index(
        "ix_review_opinion_staff_id_decided_on", "review_opinion", ["staff_id", "decided_on"], unique=False
    )
    op.create_index("ix_review_opinion_decided_on", "review_opinion", ["decided_on"], unique=False)


def _unique(name: str, column: str, where: str) -> None:
    rows = sa.text(where)
    op.create_index(name, "review", [column], unique=True, sqlite_where=rows, postgresql_where=rows)
