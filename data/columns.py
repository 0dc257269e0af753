"""Column types that mean the same on SQLite (STRICT tables) and on PostgreSQL."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TIMESTAMP, TypeDecorator, TypeEngine

Number = BigInteger().with_variant(Integer, "sqlite")
Small = SmallInteger().with_variant(Integer, "sqlite")
Words = Text()
# Compared octet by octet on both databases, so that a prefix is a range on the index.
Ordered = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
Octets = LargeBinary().with_variant(postgresql.BYTEA(), "postgresql")

_DAY_ZERO = date(1970, 1, 1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant in whole seconds: timestamptz on PostgreSQL, seconds since 1970 on SQLite."""

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Integer())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored instant must be aware")
        whole = value.replace(microsecond=0)
        return whole if dialect.name == "postgresql" else int(whole.timestamp())

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return value.astimezone(UTC)  # type: ignore[no-any-return]  # psycopg returns a datetime
        return datetime.fromtimestamp(value, UTC)


class Day(TypeDecorator[date]):
    """A calendar day as the number of days since 1970 on both databases."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _DAY_ZERO).days

    def process_result_value(self, value: int | None, dialect: Dialect) -> date | None:
        return None if value is None else _DAY_ZERO + timedelta(days=value)
