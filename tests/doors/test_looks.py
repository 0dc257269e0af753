"""Seen, and on record (R14): each picture of a person and each page about one leaves exactly one entry of the audit
log, and bears the mark of whoever looks. What is new fails until it has a place in these tables.
"""

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from ca_core.call import Gate
from ca_core.lookup import RevealReason
from ca_core.registration import review
from ca_core.roles import Actor, Door, Role
from console import gate, pages, routes
from console.gate import Gate as ConsoleGate
from console.sessions import Sessions
from console.widgets import watermark
from data import schema
from runtime.service import Service
from tests import builders
from tests.console import test_call_routes, test_review_routes
from tests.console.conftest import empty_database, person, service  # noqa: F401  # fixtures
from tests.doors import crawl

flagged_id = test_review_routes.flagged_id

ROOT = Path(__file__).resolve().parents[2]
_OURS = {"sec-fetch-site": "same-origin"}

# Which entry a look leaves, and who may look.
PICTURES = {
    "GET /evidence/stills/{evidence_id:int}": ("evidence:document_front:seen", Role.SUPERVISOR),
    "GET /evidence/recordings/{evidence_id:int}/{side}": ("evidence:recording:seen", Role.SUPERVISOR),
    "GET /evidence/portrait/{call_id:int}": ("register:portrait:seen", Role.CALL_AGENT),
    "GET /reviews/{review_id:int}/live": ("review:picture:seen", Role.MODERATOR),
    "GET /reviews/{review_id:int}/portrait": ("review:picture:seen", Role.MODERATOR),
    "GET /reviews/{review_id:int}/frames/{place:int}": ("review:picture:seen", Role.MODERATOR),
}
# The other addresses that are read: nobody is seen there.
NO_PICTURES = {
    "GET /sign-in": "a form",
    "GET /enrol": "a form",
    "GET /health": "one word",
    "GET /ready": "one word",
    "GET /live/session": "one word",
    "GET /reviews/{review_id:int}/revealed": "the machine's opinion of a photo, by the review's number",
}
# What opening a screen writes down. The others show people masked, or nobody.
SCREENS: dict[str, tuple[str, Role]] = {
    "home": ("", Role.SUPERVISOR),
    "calls": ("", Role.SUPERVISOR),
    "reviews": ("", Role.MODERATOR),
    "certificates": ("certificate:search:done", Role.RA_OFFICER),
    "holder": ("subscriber:view:done", Role.RA_OFFICER),
    "proposals": ("", Role.RA_OFFICER),
    "statistics": ("", Role.ANALYST),
    "operations": ("", Role.SUPERVISOR),
    "audit": ("audit:view:done", Role.AUDITOR),
    "staff_accounts": ("", Role.ADMINISTRATOR),
    "policy": ("", Role.AUDITOR),
    "my_account": ("", Role.ANALYST),
}
# Where our code draws a picture of a person, and what lays the mark over it there.
BY_THE_PAGE, BY_THE_VARIABLE, BY_ITSELF = ".qb-still or .seen", "--qb-mark", "its own"
DRAWN = {
    "console/screens/calls/face_step.py": BY_THE_PAGE,
    "console/screens/calls/settle_panel.py": BY_THE_PAGE,
    "console/screens/calls/stills.py": BY_THE_PAGE,
    "console/widgets/passport_panel.py": BY_THE_PAGE,
    "console/assets/call_dock/dock.html": BY_THE_VARIABLE,
    "console/assets/film_player/player.html": BY_THE_VARIABLE,
    "console/assets/listening/panel.html": BY_THE_VARIABLE,
    "console/assets/review_desk/desk.html": BY_ITSELF,
}


@pytest.fixture
def console(service: Service) -> Iterator[TestClient]:  # noqa: F811
    inner = Starlette(routes=list(routes.make(service)))
    guarded = ConsoleGate(inner, settings=service.settings, sessions=Sessions(service), page_paths=())
    with TestClient(guarded, base_url="http://console.test", headers=_OURS) as opened:
        yield opened


def entries(service: Service) -> Counter[str]:  # noqa: F811
    with service.look() as work:
        return Counter(work.connection.scalars(sa.select(schema.audit.c.event)))


def sign_in(console: TestClient, service: Service, role: Role, login: str = "") -> Actor:  # noqa: F811
    who = person(service, role, login)
    console.cookies.set(gate.cookie_name(service.settings), who.token())
    return who.actor()


def test_every_address_that_is_read_has_its_place(service: Service) -> None:  # noqa: F811
    found = {
        str(address)
        for address in crawl.addresses(routes.make(service))
        if address.way not in ("POST", "SOCKET")
    }
    assert found - {"FILES /assets"} == set(PICTURES) | set(NO_PICTURES)


def test_each_picture_of_a_call_is_one_entry(console: TestClient, service: Service) -> None:  # noqa: F811
    agent = sign_in(console, service, Role.CALL_AGENT)
    call = builders.on_the_line(service, agent=agent, iin=builders.register(service).iin)
    builders.checks_passed(service, call.call_id, Gate.READING)
    with service.work() as work:
        work.connection.execute(sa.insert(schema.portrait).values(iin=call.iin.number, jpeg=b"portrait"))
    still, film = test_call_routes.a_still(service, call), test_call_routes.a_recording(service, call)
    require_one_entry(console, service, f"/evidence/portrait/{call.call_id}", "register:portrait:seen")
    require_one_entry(console, service, f"/evidence/stills/{still}", "evidence:document_front:seen")
    sign_in(console, service, Role.SUPERVISOR)
    require_one_entry(console, service, f"/evidence/stills/{still}", "evidence:document_front:seen")
    require_one_entry(console, service, f"/evidence/recordings/{film}/agent", "evidence:recording:seen")
    sign_in(console, service, Role.MODERATOR)
    for path in (f"stills/{still}", f"recordings/{film}/agent", f"portrait/{call.call_id}"):
        require_no_entry(console, service, f"/evidence/{path}")


def test_each_picture_of_a_review_is_one_entry(
    console: TestClient,
    service: Service,  # noqa: F811
    flagged_id: int,
) -> None:
    sign_in(console, service, Role.SUPERVISOR)
    paths = [f"/reviews/{flagged_id}/{picture}" for picture in ("live", "portrait", "frames/0")]
    for path in paths:
        require_no_entry(console, service, path)
    moderator = sign_in(console, service, Role.MODERATOR)
    with service.work() as work:
        assert review.claim_next(work, actor=moderator, now=service.now()) is not None
    for path in paths:
        require_one_entry(console, service, path, "review:picture:seen")


def require_one_entry(console: TestClient, service: Service, path: str, event: str) -> None:  # noqa: F811
    before = entries(service)
    answer = console.get(path, params={"reason": "complaint 17"})
    assert answer.status_code == 200, (path, answer.text)
    assert entries(service) - before == Counter([event]), path


def require_no_entry(console: TestClient, service: Service, path: str) -> None:  # noqa: F811
    """A refusal may be on record; a look is not, for there was none."""
    before = entries(service)
    answer = console.get(path, params={"reason": "complaint 17"})
    assert 400 <= answer.status_code < 500, (path, answer.status_code)
    assert not [event for event in entries(service) - before if event.endswith(":seen")], path


def _script() -> None:
    import importlib

    import streamlit as st

    screen = importlib.import_module(f"console.screens.{st.session_state['screen']}")
    screen.show(st.session_state["service"], st.session_state["actor"])


Draw = Callable[..., AppTest]


@pytest.fixture
def draw(service: Service, monkeypatch: pytest.MonkeyPatch) -> Draw:  # noqa: F811
    monkeypatch.setattr("console.language.current", lambda: "en")

    def drawn(screen: str, actor: Actor, **query: str) -> AppTest:
        test = AppTest.from_function(_script, default_timeout=20)
        for name, value in (("service", service), ("actor", actor), ("screen", screen)):
            test.session_state[name] = value
        for name, asked in query.items():
            test.query_params[name] = asked
        return test.run()

    return drawn


def test_every_screen_has_its_place() -> None:
    assert set(SCREENS) == {page.screen for page in pages.PAGES}


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_about_people_leaves_one_entry_and_shows_them_masked(
    service: Service,  # noqa: F811
    draw: Draw,
    flagged_id: int,
    screen: str,
) -> None:
    """Drawn again, it is the same look. Nobody is shown unmasked before a reason was given."""
    event, role = SCREENS[screen]
    somebody = everything_about_somebody(service)
    actor = person(service, role).actor()
    query = {"subscriber": str(somebody.owner.subscriber_id)} if screen == "holder" else {}
    before = entries(service)
    test = draw(screen, actor, **query)
    assert not test.exception, test.exception
    assert entries(service) - before == Counter([event] if event else []), screen
    test.run()
    assert entries(service) - before == Counter([event] if event else []), f"{screen}, drawn again"
    known, shown = builders.person(), said(test)
    phone = builders.PHONE.full
    for secret in (known.iin.digits, phone, phone.replace(" ", ""), known.given_name, somebody.owner.email):
        assert secret.encode() not in shown, screen


def everything_about_somebody(service: Service) -> builders.Owned:  # noqa: F811
    """A certificate, a call that is on the line; the photo under review is a fixture."""
    with service.look() as work:
        owner = work.subscribers.by_iin(builders.iin())
    owned = builders.issued(service, owner)
    agent = person(service, Role.CALL_AGENT, "on-the-line")
    builders.on_the_line(service, agent=agent.actor())
    return owned


def said(test: AppTest) -> bytes:
    """All that the browser would be sent, tables too."""
    return b"\n".join(
        node.proto.SerializeToString()
        for part in (test.main, test.sidebar)
        for node in part
        if getattr(node, "proto", None) is not None
    )


def test_revealing_is_a_second_entry_with_its_reason(service: Service, draw: Draw) -> None:  # noqa: F811
    owned = builders.issued(service)
    officer = person(service, Role.RA_OFFICER).actor()
    test = draw("holder", officer, subscriber=str(owned.owner.subscriber_id))
    before = entries(service)
    test.radio(key="reveal_reason").set_value(RevealReason.OWNER_ON_LINE).run()
    test.button(key="reveal_show").click().run()
    assert entries(service) - before == Counter(["subscriber:reveal:done"])
    assert owned.owner.iin.digits.encode() in said(test)
    assert b"qb-watermark" in said(test)


def test_every_picture_is_drawn_where_a_mark_lies_over_it() -> None:
    """The page's own styles do it for all of them; the review desk, a tree of its own, is handed its mark."""
    drawn = {
        str(file.relative_to(ROOT))
        for suffix in ("py", "html", "js")
        for file in (ROOT / "console").rglob(f"*.{suffix}")
        if re.search(r"<img(?! src=\"/assets/)|<video|st\.(image|video)\(", file.read_text(encoding="utf-8"))
    }
    assert drawn == set(DRAWN)
    for name, how in DRAWN.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        if how == BY_THE_PAGE:
            assert re.search(r"class=\"(qb-still|seen)\"", text), name
        if how == BY_THE_VARIABLE:
            style = (ROOT / name).with_suffix(".css").read_text(encoding="utf-8")
            over = ".stage" if 'class="stage"' in text else ".picture"
            assert re.search(rf"\{over}::after \{{[^}}]*var\(--qb-mark", style), name
            assert (
                re.findall(r"<video", text) == re.findall(r'(?<=class="picture">)<video', text)
                or over == ".stage"
            )
    text = (ROOT / "console/assets/review_desk/desk.html").read_text(encoding="utf-8")
    assert len(re.findall(r"<img[^>]*>(<img[^>]*>)?<div class=\"mark\">", text)) == text.count('class="view ')


def test_the_mark_says_who_looks_and_when() -> None:
    viewer = Actor("Үлгіев <b>", Role.CALL_AGENT, Door.CONSOLE, 17)
    style = watermark.over_every_picture(viewer, datetime(2026, 11, 20, 9, 5, tzinfo=UTC))
    assert ".qb-still::after, .qb-passport .seen::after" in style
    found = re.search(r"--qb-mark: url\('data:image/svg\+xml;base64,([^']+)'\)", style)
    assert found is not None
    drawing = base64.b64decode(found[1]).decode()
    assert re.search(r">17 · Үлгіев &lt;b&gt; · [^<]*14:05<", drawing), drawing
