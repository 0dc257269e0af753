"""The administrators' desk: enrolments of staff by a code of two halves, and how the job runner's parts went."""

import sqlalchemy as sa
from alembic import op

from data.columns import Instant, Number, Octets, Words

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("name", Words, nullable=False),
        sa.Column("ran_at", Instant(), nullable=True),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("failures", Number, nullable=False),
        sa.Column("failed_at", Instant(), nullable=True),
        sa.Column("problem", Words, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "staff_enrolment",
        sa.Column("staff_id", Number, autoincrement=False, nullable=False),
        sa.Column("code_digest", Octets, nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("token_digest", Octets, nullable=True),
        sa.Column("totp_secret", Words, nullable=False),
        sa.Column("open_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_staff_enrolment_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_enrolment")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_staff_enrolment_code_digest")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_staff_enrolment_token_digest")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
