"""The table of enrolments: a code's digest, and what the page that opened it last was shown."""

from sqlalchemy import Column, ForeignKey

from data.columns import Instant, Number, Octets, Words
from data.tables import table

staff_enrolment = table(
    "staff_enrolment",
    Column("staff_id", Number, ForeignKey("staff.staff_id"), primary_key=True, autoincrement=False),
    Column("code_digest", Octets, nullable=False, unique=True),
    Column("expires_at", Instant, nullable=False),
    Column("token_digest", Octets, unique=True),
    Column("totp_secret", Words, nullable=False),
    Column("open_until", Instant),
)
