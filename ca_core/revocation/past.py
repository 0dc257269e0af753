"""How a certificate stood at an instant in the past: what a signature of that instant is judged by."""

from datetime import datetime

from ca_core.certificate import Certificate
from ca_core.ports import Work
from ca_core.revocation import status
from ca_core.revocation.check import Verdict

_HELD, _FREE = "hold", "release_hold"
# A history that is longer is not read whole, and nothing is concluded from a part.
_HISTORY_LIMIT = 2000


def at(work: Work, *, found: Certificate, instant: datetime) -> Verdict:
    """Never "valid" for want of knowledge: CANNOT_KNOW where the history is longer than we read."""
    if status.standing(found) is None:
        return Verdict.NOT_ISSUED
    if found.revoked_at is not None and instant >= found.revoked_at:
        return Verdict.REVOKED
    if instant < found.not_before:
        return Verdict.NOT_YET_VALID
    if instant > found.not_after:
        return Verdict.EXPIRED
    return _held_or_valid(work, found, instant)


def _held_or_valid(work: Work, found: Certificate, instant: datetime) -> Verdict:
    newest_first = work.dossiers.history(found.subscriber_id, _HISTORY_LIMIT)
    if len(newest_first) >= _HISTORY_LIMIT:
        return Verdict.CANNOT_KNOW
    for line in newest_first:
        if line.serial == found.serial.hex and line.at <= instant and line.event in (_HELD, _FREE):
            return Verdict.ON_HOLD if line.event == _HELD else Verdict.VALID
    return Verdict.VALID
