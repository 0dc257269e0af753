"""The citizen's way into the queue: four screens, consent, one call a page, and the way back to it (F2)."""

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.cookies import SimpleCookie
from itertools import count

import httpx
import pytest

from ca_core import roles
from ca_core.call import Call, Check, Decision, EndCause, Gate, Need, Outcome, Settlement
from ca_core.identifiers import Iin, Phone
from ca_core.lifecycle import CallState
from ca_core.registration import call as calls
from ca_core.registration import call_back, decide
from ca_core.registration.ticket import digest
from ca_core.staff import Account
from portal import protection, words
from portal.call_cookie import COOKIE
from portal.call_dossier import COOKIE as DOSSIER
from portal.pages import call_start
from runtime import settings
from tests.portal.conftest import House, Served, application
from tests.runtime.conftest import iin

SYSTEM = roles.Actor("system", None, roles.Door.JOB)
_people = count(100, 20)


class Citizen:
    """A browser of one caller, with an IIN and a phone that nobody else has."""

    def __init__(self, house: House, browser: httpx.Client) -> None:
        number = next(_people)
        self.house, self.browser = house, browser
        self.iin: Iin = iin(number)
        self.phone = Phone.parse(f"+7 702 {number:07d}")

    def get_ready(self, who: str = "myself", need: str = "") -> httpx.Response:
        return self.browser.post("/call/start", data={"step": "ready", "who": who, "need": need})

    def say_who(self, iin: str = "", phone: str = "") -> httpx.Response:
        typed = {"step": "you", "iin": iin or self.iin.digits, "phone": phone or self.phone.full}
        return self.browser.post("/call/start", data=typed)

    def press(self, **fields: str) -> httpx.Response:
        return self.browser.post("/call", data=fields or {"consent": "yes"})

    def call(self) -> httpx.Response:
        self.get_ready()
        self.say_who()
        return self.press()

    @property
    def mine(self) -> list[Call]:
        with self.house.service.look() as work:
            return work.calls.living_of_iin(self.iin)

    @property
    def secret(self) -> str:
        return next(cookie.value or "" for cookie in self.browser.cookies.jar if cookie.name == COOKIE)


@pytest.fixture
def citizen(house: House, browser: httpx.Client) -> Citizen:
    return Citizen(house, browser)


@pytest.fixture
def four(house: House) -> Iterator[list[Citizen]]:
    """Four browsers, and one IIN that all of them type."""
    with contextlib.ExitStack() as open_:
        callers = [Citizen(house, open_.enter_context(house.browser)) for _ in range(4)]
        for caller in callers:
            caller.iin = callers[0].iin
        yield callers


def test_each_screen_leads_to_the_next_and_addresses_name_nobody(citizen: Citizen) -> None:
    """R14: what was typed stands in a sealed cookie, never in an address."""
    first = citizen.get_ready()
    second = citizen.say_who()
    third = citizen.browser.post("/call/start", data={"step": "devices", "need": ""})
    told = [answer.headers["location"] for answer in (first, second, third, citizen.press())]
    assert told == ["/call/start?step=you", "/call/start?step=devices", "/call/start?step=consent", "/call"]
    (mine,) = citizen.mine
    assert (mine.state, mine.phone, mine.need) == (CallState.QUEUED, citizen.phone, Need.NONE)


def test_no_link_and_no_cookie_shows_who_is_calling(citizen: Citizen) -> None:
    citizen.call()
    for path in ("/call", "/call/start?step=you"):
        page = citizen.browser.get(path)
        linked = re.findall(r'(?:href|action|src)="([^"]*)"', page.text)
        assert not [link for link in linked if citizen.iin.digits in link or citizen.phone.digits[1:] in link]
    assert citizen.iin.digits not in str(list(citizen.browser.cookies.jar))


def test_a_screen_asked_for_too_early_shows_the_first_that_is_missing(citizen: Citizen) -> None:
    assert 'data-step="ready"' in citizen.browser.get("/call/start?step=consent").text
    citizen.get_ready()
    assert 'data-step="you"' in citizen.browser.get("/call/start?step=consent").text
    assert citizen.press().headers["location"] == "/call/start"


def test_who_is_hurried_by_somebody_is_stopped(citizen: Citizen) -> None:
    """R13: "is somebody doing this for you?" comes before anything is asked."""
    answer = citizen.get_ready(who="told")
    assert (answer.status_code, 'data-step="stop"' in answer.text) == (200, True)
    assert 'data-step="ready"' in citizen.browser.get("/call/start?step=you").text


def test_who_does_it_must_be_answered(citizen: Citizen) -> None:
    answer = citizen.get_ready(who="")
    assert (answer.status_code, "call_start.answer_missing" in answer.text) == (400, True)


def test_an_iin_that_is_none_is_refused_and_what_was_typed_stays(citizen: Citizen) -> None:
    """R1."""
    citizen.get_ready()
    answer = citizen.say_who(iin="111111111111")
    assert (answer.status_code, "iin.invalid" in answer.text) == (400, True)
    assert 'value="111111111111"' in answer.text


@pytest.mark.parametrize("phone", ["+7 495 123 45 67", "+44 7700 900123", "12", "+7 7172 12 34 56"])
def test_a_phone_that_is_no_kazakh_mobile_is_refused(citizen: Citizen, phone: str) -> None:
    citizen.get_ready()
    answer = citizen.say_who(phone=phone)
    assert (answer.status_code, "phone.invalid" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("who", "need", "found", "kept"),
    [
        ("helper", "", "", Need.HELPER_PRESENT),
        ("myself", "sign_language", "", Need.SIGN_LANGUAGE),
        ("myself", "", "no_camera", Need.NO_CAMERA),
        ("helper", "", "poor_line", Need.POOR_LINE),
        ("myself", "sign_language", "poor_line", Need.SIGN_LANGUAGE),
        ("myself", "nonsense", "nonsense", Need.NONE),
    ],
)
def test_the_agent_learns_the_need_that_was_said_or_found(
    citizen: Citizen, who: str, need: str, found: str, kept: Need
) -> None:
    citizen.get_ready(who, need)
    citizen.say_who()
    citizen.browser.post("/call/start", data={"step": "devices", "need": found})
    citizen.press()
    assert citizen.mine[0].need is kept


def test_a_dossier_that_is_not_ours_is_an_empty_one(citizen: Citizen) -> None:
    citizen.browser.cookies.set(DOSSIER, "gAAAAABforged", path="/call")
    assert 'data-step="ready"' in citizen.browser.get("/call/start?step=you").text


@pytest.mark.parametrize("rubbish", ["é", "\u00ff\u00fe\u00fd", '"\\303\\251"', "=", "gAAAAA", "%00"])
def test_rubbish_in_the_place_of_a_dossier_is_an_empty_one(citizen: Citizen, rubbish: str) -> None:
    """A cookie is whatever somebody sends."""
    headers = {"Cookie": f"{DOSSIER}={rubbish}".encode("latin-1")}
    answer = citizen.browser.get("/call/start?step=you", headers=headers)
    assert answer.status_code == 200
    assert 'data-step="ready"' in answer.text


def test_no_call_without_consent(citizen: Citizen) -> None:
    """Consent is kept before anything is recorded."""
    citizen.get_ready()
    citizen.say_who()
    answer = citizen.press(consent="")
    assert (answer.status_code, "call.consent_missing" in answer.text) == (403, True)
    assert citizen.mine == []


def test_consent_is_kept_with_the_version_of_its_text(citizen: Citizen) -> None:
    citizen.get_ready()
    citizen.say_who()
    assert call_start.CONSENT_VERSION in citizen.browser.get("/call/start?step=consent").text
    citizen.press()
    (mine,) = citizen.mine
    assert mine.consent_version == call_start.CONSENT_VERSION
    with citizen.house.service.look() as work:
        assert [check.gate for check in work.checks.of_call(mine.call_id)] == [Gate.CONSENT]


def test_a_form_sent_twice_opens_one_call(citizen: Citizen) -> None:
    citizen.get_ready()
    citizen.say_who()
    sealed = citizen.browser.cookies.get(DOSSIER) or ""
    again = {"Cookie": f"{DOSSIER}={sealed}"}
    with citizen.house.browser as impatient:
        answers = [impatient.post("/call", data={"consent": "yes"}, headers=again) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == ["/call", "/call"]
    assert len(citizen.mine) == 1


def test_the_page_finds_its_call_again(citizen: Citizen) -> None:
    citizen.call()
    assert "data-call " in citizen.browser.get("/call").text
    assert citizen.browser.get("/call/start").headers["location"] == "/call"
    assert citizen.press().headers["location"] == "/call"
    assert len(citizen.mine) == 1


def test_the_cookie_is_the_pages_secret_and_the_call_keeps_its_digest(citizen: Citizen) -> None:
    answer = citizen.call()
    given = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        given.load(line)
    cookie = given[COOKIE]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"]) == ("strict", "/call")
    assert len(cookie.value) >= 43, "256 bits"
    assert citizen.mine[0].page_digest == hashlib.sha256(cookie.value.encode()).digest()
    assert not given[DOSSIER].value


def test_cookies_are_secure_where_the_portal_has_tls(
    tmp_path_factory: pytest.TempPathFactory, house: House
) -> None:
    safe = settings.load(
        {"var_dir": str(house.service.settings.var_dir), "portal_url": "https://portal.example"}
    )
    with Served(application(house.fresh_service(safe))) as url, httpx.Client(base_url=url) as client:
        answer = client.post("/call/start", data={"step": "ready", "who": "myself", "need": ""})
        assert "secure" in answer.headers["set-cookie"].lower()


def test_a_fourth_call_of_one_iin_is_refused(four: list[Citizen]) -> None:
    answers = [caller.call() for caller in four]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 409]
    assert "call.too_many" in answers[-1].text


def test_a_ticket_needs_the_cookie(citizen: Citizen) -> None:
    citizen.call()
    told = citizen.browser.post("/call/ticket").json()
    assert told["address"] == f"{citizen.house.service.settings.video_url}/calls"
    assert len(told["ticket"]) >= 32
    citizen.browser.cookies.clear()
    answer = citizen.browser.post("/call/ticket")
    assert (answer.status_code, answer.json()["code"]) == (404, "call.unknown")
    guessed = citizen.browser.post("/call/ticket", headers={"Cookie": f"{COOKIE}={'a' * 43}"})
    assert (guessed.status_code, guessed.json()["code"]) == (404, "call.unknown")


def test_another_site_gets_no_ticket_and_opens_no_call(citizen: Citizen) -> None:
    citizen.get_ready()
    citizen.say_who()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        for path in ("/call", "/call/ticket", "/call/back", "/call/start", "/bmg"):
            assert citizen.browser.post(path, data={"consent": "yes"}, headers=headers).status_code == 403
    assert citizen.mine == []


def test_an_ended_call_gives_no_ticket_and_shows_its_cause(citizen: Citizen) -> None:
    citizen.call()
    end(citizen, EndCause.WAITED_TOO_LONG)
    answer = citizen.browser.post("/call/ticket")
    assert (answer.status_code, answer.json()["code"]) == (409, "call.ended")
    page = citizen.browser.get("/call").text
    assert 'data-ended="waited_too_long"' in page
    assert "За 60 мин никто не смог ответить" in page
    assert 'href="/call/start"' in page


def test_the_end_of_the_longest_talk_names_the_policys_time(citizen: Citizen) -> None:
    citizen.call()
    end(citizen, EndCause.TALKED_TOO_LONG)
    assert "Разговор длился 45 мин" in citizen.browser.get("/call").text


def test_after_the_end_a_new_call_has_a_new_secret(citizen: Citizen) -> None:
    """A code is bound to the page of one call (R4)."""
    citizen.call()
    before = citizen.secret
    end(citizen, EndCause.CALLER_HUNG_UP)
    citizen.call()
    assert citizen.secret != before
    assert len(citizen.mine) == 1


def end(
    citizen: Citizen,
    cause: EndCause,
    decision: Decision | None = None,
    reason: str = "",
    talked: bool = False,
) -> None:
    service = citizen.house.service
    (mine,) = citizen.mine
    with service.work() as work:
        now = service.now()
        ended = calls.end(work, actor=SYSTEM, call=mine, cause=cause, now=now)
        decided = replace(
            ended, decision=decision, decision_reason=reason, connected_at=now if talked else None
        )
        work.calls.save(decided, expected=ended)


def end_was_long_ago(citizen: Citizen) -> None:
    with citizen.house.service.work() as work:
        ended = work.calls.latest_of_page(digest(citizen.secret))
        assert ended is not None
        assert ended.ended_at is not None
        before = replace(ended, ended_at=ended.ended_at - timedelta(minutes=2))
        work.calls.save(before, expected=ended)


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("decision", [d for d in Decision if d is not Decision.INTERRUPTED])
def test_each_decision_is_told_in_words(citizen: Citizen, decision: Decision, language: str) -> None:
    citizen.call()
    refused = decision in (Decision.REFUSED_RETRY, Decision.REFUSED_FINAL)
    end(citizen, EndCause.AGENT_HUNG_UP, decision, "document_expired" if refused else "")
    page = citizen.browser.get("/call", headers={"Accept-Language": language}).text
    spoken = words.load()[language]
    assert spoken.t(f"decision.{decision.name.lower()}.text") in page
    assert (spoken.t("decide_reason.document_expired") in page) is refused


def test_while_the_agent_wraps_up_a_decision_may_still_come(citizen: Citizen) -> None:
    """After that the page says that nothing was decided, however long it stays open."""
    citizen.call()
    end(citizen, EndCause.AGENT_HUNG_UP, Decision.INTERRUPTED, talked=True)
    assert 'data-undecided="yes"' in citizen.browser.get("/call").text
    end_was_long_ago(citizen)
    assert 'data-undecided=""' in citizen.browser.get("/call").text


def settle(citizen: Citizen, decision: Decision, reason: str = "") -> None:
    """As a supervisor did, after the agent left it to one."""
    service = citizen.house.service
    with service.work() as work:
        account = Account(
            0, f"supervisor{citizen.iin.digits}", "Marat B.", roles.Role.SUPERVISOR, "hash", "s", 0
        )
        staff_id = work.accounts.add(account)
        mine = work.calls.latest_of_page(digest(citizen.secret))
        assert mine is not None
        note = "compared with the recording"
        work.calls.settle(
            Settlement(mine.call_id, decision, reason, note, staff_id, account.name, service.now())
        )


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize(
    ("decision", "reason", "again"),
    [
        (Decision.REGISTERED, "", False),
        (Decision.REFUSED_RETRY, "face_not_confirmed", True),
        (Decision.REFUSED_FINAL, "document_doubtful", False),
    ],
)
def test_after_an_escalation_the_page_tells_what_the_supervisor_decided(
    citizen: Citizen, decision: Decision, reason: str, again: bool, language: str
) -> None:
    citizen.call()
    end(citizen, EndCause.AGENT_HUNG_UP, Decision.ESCALATED, talked=True)
    settle(citizen, decision, reason)
    page = citizen.browser.get("/call", headers={"Accept-Language": language}).text
    spoken = words.load()[language]
    assert f'data-decision="{decision.name.lower()}"' in page
    assert 'data-awaited=""' in page
    assert spoken.t(f"decision.{decision.name.lower()}.text") in page
    assert spoken.t("decision.escalated.text") not in page
    assert not reason or spoken.t(f"decide_reason.{reason}") in page
    assert ('class="button" href="/call/start"' in page) is again
    assert "compared with the recording" not in page


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("proven", [True, False])
def test_while_a_supervisor_looks_the_page_says_how_the_citizen_learns_it(
    citizen: Citizen, proven: bool, language: str
) -> None:
    """An SMS is promised only to a phone that was proven."""
    citizen.call()
    (mine,) = citizen.mine
    if proven:
        with citizen.house.service.work() as work:
            passed = Check(mine.call_id, Gate.CODE, Outcome.PASSED, citizen.house.service.now(), "caller")
            work.checks.add(passed)
    end(citizen, EndCause.AGENT_HUNG_UP, Decision.ESCALATED, talked=True)
    page = citizen.browser.get("/call", headers={"Accept-Language": language}).text
    spoken = words.load()[language]
    assert 'data-awaited="yes"' in page
    assert (spoken.t("decision.escalated.by_sms") in page) is proven
    assert (spoken.t("decision.escalated.on_page") in page) is not proven
    assert 'class="button" href="/call/start"' not in page


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_reason_and_cause_has_words(language: str) -> None:
    spoken = words.load()[language]
    for reason in decide.Reason:
        assert spoken.t(f"decide_reason.{reason.value}")
    for cause in EndCause:
        assert spoken.t(f"cause.{cause.name.lower()}")


def wishes(house: House, phone: Phone) -> int:
    with house.service.look() as work:
        return sum(
            wish.phone == phone
            for wish in work.call_backs.waiting(1000, since=house.service.now() - timedelta(hours=24))
        )


def test_who_asks_twice_to_be_called_back_is_noted_once(citizen: Citizen) -> None:
    for _ in range(2):
        answer = citizen.browser.post("/call/back", data={"phone": citizen.phone.full})
        assert (answer.status_code, "data-asked" in answer.text) == (200, True)
        assert citizen.phone.full not in answer.text
    assert wishes(citizen.house, citizen.phone) == 1


def test_who_waits_may_leave_the_queue_and_be_told(citizen: Citizen) -> None:
    citizen.call()
    assert f'value="{citizen.phone.full}"' in citizen.browser.get("/call").text
    citizen.browser.post("/call/back", data={"phone": citizen.phone.full})
    assert citizen.mine == []
    assert wishes(citizen.house, citizen.phone) == 1


def test_a_call_back_needs_a_kazakh_mobile(citizen: Citizen) -> None:
    answer = citizen.browser.post("/call/back", data={"phone": "+1 202 555 0143"})
    assert (answer.status_code, "phone.invalid" in answer.text) == (400, True)


@pytest.fixture
def invitation(citizen: Citizen) -> str:
    """An invitation as the SMS brings it."""
    service = citizen.house.service
    now = service.now()
    with service.work() as work:
        wish = call_back.ask(work, phone=citizen.phone, language="ru", now=now)
        work.call_backs.renew(wish, token_digest=digest(f"secret-{citizen.phone.digits}"), invited_at=now)
        work.connection.exec_driver_sql(
            f"update call_back set asked_at = asked_at - 600 where call_back_id = {wish.call_back_id}"
        )
    return f"secret-{citizen.phone.digits}"


def test_an_invitation_keeps_the_place(citizen: Citizen, invitation: str) -> None:
    page = citizen.browser.get(f"/call/back/{invitation}")
    assert (page.status_code, "data-invited" in page.text) == (200, True)
    citizen.call()
    (mine,) = citizen.mine
    assert (mine.opened_at - mine.queued_at).total_seconds() >= 599


def test_following_an_invitation_uses_nothing_up(citizen: Citizen, invitation: str) -> None:
    """Telephones and mail programs follow links by themselves."""
    for _ in range(3):
        citizen.browser.get(f"/call/back/{invitation}")
    citizen.call()
    assert citizen.mine[0].queued_at < citizen.mine[0].opened_at


def test_a_used_or_guessed_invitation_is_told_and_the_call_opens_without_it(citizen: Citizen) -> None:
    citizen.browser.get("/call/back/guessed")
    answer = citizen.call()
    assert (answer.status_code, "call_back.unknown" in answer.text) == (410, True)
    assert citizen.press().headers["location"] == "/call"
    assert citizen.mine[0].queued_at == citizen.mine[0].opened_at


@pytest.mark.parametrize("path", ["/call", "/call/start", "/call/ticket", "/call/back/x"])
def test_pages_of_the_call_reach_camera_and_gateway(house: House, browser: httpx.Client, path: str) -> None:
    headers = browser.get(path).headers
    gateway = house.service.settings.video_url
    assert headers["content-security-policy"] == protection.call_policy(gateway)
    assert (
        f"connect-src 'self' {gateway} {gateway.replace('http', 'ws', 1)};"
        in headers["content-security-policy"]
    )
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["permissions-policy"].startswith("camera=(self), microphone=(self)")


@pytest.mark.parametrize("path", ["/", "/bmg", "/kenes", "/status", "/callous"])
def test_other_pages_reach_neither(browser: httpx.Client, path: str) -> None:
    headers = browser.get(path).headers
    assert headers["permissions-policy"].startswith("camera=(), microphone=()")
    assert headers["content-security-policy"] == protection.CONTENT_POLICY


def test_a_gateway_with_tls_is_reached_by_secure_sockets() -> None:
    policy = protection.call_policy("https://video.example:8443/")
    assert "connect-src 'self' https://video.example:8443 wss://video.example:8443;" in policy


def test_a_page_without_a_call_begins_one(browser: httpx.Client) -> None:
    assert browser.get("/call").headers["location"] == "/call/start"


@pytest.mark.parametrize("path", ["/", "/status", "/bmg", "/call/start", "/not-me/x", "/kenes"])
def test_help_is_at_hand_on_every_page(browser: httpx.Client, path: str) -> None:
    page = browser.get(path).text
    assert 'class="kenes' in page
    assert 'href="tel:1414"' in page
    assert ('href="/call/start">' in page) or path == "/call/start"


def test_no_field_of_the_call_asks_for_a_pin_or_a_password(citizen: Citizen) -> None:
    """R13: the page says so beside the field for the code."""
    citizen.call()
    page = citizen.browser.get("/call", headers={"Accept-Language": "en"}).text
    assert "No PIN, key password or card number is needed" in page
    names = set(re.findall(r'<input[^>]* name="(\w+)"', page))
    assert names == {"phone", "code", "say"}
