"""The certificate search: keyset pages newest first, bounded counts, every exact key on its index."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from ca_core.certificate import Status
from ca_core.lifecycle import CertificateState
from ca_core.ports import Criteria, Found, Position
from ca_core.statistics import end_of_day
from data import certificates, people
from data.schema import certificate, subscriber

_LIVE = (CertificateState.ISSUED, CertificateState.ACCEPTED)
_NEVER_OUT = (CertificateState.RESERVED, CertificateState.PREPARED, CertificateState.ABANDONED)
_HOLDER = "holder_"
_BOTH = select(*certificate.c, *[column.label(_HOLDER + column.name) for column in subscriber.c]).join_from(
    certificate, subscriber
)


class Finder:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self, criteria: Criteria, *, now: datetime, after: Position | None, size: int
    ) -> Sequence[Found]:
        query = _BOTH.where(*_conditions(criteria, now))
        if after is not None:
            query = query.where(_before(after))
        newest_first = (certificate.c.not_before.desc(), certificate.c.certificate_id.desc())
        rows = self._connection.execute(query.order_by(*newest_first).limit(size)).mappings()
        return [_found(dict(row)) for row in rows]

    def count_up_to(self, criteria: Criteria, *, now: datetime, limit: int) -> int:
        query: Select[Any] = select(certificate.c.certificate_id).where(*_conditions(criteria, now))
        if criteria.iin or criteria.phone or criteria.email or criteria.name_prefix:
            query = query.join_from(certificate, subscriber)
        bounded = query.limit(limit).subquery()
        return int(self._connection.scalar(select(func.count()).select_from(bounded)) or 0)


def _before(position: Position) -> ColumnElement[bool]:
    at, number = certificate.c.not_before, certificate.c.certificate_id
    same_instant = and_(at == position.not_before, number < position.certificate_id)
    # The first term alone lets the index begin at the right place.
    return and_(at <= position.not_before, or_(at < position.not_before, same_instant))


def _found(row: dict[str, Any]) -> Found:
    holder = {name.removeprefix(_HOLDER): value for name, value in row.items() if name.startswith(_HOLDER)}
    return Found(
        certificates.of_row(SimpleNamespace(**row)), people.subscriber_of_row(SimpleNamespace(**holder))
    )


def _conditions(criteria: Criteria, now: datetime) -> list[ColumnElement[bool]]:
    never_out = certificate.c.state.not_in([int(state) for state in _NEVER_OUT])
    return [never_out, *_keys(criteria), *_filters(criteria, now)]


def _keys(criteria: Criteria) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if criteria.serial_prefix:
        found += _serial_range(criteria.serial_prefix)
    if criteria.fingerprint:
        found.append(certificate.c.fingerprint == criteria.fingerprint)
    if criteria.application is not None:
        found.append(certificate.c.application_number == criteria.application.number)
    if criteria.iin is not None:
        found.append(subscriber.c.iin == criteria.iin.number)
    if criteria.phone is not None:
        found.append(subscriber.c.phone == criteria.phone.number)
    if criteria.email:
        found.append(subscriber.c.email == criteria.email)
    if criteria.name_prefix:
        # U+10FFFF sorts after every letter: a range, not LIKE, so that the index serves on both databases.
        found.append(subscriber.c.name_fold >= criteria.name_prefix)
        found.append(subscriber.c.name_fold < criteria.name_prefix + "\U0010ffff")
    return found


def _serial_range(prefix: str) -> list[ColumnElement[bool]]:
    """A hexadecimal prefix is a range of octets on the unique index."""
    low = bytes.fromhex(prefix.ljust(40, "0"))
    high = bytes.fromhex(prefix.ljust(40, "f"))
    return [certificate.c.serial >= low, certificate.c.serial <= high]


def _filters(criteria: Criteria, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    columns = (
        (certificate.c.channel, criteria.channels),
        (certificate.c.storage, criteria.storages),
        (certificate.c.method, criteria.methods),
        (certificate.c.kind, criteria.kinds),
        (certificate.c.region, criteria.regions),
        (certificate.c.reason, criteria.reasons),
    )
    found += [column.in_(values) for column, values in columns if values]
    if criteria.statuses:
        found.append(or_(*[_status(Status(status), now) for status in criteria.statuses]))
    if criteria.lost:
        found.append(certificate.c.lost_reported_at.is_not(None))
    if criteria.issued_from is not None:
        first = end_of_day(criteria.issued_from - timedelta(days=1)) + timedelta(seconds=1)
        found.append(certificate.c.issued_at >= first)
    if criteria.issued_to is not None:
        found.append(certificate.c.issued_at <= end_of_day(criteria.issued_to).astimezone(UTC))
    return found


def _status(status: Status, now: datetime) -> ColumnElement[bool]:
    """The computed status as a condition; equals `ca_core.certificate.status` (a test compares them)."""
    state = certificate.c.state
    running = certificate.c.not_after >= now
    live = state.in_([int(s) for s in _LIVE])
    by_status = {
        Status.VALID: and_(live, running, certificate.c.not_before <= now),
        Status.NOT_YET_VALID: and_(state != int(CertificateState.REVOKED), certificate.c.not_before > now),
        Status.ON_HOLD: and_(state == int(CertificateState.ON_HOLD), running),
        Status.REVOKED: state == int(CertificateState.REVOKED),
        Status.EXPIRED: and_(state != int(CertificateState.REVOKED), certificate.c.not_after < now),
        Status.NOT_ISSUED: state.in_([int(s) for s in _NEVER_OUT]),
    }
    return by_status[status]
