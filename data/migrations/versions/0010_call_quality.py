"""How the parties' connections were, kept with the call."""

import sqlalchemy as sa
from alembic import op

from data.columns import Instant, Number, Words

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_quality",
        sa.Column("call_id", Number, autoincrement=False, nullable=False),
        sa.Column("leg", Words, nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("loss_ppm", Number, nullable=True),
        sa.Column("rtt_ms", Number, nullable=True),
        sa.Column("jitter_ms", Number, nullable=True),
        sa.Column("kbit_per_second", Number, nullable=False),
        sa.Column("width_px", Number, nullable=True),
        sa.Column("height_px", Number, nullable=True),
        sa.Column("freezes", Number, nullable=False),
        sa.Column("frozen_ms", Number, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.call_id"], name=op.f("fk_call_quality_call_id")),
        sa.PrimaryKeyConstraint("call_id", "leg", "began_at", name=op.f("pk_call_quality")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
