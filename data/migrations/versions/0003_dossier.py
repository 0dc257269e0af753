"""The citizen's way: dossiers, accepted texts, counted look-ups."""

import sqlalchemy as sa
from alembic import op

from data.columns import Instant, Number, Octets, Small, Words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "look_up",
        sa.Column("look_up_id", Number, autoincrement=True, nullable=False),
        sa.Column("subject", Octets, nullable=False),
        sa.Column("device", Octets, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("look_up_id", name=op.f("pk_look_up")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_look_up_subject", "look_up", ["subject", "at"], unique=False)
    op.create_index("ix_look_up_device", "look_up", ["device", "at"], unique=False)
    op.create_index("ix_look_up_at", "look_up", ["at"], unique=False)
    op.create_table(
        "acceptance",
        sa.Column("acceptance_id", Number, autoincrement=True, nullable=False),
        sa.Column("application_number", Number, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("version", Words, nullable=False),
        sa.Column("language", Words, nullable=False),
        sa.Column("sha256", Octets, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_number"], ["application.number"], name=op.f("fk_acceptance_application_number")
        ),
        sa.PrimaryKeyConstraint("acceptance_id", name=op.f("pk_acceptance")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_acceptance_application_number",
        "acceptance",
        ["application_number", "acceptance_id"],
        unique=False,
    )
    op.create_table(
        "dossier",
        sa.Column("dossier_id", Number, autoincrement=True, nullable=False),
        sa.Column("token_digest", Octets, nullable=False),
        sa.Column("language", Words, nullable=False),
        sa.Column("channel", Small, nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("camera", Words, nullable=True),
        sa.Column("company", Words, nullable=True),
        sa.Column("iin", Number, nullable=True),
        sa.Column("without_phone_at", Instant(), nullable=True),
        sa.Column("signed_in_at", Instant(), nullable=True),
        sa.Column("agent_at", Instant(), nullable=True),
        sa.Column("number", Number, nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("key_reference", Words, nullable=False),
        sa.Column("version", Number, nullable=False),
        sa.ForeignKeyConstraint(["number"], ["application.number"], name=op.f("fk_dossier_number")),
        sa.PrimaryKeyConstraint("dossier_id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("number", name=op.f("uq_dossier_number")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_dossier_token_digest")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_dossier_iin", "dossier", ["iin", "dossier_id"], unique=False)
    op.create_index("ix_dossier_changed_at", "dossier", ["changed_at"], unique=False)
