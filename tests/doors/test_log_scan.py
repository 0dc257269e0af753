"""R14: the logs of every process, at their most talkative, know nobody: the whole house runs at debug, people and
staff come and go at protocol level, and what the logs say is searched for everything that they were told.
"""

import base64
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from websockets.sync.client import ClientConnection, connect

from ca_core.call import Need
from ca_core.identifiers import Iin, Phone
from ca_core.registration import call, ticket
from ca_core.roles import Role
from data import schema
from runtime import settings
from runtime.demo.accounts import ACCOUNTS
from tests import builders, flagged
from tests.journeys import conftest as journeys
from tests.journeys.conftest import House
from tests.journeys.handset import Handset, let_a_minute_pass

pytestmark = pytest.mark.timeout(300)

_FORM = {"Sec-Fetch-Site": "same-origin"}
_SAID_IN_THE_CALL = "сары есік жабық па"
_TYPED_PASSWORD = "ashyq-esik-0417"
# A door has this long to write its last lines.
_SETTLES_SECONDS = 3.0


@dataclass
class Heard:
    """What the processes were told in confidence; `why` is what an assertion says in its place."""

    secrets: dict[str, str] = field(default_factory=dict)

    def keep(self, why: str, *values: str) -> None:
        self.secrets |= {value: why for value in values if len(value) >= 6}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journeys, "CERTIFICATES", "100")
        patch.setenv(f"{settings.PREFIX}LOG_LEVEL", "debug")
        with journeys.running(tmp_path_factory.mktemp("talkative")) as started:
            yield started


def test_no_log_knows_anybody(house: House) -> None:
    heard = Heard()
    iin, phone = somebody(house)
    staff_at_the_console(house, heard)
    handset = Handset(house, phone.digits)
    citizen_on_the_way(house, heard, iin, handset)
    let_a_minute_pass(house, phone)
    owner_in_the_cabinet(house, heard, iin, handset)
    on_the_line(house, heard)
    everybody(house, heard)
    # What is on its way to a log is there now.
    time.sleep(_SETTLES_SECONDS)
    log = of_processes(house.log.read_text(errors="replace"))
    log += (house.log.parent / "keyagent.txt").read_text(errors="replace")
    assert "DEBUG" in log, "the house is not talkative"
    for process in ("portal", "console", "media", "jobs"):
        assert re.search(rf"^{process}\S* +\|", log, re.MULTILINE), f"{process} wrote nothing"
    assert sorted({why for value, why in heard.secrets.items() if found(value, log)}) == []
    for pattern in (r"-----BEGIN", r"(?i)bearer [\w-]{8}", r"(?i)(set-)?cookie: \w+=", r"otpauth:"):
        assert [line[:60] for line in log.splitlines() if re.search(pattern, line)] == [], pattern


def of_processes(output: str) -> str:
    """Without the table of fictitious people and accounts that the demo prints for whoever tries it."""
    return "\n".join(line for line in output.splitlines() if re.match(r"\S+ +\| |\d\d:\d\d:\d\d ", line))


def found(secret: str, log: str) -> bool:
    """Whole: six digits are also part of a longer number, and of a moment's microseconds."""
    if secret.isdigit():
        return re.search(rf"(?<![\w.:]){secret}(?![\w])", log) is not None
    return secret in log


def test_the_search_finds_what_it_looks_for() -> None:
    """Otherwise the test above could not fail."""
    line = "12:00:01.123456 sent 123456 to +77011234567, port=43210987 x123456y"
    assert found("123456", line)
    assert not found("210987", line)
    assert found("+77011234567", line)


def somebody(house: House) -> tuple[Iin, Phone]:
    with house.service.look() as work:
        row = work.connection.execute(
            sa.select(schema.bmg.c.iin, schema.bmg.c.phone)
            .join(schema.subscriber, schema.subscriber.c.iin == schema.bmg.c.iin)
            .limit(1)
        ).one()
    return Iin(f"{row.iin:012d}"), Phone.parse(f"+{row.phone}")


def staff_at_the_console(house: House, heard: Heard) -> None:
    """Signed in after a wrong password; a moderator takes a photo and looks at it."""
    with house.service.work() as work:
        owner = work.subscribers.by_iin(somebody(house)[0])
        assert owner is not None
        flagged.flag(work, owner, house.service.now())
    for role in (Role.MODERATOR, Role.RA_OFFICER):
        account = house.account(role)
        with client(house.console_url) as browser:
            for password in (_TYPED_PASSWORD, account.password):
                code = house.code(account)
                given = {"login": account.login, "password": password, "code": code, "next": "/reviews"}
                answer = browser.post("/sign-in", data=given)
                heard.keep("a one-time code of staff", code)
            assert answer.status_code == 303, answer.text[-500:]
            heard.keep("a cookie of staff", *browser.cookies.values())
            browser.get(
                "/certificates", params={"q": somebody(house)[0].digits}, headers={"accept": "text/html"}
            )
            browser.get("/evidence/stills/1", params={"reason": f"complaint of {somebody(house)[0].digits}"})
            browser.post("/reviews/next")
            browser.get("/reviews/1/live")
            browser.get("/_stcore/health")
    heard.keep("a password of staff", _TYPED_PASSWORD, *(account.password for account in ACCOUNTS))
    heard.keep("a secret of one-time codes", *(account.totp_secret for account in ACCOUNTS))


def citizen_on_the_way(house: House, heard: Heard, iin: Iin, handset: Handset) -> None:
    """The first steps with a wrong code and the right one; a certificate that the jobs issue meanwhile."""
    with house.service.work() as work:
        owner = work.subscribers.by_iin(iin)
        assert owner is not None
        wanted = builders.application(owner, builders.new_key(), house.service.now())
        work.applications.add(wanted)
    with client(house.portal_url) as browser:
        browser.post("/get/start")
        browser.post("/get/camera", data={"camera": "works"})
        browser.post("/bmg", data={"iin": iin.digits})
        assert (
            browser.post("/get/iin", data={"iin": iin.digits, "company": "myself"}).headers["location"]
            == "/get"
        )
        assert browser.post("/get/code", data={"act": "send"}).headers["location"] == "/get"
        code = handset.code()
        for typed in (builders.wrong(code), code):
            browser.post("/get/code", data={"act": "confirm", "code": typed})
        assert browser.get("/get").headers["location"].startswith("/get/agent"), "the code was right"
        browser.post("/get/contact", data={"email": "qupiya@example.kz"})
        browser.get("/get/status")
        browser.get("/get/iin", params={"iin": iin.digits})
        browser.get(f"/not-me/{_TYPED_PASSWORD}")
        browser.post("/status", files={"file": ("key.pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n")})
        heard.keep("a cookie of a citizen", *browser.cookies.values())
    heard.keep("an e-mail", "qupiya@example.kz")
    heard.keep("a code of an SMS", code)


def owner_in_the_cabinet(house: House, heard: Heard, iin: Iin, handset: Handset) -> None:
    with client(house.portal_url) as browser:
        browser.get("/cabinet")
        assert browser.post("/cabinet/code/send", data={"iin": iin.digits}).status_code == 303
        code = handset.code()
        heard.keep("a code of an SMS", code)
        heard.keep("a cookie that began a sign-in", *browser.cookies.values())
        browser.post("/cabinet/code", data={"code": code})
        heard.keep("a cookie of an owner", *browser.cookies.values())
        assert iin.masked in browser.get("/cabinet").text
        browser.post("/cabinet/key", json={"cms": base64.b64encode(b"no signature").decode()})
        browser.post("/cabinet/sign-out")


def on_the_line(house: House, heard: Heard) -> None:
    """Ticket, offer, answer, words in the chat, a code that is typed; what they send as media is rubbish."""
    digest, number = b"d" * 32, Phone.parse("+77019998877")
    wish = call.Wish(builders.iin(), number, "kk", Need.NONE, "2026-11")
    account = house.account(Role.CALL_AGENT)
    with house.service.work() as work:
        opened = call.open_(work, wish=wish, consented=True, page_digest=digest, now=house.service.now())
        citizens = ticket.for_citizen(work, page_digest=digest, now=house.service.now())
    session = house.session(account)
    with client(house.console_url) as browser:
        browser.cookies.set("qoltanba_staff", session)
        agents = browser.post("/calls/ticket").json()["ticket"]
    heard.keep("a ticket", citizens, agents)
    heard.keep("a session of staff", session)
    heard.keep("an IIN", builders.iin().digits)
    heard.keep("a phone", number.full, number.digits)
    heard.keep("words of a call", _SAID_IN_THE_CALL)
    heard.keep("a code that was typed", "730518")
    with socket(house, citizens) as caller, socket(house, agents) as desk:
        tell(desk, "available", languages=["kk", "ru"])
        time.sleep(1.5)
        tell(desk, "accept", call_id=opened.call_id)
        tell(caller, "answer")
        for page in (caller, desk):
            tell(page, "say", text=_SAID_IN_THE_CALL)
            tell(page, "offer", sdp=f"v=0\r\ns={_TYPED_PASSWORD}")
        tell(caller, "code", typed="730518")
        time.sleep(1.5)
        tell(desk, "hang_up")
        time.sleep(0.5)


def everybody(house: House, heard: Heard) -> None:
    """All that the database and the files of secrets hold."""
    with house.service.look() as work:
        people = work.connection.execute(sa.select(schema.person)).all()
        phones = work.connection.scalars(sa.select(schema.bmg.c.phone)).all()
        emails = work.connection.scalars(sa.select(schema.subscriber.c.email)).all()
        words = work.connection.scalars(sa.select(schema.outbox.c.words)).all()
        texts = [message.text for phone in phones for message in work.demo_messages.of(str(phone))]
    assert people
    assert phones
    for known in people:
        heard.keep("an IIN", f"{known.iin:012d}")
        heard.keep("a name", f"{known.surname} {known.given_name}", f"{known.given_name} {known.patronymic}")
        heard.keep("a document", known.document_number)
    for phone in phones:
        heard.keep("a phone", f"+{phone}", str(phone))
    heard.keep("an e-mail", *emails)
    for text in (*words, *texts):
        # Words have lost their code once they are sent.
        heard.keep("a token of an SMS", *re.findall(r"[\w-]{20,}", text))
    configured = house.service.settings
    for name in settings.SECRETS:
        file = getattr(configured, name, None)
        if isinstance(file, Path) and file.exists():
            heard.keep(f"a secret: {name}", file.read_bytes().strip().decode("latin-1"))


def client(base: str) -> httpx.Client:
    return httpx.Client(base_url=base, trust_env=False, timeout=30, headers=_FORM)


@contextmanager
def socket(house: House, secret: str) -> Iterator[ClientConnection]:
    address = house.service.settings.video_url.replace("http", "ws", 1)
    with connect(f"{address}/calls", proxy=None) as opened:
        opened.send(json.dumps({"type": "hello", "ticket": secret}))
        yield opened


def tell(page: ClientConnection, kind: str, **body: object) -> None:
    page.send(json.dumps({"type": kind, **body}))
