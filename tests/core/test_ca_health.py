"""How the centre stands: what was not heard of is never called well."""

from datetime import UTC, datetime, timedelta

import pytest

from ca_core.ca_health import BACKUP_EVERY, SILENT_AFTER, Job, State

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_runner_that_was_never_heard_of_is_silent_and_no_copy_is_an_old_one() -> None:
    state = State((Job("expire", None, NOW),), None)
    assert state.is_silent(NOW)
    assert state.is_backup_old(NOW)


@pytest.mark.parametrize(("later", "over"), [(timedelta(0), False), (SECOND, True)])
def test_silence_and_age_begin_after_their_terms(later: timedelta, over: bool) -> None:
    earlier = Job("seal", NOW - timedelta(days=9), None)
    state = State((earlier, Job("expire", NOW, None)), NOW)
    assert state.heard_at == NOW
    assert state.is_silent(NOW + SILENT_AFTER + later) is over
    assert state.is_backup_old(NOW + BACKUP_EVERY + later) is over
