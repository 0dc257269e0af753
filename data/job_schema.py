"""The table of the job runner's parts: when each came to its end last, and what it failed with since."""

from sqlalchemy import Column

from data.columns import Instant, Number, Words
from data.tables import table

job = table(
    "job",
    Column("name", Words, primary_key=True),
    Column("ran_at", Instant),
    Column("next_at", Instant),
    Column("failures", Number, nullable=False),
    Column("failed_at", Instant),
    Column("problem", Words, nullable=False),
)
