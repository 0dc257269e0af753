"""What must not go on where a database came back from a backup: everything that somebody's cookie or link opens.

Who had it may be somebody else by now, and what was signed out, used or taken over since the backup is open again in
the copy. The database may be of an older version: only the tables that it has are touched.
"""

import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, inspect, select, update

from ca_core.lifecycle import CallState, ReviewState
from data.call_schema import call, call_ticket
from data.dossier_schema import dossier
from data.enrolment_schema import staff_enrolment
from data.face_schema import face_challenge
from data.owner_schema import owner_session
from data.review_schema import review
from data.schema import sms_code, staff_session

_DIGEST_BYTES = 32


def end_open(connection: Connection, *, now: datetime) -> dict[str, int]:
    """How many of each there were, by table. Staff and owners sign in again; an applicant resumes by IIN and code."""
    there = set(inspect(connection).get_table_names())
    return {
        table.name: count
        for table, act in _ACTS.items()
        if table.name in there and (count := act(connection, table, now))
    }


def _end(connection: Connection, table: Table, _now: datetime) -> int:
    return connection.execute(delete(table)).rowcount


def _use_up_codes(connection: Connection, _table: Table, now: datetime) -> int:
    """R4: one that was used since then is no second one."""
    still = (sms_code.c.used_at.is_(None), sms_code.c.expires_at > now)
    return connection.execute(update(sms_code).where(*still).values(tries_left=0)).rowcount


def _end_face_checks(connection: Connection, table: Table, now: datetime) -> int:
    """Their frames are erased as those of every check that is over."""
    return connection.execute(update(table).where(table.c.ended_at.is_(None)).values(ended_at=now)).rowcount


def _return_to_the_queue(connection: Connection, _table: Table, _now: datetime) -> int:
    """A claim that a moderator cannot know of any more is nobody's lapse."""
    returned = update(review).where(review.c.state == int(ReviewState.CLAIMED))
    values = {
        "state": int(ReviewState.WAITING), "holder_id": None, "claimed_at": None, "lease_until": None,
        "fence": review.c.fence + 1, "version": review.c.version + 1,
    }  # fmt: skip
    return connection.execute(returned.values(values)).rowcount


def _forget_cookies(connection: Connection, _table: Table, _now: datetime) -> int:
    changed = _replace_digest(connection, dossier, "token_digest")
    connection.execute(update(dossier).values(signed_in_at=None))
    return changed


def _forget_pages(connection: Connection, _table: Table, _now: datetime) -> int:
    """The gateway ends the calls themselves: nobody comes back to them in time."""
    return _replace_digest(connection, call, "page_digest", call.c.state != int(CallState.ENDED))


def _replace_digest(
    connection: Connection, table: Table, column: str, *conditions: ColumnElement[bool]
) -> int:
    """By a digest that nothing leads to."""
    (key,) = table.primary_key.columns
    ids = connection.scalars(select(key).where(*conditions)).all()
    if ids:
        one = update(table).where(key == bindparam("of")).values({column: bindparam("digest")})
        connection.execute(one, [{"of": id_, "digest": secrets.token_bytes(_DIGEST_BYTES)} for id_ in ids])
    return len(ids)


_ACTS: dict[Table, Callable[[Connection, Table, datetime], int]] = {
    staff_session: _end,
    # A code that was used since would enrol once more; two administrators give another.
    staff_enrolment: _end,
    owner_session: _end,
    call_ticket: _end,
    sms_code: _use_up_codes,
    face_challenge: _end_face_checks,
    review: _return_to_the_queue,
    dossier: _forget_cookies,
    call: _forget_pages,
}
