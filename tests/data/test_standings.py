"""The look-up behind OCSP on both databases: how the record stands now, also after a lost connection."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from ca_core.identifiers import Serial
from ca_core.revocation import revoke
from ca_core.revocation.reasons import Reason
from runtime import publication
from runtime.service import Service
from tests import builders
from tests.runtime.conftest import service

__all__ = ["service"]


def test_standing_follows_the_record_at_once(service: Service) -> None:
    """R10: what was committed is what the next answer says."""
    owned = builders.issued(service)
    serial = owned.certificate.serial
    good = service.standing(serial)
    now = service.now()
    with service.work() as work:
        found = work.certificates.by_serial(serial)
        assert found is not None
        revoke.record(work, actor=publication.JOB, found=found, reason=Reason.SUPERSEDED, why="test", now=now)
    revoked = service.standing(serial)
    assert good is not None
    assert good.revoked_at is None
    assert revoked is not None
    assert (revoked.revoked_at, revoked.reason) == (now, Reason.SUPERSEDED)


def test_serial_that_was_never_issued_has_no_standing(service: Service) -> None:
    assert service.standing(Serial(bytes(20))) is None


def test_reserved_serial_is_not_good(service: Service) -> None:
    owned = builders.issued(service)
    with service.work() as work:
        found = work.certificates.by_serial(owned.certificate.serial)
        assert found is not None
        work.certificates.save(replace(found, state=type(found.state).RESERVED), expected=found)
    assert service.standing(owned.certificate.serial) is None


def test_lost_connection_is_opened_again(service: Service) -> None:
    """PostgreSQL restarted, or a firewall forgot us: the next question is answered."""
    engine = service.store.engine
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no connection to lose")
    owned = builders.issued(service)
    assert service.standing(owned.certificate.serial) is not None
    with engine.connect() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    assert service.standing(owned.certificate.serial) is not None
