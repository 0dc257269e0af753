"""Staff accounts and their sessions."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)

from ca_core.identifiers import Iin
from ca_core.roles import Role
from ca_core.staff import Account, Session
from data.columns import Instant
from data.schema import staff as table
from data.schema import staff_session


def _account(row: Row[Any]) -> Account:
    return Account(
        staff_id=row.staff_id,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        password_hash=row.password_hash,
        totp_secret=row.totp_secret,
        region=row.region,
        language=row.language,
        last_step=row.last_step,
        wrong_tries=row.wrong_tries,
        locked_until=row.locked_until,
        disabled_at=row.disabled_at,
        iin=Iin.of(row.iin) if row.iin is not None else None,
    )


def _row(account: Account) -> dict[str, object]:
    return {
        "login": account.login,
        "name": account.name,
        "role": account.role.value,
        "password_hash": account.password_hash,
        "totp_secret": account.totp_secret,
        "region": account.region,
        "language": account.language,
        "last_step": account.last_step,
        "wrong_tries": account.wrong_tries,
        "locked_until": account.locked_until,
        "disabled_at": account.disabled_at,
        "iin": account.iin.number if account.iin else None,
    }


def _is_open(now: datetime) -> ColumnElement[bool]:
    """Neither disabled nor locked; said in the statement that writes, so that what another wrote just now counts."""
    unlocked = or_(table.c.locked_until.is_(None), table.c.locked_until <= now)
    return and_(table.c.disabled_at.is_(None), unlocked)


class Accounts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _one(self, condition: Any) -> Account | None:
        row = self._connection.execute(select(table).where(condition)).one_or_none()
        return _account(row) if row is not None else None

    def by_login(self, login: str) -> Account | None:
        return self._one(table.c.login == login)

    def by_id(self, staff_id: int) -> Account | None:
        return self._one(table.c.staff_id == staff_id)

    def all(self) -> list[Account]:
        return [_account(row) for row in self._connection.execute(select(table).order_by(table.c.staff_id))]

    def add(self, account: Account) -> int:
        done = self._connection.execute(insert(table).values(demo=0, **_row(account)))
        return int(done.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has one

    def take_step(self, account: Account, step: int, *, now: datetime) -> bool:
        done = self._connection.execute(
            update(table)
            .where(
                table.c.staff_id == account.staff_id,
                table.c.totp_secret == account.totp_secret,
                table.c.last_step < step,
                _is_open(now),
            )
            .values(last_step=step, wrong_tries=0, locked_until=None)
        )
        return done.rowcount == 1

    def count_wrong_try(self, staff_id: int, *, limit: int, now: datetime, locked_until: datetime) -> bool:
        tries = table.c.wrong_tries + 1
        at_the_limit = tries >= limit
        left = self._connection.execute(
            update(table)
            .where(table.c.staff_id == staff_id, _is_open(now))
            .values(
                wrong_tries=case((at_the_limit, 0), else_=tries),
                locked_until=case((at_the_limit, literal(locked_until, Instant())), else_=None),
            )
            .returning(table.c.wrong_tries)
        ).scalar_one_or_none()
        return left == 0

    def set_language(self, staff_id: int, language: str) -> None:
        self._change(staff_id, language=language)

    def set_secrets(self, staff_id: int, *, password_hash: str, totp_secret: str) -> None:
        self._change(
            staff_id, password_hash=password_hash, totp_secret=totp_secret, wrong_tries=0, locked_until=None
        )

    def enrol(self, staff_id: int, *, password_hash: str, totp_secret: str, step: int) -> bool:
        waits = and_(table.c.password_hash == "", table.c.disabled_at.is_(None))
        done = self._connection.execute(
            update(table)
            .where(table.c.staff_id == staff_id, waits)
            .values(password_hash=password_hash, totp_secret=totp_secret, last_step=step)
        )
        return done.rowcount == 1

    def disable(self, staff_id: int, *, at: datetime) -> None:
        self._change(staff_id, disabled_at=at)

    def enable(self, staff_id: int) -> None:
        self._change(staff_id, disabled_at=None)

    def unlock(self, staff_id: int) -> None:
        self._change(staff_id, wrong_tries=0, locked_until=None)

    def set_role(self, staff_id: int, role: Role) -> None:
        self._change(staff_id, role=role.value)

    def active_with_role(self, role: Role) -> frozenset[int]:
        query = (
            select(table.c.staff_id)
            .where(table.c.role == role.value, table.c.disabled_at.is_(None), table.c.password_hash != "")
            .order_by(table.c.staff_id)
            .with_for_update()
        )
        return frozenset(self._connection.scalars(query))

    def mark_demo(self, staff_id: int) -> None:
        self._change(staff_id, demo=1)

    def _change(self, staff_id: int, **columns: object) -> None:
        self._connection.execute(update(table).where(table.c.staff_id == staff_id).values(columns))

    def demo_logins(self) -> list[str]:
        """Accounts that production refuses to start with."""
        query = select(table.c.login).where(table.c.demo == 1, table.c.disabled_at.is_(None))
        return list(self._connection.scalars(query))


class Sessions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_digest(self, token_digest: bytes) -> Session | None:
        query = select(staff_session).where(staff_session.c.token_digest == token_digest)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return Session(bytes(row.token_digest), row.staff_id, row.started_at, row.seen_at)

    def live(self, token_digests: Collection[bytes]) -> list[Session]:
        query = (
            select(
                staff_session.c.token_digest,
                staff_session.c.staff_id,
                staff_session.c.started_at,
                staff_session.c.seen_at,
            )
            .join(table, table.c.staff_id == staff_session.c.staff_id)
            .where(staff_session.c.token_digest.in_(token_digests), table.c.disabled_at.is_(None))
        )
        return [
            Session(bytes(row.token_digest), row.staff_id, row.started_at, row.seen_at)
            for row in self._connection.execute(query)
        ]

    def add(self, session: Session) -> None:
        self._connection.execute(
            insert(staff_session).values(
                token_digest=session.token_digest,
                staff_id=session.staff_id,
                started_at=session.started_at,
                seen_at=session.seen_at,
            )
        )

    def touch(self, token_digest: bytes, at: datetime) -> None:
        self._connection.execute(
            update(staff_session).where(staff_session.c.token_digest == token_digest).values(seen_at=at)
        )

    def end(self, token_digest: bytes) -> None:
        self._connection.execute(delete(staff_session).where(staff_session.c.token_digest == token_digest))

    def end_all(self, staff_id: int) -> int:
        done = self._connection.execute(delete(staff_session).where(staff_session.c.staff_id == staff_id))
        return done.rowcount
