"""The portal on a disk that takes nothing more: what it says, what it still does, and that it goes on by itself."""

from pathlib import Path

import httpx

from ca_core import owner_session
from ca_core.cabinet import sessions
from ca_core.consent import OwnerConsent
from portal import cabinet_cookies
from runtime import authority
from runtime.issuing import Issuing
from runtime.service import Service
from tests.portal.conftest import House, Owned, Served, application, make_service
from tests.runtime.conftest import iin
from tests.runtime.test_troubles import write_until_full
from tests.servers import disks


def signed_in(service: Service) -> str:
    """An owner's session that is to be noted as in use."""
    now = service.now()
    with service.work() as work:
        subject = owner_session.subject(iin(1), work.code_seal.seal)
        consent = OwnerConsent(owner_session.PURPOSE, subject, now, owner_session.By.CODE)
        token = sessions.open_(work, iin=iin(1), owner=consent, now=now)
        work.owner_sessions.touch(sessions.digest(token), at=now - sessions.IDLE / 2)
    return token


def check_reading(browser: httpx.Client, owned: Owned) -> None:
    status = browser.get("/api/status", params={"serial": owned.record.serial.hex})
    assert (status.status_code, status.json()["status"]) == (200, "valid")
    assert browser.get("/crl/issuing.crl").status_code == 200
    cabinet = browser.get("/cabinet")
    assert (cabinet.status_code, owned.record.serial.hex[-6:] in cabinet.text.replace(" ", "")) == (200, True)


def test_a_citizen_is_told_that_nothing_was_stored_and_reads_on(tmp_path: Path) -> None:
    with disks.small(tmp_path / "disk", size="10m") as folder:
        service = make_service(folder, least_free_mb="1")
        app = application(service)
        house = House(service, app, "", Issuing(service, authority.issuer(service.settings), linter=None))
        owned = house.issue()
        with Served(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=40) as browser:
            browser.cookies.set(cabinet_cookies.SESSION, signed_in(service))
            ballast = disks.fill(folder)
            write_until_full(service)
            refused = browser.post("/bmg", data={"iin": iin(1).digits})
            assert (refused.status_code, "storage.no_room" in refused.text) == (503, True)
            ready = browser.get("/ready")
            assert (ready.status_code, ready.json()["problem"]) == (503, "no_space")
            check_reading(browser, owned)
            ballast.unlink()
            assert browser.post("/bmg", data={"iin": iin(1).digits}).status_code == 200
            assert browser.get("/ready").status_code == 200
