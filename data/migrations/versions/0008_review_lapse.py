"""The photo review: claims that ended by themselves; who opened an application, by number and not by name alone."""

import sqlalchemy as sa
from alembic import op

from data.columns import Day, Instant, Number

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Of those under review, where one member of staff has the name; who of two it was nobody can say.
_KNOWN_BY_NAME = """
UPDATE application SET opened_by_id = (SELECT min(staff_id) FROM staff WHERE staff.name = application.opened_by)
WHERE opened_by <> ''
AND number IN (SELECT application_number FROM review)
AND (SELECT count(*) FROM staff WHERE staff.name = application.opened_by) = 1
"""


def upgrade() -> None:
    op.add_column("application", sa.Column("opened_by_id", Number, nullable=True))
    op.execute(_KNOWN_BY_NAME)
    op.create_table(
        "review_lapse",
        sa.Column("lapse_id", Number, autoincrement=True, nullable=False),
        sa.Column("review_id", Number, nullable=False),
        sa.Column("staff_id", Number, nullable=False),
        sa.Column("claimed_at", Instant(), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.Column("found_on", Day(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.review_id"], name=op.f("fk_review_lapse_review_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.staff_id"], name=op.f("fk_review_lapse_staff_id")),
        sa.PrimaryKeyConstraint("lapse_id", name=op.f("pk_review_lapse")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_review_lapse_found_on", "review_lapse", ["found_on"], unique=False)
