"""The video verification of the face: challenges and attempts."""

import sqlalchemy as sa
from alembic import op

from data.columns import Instant, Number, Octets, Small, Words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "face_challenge",
        sa.Column("token_digest", Octets, nullable=False),
        sa.Column("application_number", Number, nullable=False),
        sa.Column("page_digest", Octets, nullable=False),
        sa.Column("moves", Words, nullable=False),
        sa.Column("drawn_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("folder", Words, nullable=False),
        sa.Column("step", Small, nullable=False),
        sa.Column("prompts_ms", Words, nullable=False),
        sa.Column("frames", Words, nullable=False),
        sa.Column("shown", Words, nullable=False),
        sa.Column("judging_since", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("version", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_number"], ["application.number"], name=op.f("fk_face_challenge_application_number")
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_face_challenge")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_face_challenge_ended_at", "face_challenge", ["ended_at", "expires_at"], unique=False)
    op.create_index(
        "uq_face_challenge_application",
        "face_challenge",
        ["application_number"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "face_attempt",
        sa.Column("attempt_id", Number, autoincrement=True, nullable=False),
        sa.Column("application_number", Number, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("moves", Words, nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("band", Words, nullable=False),
        sa.Column("distance", sa.REAL(), nullable=True),
        sa.Column("flags", Words, nullable=False),
        sa.Column("live", Words, nullable=False),
        sa.Column("frames", Words, nullable=False),
        sa.Column("counted", Small, nullable=False),
        sa.Column("policy_version", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_number"], ["application.number"], name=op.f("fk_face_attempt_application_number")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_face_attempt")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_face_attempt_application_number",
        "face_attempt",
        ["application_number", "attempt_id"],
        unique=False,
    )
