"""The console on a disk that takes nothing more: its people are told, their pages stay, and all goes on by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from ca_core import staff
from ca_core.roles import Role
from console import sessions
from console.gate import Gate
from console.routes import make
from runtime import settings, upgrading, wiring
from runtime.service import Service
from tests.console.conftest import QuickPasswords, person
from tests.console.test_sign_in import fields
from tests.runtime.test_troubles import write_until_full
from tests.servers import disks


def _script() -> None:
    import importlib

    import streamlit as st

    from console import desk_errors

    state = st.session_state
    try:
        importlib.import_module(f"console.screens.{state['screen']}").show(state["service"], state["actor"])
    except Exception as error:  # noqa: BLE001  # as the desk's own handler
        desk_errors.shown(error)


def drawn(service: Service, screen: str, role: Role) -> AppTest:
    test = AppTest.from_function(_script, default_timeout=40)
    with service.look() as work:
        account = work.accounts.by_login(role.value)
    assert account is not None
    named = {"screen": screen, "service": service, "actor": staff.actor(account), "language": "en"}
    for name, value in named.items():
        test.session_state[name] = value
    return test.run()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with disks.small(tmp_path / "disk", size="8m") as folder:
        configured = settings.load({"var_dir": str(folder / "var"), "least_free_mb": "1"})
        upgrading.bring_up(configured)
        made = wiring.make_service(configured)
        made.passwords = QuickPasswords()
        yield made
        made.close()


def test_staff_are_told_and_keep_their_pages(service: Service) -> None:
    person(service, Role.ADMINISTRATOR)
    auditor, agent = person(service, Role.AUDITOR), person(service, Role.CALL_AGENT)
    token = agent.token()
    ballast = disks.fill(service.settings.var_dir.parent)
    write_until_full(service)
    # The home page is where those who run the system learn of it.
    (trouble,) = drawn(service, "home", Role.ADMINISTRATOR).error
    assert "make room" in trouble.value
    # A click that cannot be noted must not close the page's socket.
    sessions.note(service, b"k" * 32)
    # R14: what cannot be put on record is not shown.
    log = drawn(service, "audit", Role.AUDITOR)
    assert not log.dataframe
    assert "Nothing can be stored" in "".join(one.value for one in [*log.error, *log.warning, *log.markdown])
    gated = Gate(
        Starlette(routes=list(make(service))),
        settings=service.settings,
        sessions=sessions.Sessions(service),
        page_paths=(),
    )
    with TestClient(gated, base_url="http://console.test", follow_redirects=False) as client:
        refused = client.post("/sign-in?lang=en", data=fields(auditor))
        assert (refused.status_code, "storage.no_room" in refused.text) == (503, True)
        client.cookies.set("qoltanba_staff", token)
        told = client.post("/calls/ticket", headers={"sec-fetch-site": "same-origin"})
        assert (told.status_code, told.json()) == (503, {"code": "storage.no_room"})
        ballast.unlink()
        assert client.post("/calls/ticket", headers={"sec-fetch-site": "same-origin"}).status_code == 200
        client.cookies.clear()
        assert client.post("/sign-in?lang=en", data=fields(auditor)).status_code == 303
    assert not drawn(service, "home", Role.ADMINISTRATOR).error
    assert drawn(service, "audit", Role.AUDITOR).dataframe
