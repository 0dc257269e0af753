"""/get over HTTP: the seventeen steps as forms, their order, two tabs, coming back, and another's cookie (F1)."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from cryptography import x509
from sqlalchemy import insert, select, update

from ca_core import roles
from ca_core.dossier import AgreementKind, Step
from ca_core.identifiers import ApplicationId, Iin
from ca_core.revocation import hold, revoke
from ca_core.revocation.reasons import Reason
from data import dossier_schema, schema
from portal import agreements, dossier_cookie, steps
from runtime import keyagent
from tests import dossiers
from tests.portal.conftest import House
from tests.portal.owners import fresh_iin, refused_as, wrong
from tests.runtime.conftest import iin, new_request, register

KNOWN = iin(1).digits


@dataclass
class Applicant:
    """One person with a phone in the BMG, and a browser."""

    house: House
    browser: httpx.Client
    iin: Iin = field(default_factory=fresh_iin)

    @property
    def phone(self) -> int:
        return 77050000000 + int(self.iin.digits[7:11])

    def page(self, slug: str, **asked: str) -> httpx.Response:
        return self.browser.get(f"/get/{slug}", params=asked)

    def send(self, slug: str, **given: str) -> httpx.Response:
        return self.browser.post(f"/get/{slug}", data=given)

    def tell(self, path: str, given: object) -> httpx.Response:
        return self.browser.post(f"/get/{path}", json=given)

    def here(self) -> str:
        """The slug that /get leads to."""
        location = self.browser.get("/get").headers["location"]
        return location.removeprefix("/get/").partition("?")[0]

    def code(self) -> str:
        """The newest code of the phone; then the minute passes after which another may be sent (R4)."""
        query = (
            select(schema.outbox.c.words)
            .where(schema.outbox.c.recipient == str(self.phone), schema.outbox.c.kind == "code")
            .order_by(schema.outbox.c.notice_id.desc())
            .limit(1)
        )
        table = schema.sms_code
        with self.house.service.work() as work:
            for row in work.connection.execute(select(table).where(table.c.phone == self.phone)).all():
                earlier = row.sent_at - timedelta(seconds=61)
                work.connection.execute(
                    update(table).where(table.c.code_id == row.code_id).values(sent_at=earlier)
                )
            return str(json.loads(work.connection.execute(query).scalar_one())["code"])

    def digest(self) -> bytes:
        return dossier_cookie.digest_of(self.browser.cookies[dossier_cookie.COOKIE])

    def number(self) -> str:
        with self.house.service.look() as work:
            found = work.own_dossiers.by_digest(self.digest())
        assert found is not None
        assert found.number is not None
        return found.number.digits

    def to_iin(self) -> None:
        self.send("start")
        self.send("camera", camera="works")

    def to_code(self) -> None:
        self.to_iin()
        self.send("iin", iin=self.iin.digits, company="myself")

    def to_agent(self) -> None:
        self.to_code()
        self.send("code", act="send")
        self.send("code", act="confirm", code=self.code())

    def to_identify(self) -> None:
        self.to_agent()
        self.send("agent")
        self.send("proceed")

    def to_face(self) -> None:
        self.to_identify()
        self.send("identify", act="send", iin=self.iin.digits, phone=f"+{self.phone}")
        self.send("identify", act="confirm", code=self.code())

    def to_access(self) -> None:
        self.to_face()
        self.identify()

    def identify(self) -> None:
        """As the face verification does."""
        with self.house.service.look() as work:
            found = work.own_dossiers.by_digest(self.digest())
        assert found is not None
        dossiers.move(self.house.service, found, "identify")

    def agree(self, slug: str) -> httpx.Response:
        shown = re.search(r'name="shown" value="([0-9a-f]{64})"', self.page(slug, lang="ru").text)
        assert shown is not None
        return self.send(slug, shown=shown[1], language="ru", agreed="yes")

    def to_key(self) -> None:
        self.to_access()
        self.agree("access")
        self.agree("agreement")
        self.send("contact", email="Aigul@Example.kz", storage="FILE")

    def to_status(self) -> httpx.Response:
        self.to_key()
        return self.tell("key/request", {"keyId": "key-1", "request": self.request})

    @property
    def request(self) -> str:
        _, pem = new_request()
        return base64.b64encode(pem).decode()

    def issue(self) -> None:
        with self.house.service.look() as work:
            found = work.own_dossiers.by_digest(self.digest())
        assert found is not None
        assert found.number is not None
        (outcome,) = self.house.issuing.batch([found.number])
        assert outcome.certificate is not None, outcome.refusal


@pytest.fixture
def applicant(house: House) -> Iterator[Applicant]:
    with house.browser as browser:
        one = Applicant(house, browser)
        register(house.service, one.iin, phone=one.phone)
        yield one


@pytest.fixture
def elsewhere(house: House, applicant: Applicant) -> Iterator[Applicant]:
    """The same person on another device."""
    with house.browser as browser:
        yield Applicant(house, browser, applicant.iin)


def test_from_the_first_page_to_the_installed_certificate(applicant: Applicant) -> None:
    answer = applicant.to_status()
    assert answer.json()["next"] == "/get/status"
    assert applicant.here() == "status"
    number = answer.json()["number"]
    assert number in applicant.page("status").text
    applicant.issue()
    assert applicant.here() == "password"
    assert 'href="/get/password"' in applicant.page("status").text
    assert applicant.tell("password/installed", {}).json() == {"next": "/get/done"}
    assert applicant.here() == "done"
    assert "data-done" in applicant.page("done").text


def test_the_key_program_is_handed_the_chain_and_what_a_password_must_not_be(applicant: Applicant) -> None:
    """R16; the password itself is asked for by the program."""
    applicant.to_status()
    applicant.issue()
    text = applicant.page("password").text.replace("&#34;", '"')
    chain = json.loads(re.search(r'data-chain="(\[.*?\])"', text)[1])  # type: ignore[index]
    leaf, issuing, root = (x509.load_der_x509_certificate(base64.b64decode(der)) for der in chain)
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(root)
    for known in ('data-key="key-1"', f'data-iin="{applicant.iin.digits}"', 'data-born="1987-03-12"'):
        assert known in text


def test_the_status_looks_again_soon_at_first_and_seldom_later(applicant: Applicant) -> None:
    applicant.to_status()
    assert 'http-equiv="refresh" content="3"' in applicant.page("status").text
    table = schema.application
    with applicant.house.service.work() as work:
        long_ago = applicant.house.service.now() - timedelta(minutes=2)
        mine = update(table).where(table.c.number == applicant.number())
        work.connection.execute(mine.values(changed_at=long_ago))
    assert 'http-equiv="refresh" content="20"' in applicant.page("status").text
    applicant.issue()
    assert "http-equiv" not in applicant.page("status").text


def test_what_is_on_hold_is_installed_when_the_hold_is_lifted_and_what_is_revoked_is_not(
    applicant: Applicant,
) -> None:
    """R10, R10a: the page of the status says so, and the key program erases a key without a certificate."""
    applicant.to_status()
    applicant.issue()
    service = applicant.house.service
    with service.look() as work:
        made = work.certificates.of_application(ApplicationId(applicant.number()))
    assert made is not None
    with service.work() as work:
        held = hold.place(work, actor=roles.OWNER, found=made, why="not me", now=service.now())
    page = applicant.page("status").text
    assert applicant.here() == "status"
    assert ("verdict wait" in page, 'href="/get/password"' in page, "data-void" in page) == (
        True,
        False,
        False,
    )
    with service.work() as work:
        revoke.record(
            work, actor=roles.OWNER, found=held, reason=Reason.KEY_COMPROMISE, why="owner", now=service.now()
        )
    page = applicant.page("status").text
    assert ("verdict bad" in page, 'data-void="key-1"' in page) == (True, True)
    assert applicant.tell("password/installed", {}).status_code == 409
    assert applicant.send("again").status_code == 303
    assert applicant.here() == "code"


def test_a_computer_that_was_left_for_an_hour_asks_for_the_code_and_shows_nobody_s_iin(
    applicant: Applicant,
) -> None:
    """R4, R14: computers are shared; with the code the way goes on where it was."""
    applicant.to_key()
    table = dossier_schema.dossier
    with applicant.house.service.work() as work:
        mine = update(table).where(table.c.token_digest == applicant.digest())
        long_ago = applicant.house.service.now() - timedelta(hours=1)
        work.connection.execute(mine.values(changed_at=long_ago))
    assert applicant.here() == "code"
    assert "data-away" in applicant.page("code").text
    assert applicant.iin.digits not in applicant.page("iin").text
    answer = applicant.send("iin", iin=KNOWN, company="myself")
    assert answer.headers["location"] == "/get?moved=1"
    assert applicant.page("statement/ru.pdf").status_code == 409
    applicant.send("code", act="send")
    applicant.send("code", act="confirm", code=applicant.code())
    assert applicant.here() == "key"


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_the_application_is_a_statement_too(applicant: Applicant, language: str) -> None:
    applicant.to_status()
    paper = applicant.page(f"statement/{language}.pdf")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert applicant.number() in paper.headers["content-disposition"]


@pytest.mark.parametrize(
    "slug",
    [place.slug for place in steps.PLACES if place.slug not in ("start", "face")],
)
def test_a_browser_without_a_dossier_is_led_to_the_beginning(browser: httpx.Client, slug: str) -> None:
    answer = browser.get(f"/get/{slug}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/get")
    assert browser.get("/get").headers["location"] == "/get/start"


@pytest.mark.parametrize(
    ("slug", "given"),
    [
        ("code", {"act": "send"}),
        ("code", {"act": "confirm", "code": "123456"}),
        ("call", {"act": "found"}),
        ("agent", {}),
        ("proceed", {}),
        ("identify", {"act": "confirm", "code": "123456"}),
        ("access", {"agreed": "yes"}),
        ("contact", {"email": "a@b.kz", "storage": "FILE"}),
        ("withdraw", {}),
    ],
)
def test_a_step_before_its_turn_leads_to_the_one_whose_turn_it_is(
    applicant: Applicant, slug: str, given: dict[str, str]
) -> None:
    applicant.to_iin()
    answer = applicant.send(slug, **given)
    assert (answer.status_code, answer.headers["location"]) == (303, "/get?moved=1")
    assert applicant.here() == "iin"
    assert "data-moved" in applicant.page("iin", moved="1").text


@pytest.mark.parametrize("path", ["key/request", "password/installed"])
def test_the_scripts_are_told_which_step_is_next(applicant: Applicant, path: str) -> None:
    applicant.to_iin()
    answer = applicant.tell(path, {"keyId": "x", "request": applicant.request})
    assert (answer.status_code, answer.json()["code"]) == (409, "dossier.out_of_order")


def test_a_step_that_is_done_can_be_looked_at_and_not_done_again(applicant: Applicant) -> None:
    applicant.to_key()
    for slug in ("camera", "iin", "code", "agent", "proceed", "identify", "access", "agreement"):
        page = applicant.page(slug)
        assert (page.status_code, "data-past" in page.text) == (200, True), slug
        assert applicant.iin.digits not in page.text
    assert (
        applicant.send("iin", iin=applicant.iin.digits, company="myself").headers["location"]
        == "/get?moved=1"
    )
    assert applicant.here() == "key"


def test_the_email_can_be_corrected_until_the_key_is_made(applicant: Applicant) -> None:
    applicant.to_key()
    assert 'value="aigul@example.kz"' in applicant.page("contact").text
    assert applicant.send("contact", email="other@example.kz", storage="FILE").status_code == 303
    assert applicant.here() == "key"


def test_two_tabs_at_one_step_do_it_once(applicant: Applicant) -> None:
    applicant.to_agent()
    applicant.send("agent")
    assert applicant.send("agent").headers["location"] == "/get?moved=1"
    applicant.send("proceed")
    number = applicant.number()
    assert applicant.send("proceed").headers["location"] == "/get?moved=1"
    assert applicant.number() == number


def test_the_same_request_twice_is_sent_once_and_another_key_is_refused(applicant: Applicant) -> None:
    applicant.to_key()
    given = {"keyId": "key-1", "request": applicant.request}
    first, again = applicant.tell("key/request", given), applicant.tell("key/request", given)
    assert first.json() == again.json()
    other = applicant.tell("key/request", {"keyId": "key-1", "request": applicant.request})
    assert (other.status_code, other.json()["code"]) == (409, "submit.already_sent")


@pytest.mark.parametrize("request_", ["", "!!!", "AAAA", None, 7, {"a": 1}, "ü"])
def test_what_is_no_request_for_a_certificate_is_refused(applicant: Applicant, request_: object) -> None:
    applicant.to_key()
    answer = applicant.tell("key/request", {"keyId": "key-1", "request": request_})
    assert (answer.status_code, answer.json()["code"]) == (400, "csr.malformed")
    assert applicant.here() == "key"


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 30_000, b'"x"'])
def test_what_is_no_object_is_refused(applicant: Applicant, body: bytes) -> None:
    applicant.to_iin()
    assert applicant.browser.post("/get/key/request", content=body).status_code == 400


def test_anothers_cookie_is_another_way(applicant: Applicant, elsewhere: Applicant) -> None:
    """The cookie alone says whose way it is; a guessed one is nobody's."""
    applicant.to_status()
    elsewhere.to_iin()
    assert applicant.number() not in elsewhere.page("status").text
    assert elsewhere.page("statement/ru.pdf").status_code == 410
    elsewhere.browser.cookies.set(dossier_cookie.COOKIE, dossier_cookie.fresh())
    assert elsewhere.here() == "start"
    assert elsewhere.tell("password/installed", {}).json()["code"] == "dossier.unknown"


def test_on_another_device_the_application_goes_on_after_iin_and_code(
    applicant: Applicant, elsewhere: Applicant
) -> None:
    applicant.to_access()
    number = applicant.number()
    elsewhere.to_code()
    assert number not in elsewhere.page("code").text
    elsewhere.send("code", act="send")
    elsewhere.send("code", act="confirm", code=elsewhere.code())
    assert "data-earlier" in elsewhere.page("agent").text
    elsewhere.send("resume", number=number)
    assert elsewhere.here() == "face"
    assert applicant.here() == "start"


def test_nobody_resumes_the_application_of_another(applicant: Applicant, house: House) -> None:
    applicant.to_identify()
    with house.browser as browser:
        other = Applicant(house, browser)
        register(house.service, other.iin, phone=other.phone)
        other.to_agent()
        other.send("agent")
        answer = other.send("resume", number=applicant.number())
        assert (answer.status_code, refused_as(answer)) == (404, "application.unknown")
        assert other.here() == "proceed"


def test_whose_cookie_is_over_is_led_to_the_beginning_by_one_link(browser: httpx.Client) -> None:
    answer = browser.post("/get/camera", data={"camera": "works"})
    assert (answer.status_code, refused_as(answer)) == (410, "dossier.unknown")
    assert 'class="button" href="/get"' in answer.text


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser: httpx.Client) -> None:
    cookie = browser.post("/get/start").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age=2592000" in cookie


def test_with_the_code_the_cookie_changes_and_the_one_before_is_nobodys(
    applicant: Applicant, elsewhere: Applicant
) -> None:
    """Whoever begins in a browser that others use, and keeps its cookie, does not walk along with the next person."""
    applicant.to_code()
    elsewhere.browser.cookies.set(dossier_cookie.COOKIE, applicant.browser.cookies[dossier_cookie.COOKIE])
    assert elsewhere.here() == "code"
    applicant.send("code", act="send")
    applicant.send("code", act="confirm", code=applicant.code())
    assert applicant.here() == "agent"
    assert elsewhere.here() == "start"
    assert elsewhere.tell("password/installed", {}).json()["code"] == "dossier.unknown"


def test_beginning_twice_is_one_dossier(applicant: Applicant) -> None:
    applicant.to_iin()
    mine = applicant.digest()
    assert "set-cookie" not in applicant.send("start").headers
    assert (applicant.digest(), applicant.here()) == (mine, "iin")
    assert "data-begun" in applicant.page("start").text


def test_who_is_told_what_to_press_is_stopped(applicant: Applicant) -> None:
    """R13."""
    applicant.to_iin()
    answer = applicant.send("iin", iin=applicant.iin.digits, company="told")
    assert (answer.status_code, 'data-step="stop"' in answer.text) == (403, True)
    assert applicant.here() == "iin"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"iin": "", "company": "myself"}, "iin.invalid"),
        ({"iin": "123", "company": "myself"}, "iin.invalid"),
        ({"iin": "9" * 5000, "company": "myself"}, "iin.invalid"),
        ({"iin": KNOWN, "company": ""}, "get.answer_missing"),
        ({"iin": KNOWN, "company": "nobody"}, "get.answer_missing"),
    ],
)
def test_a_wrong_answer_keeps_what_was_typed(applicant: Applicant, given: dict[str, str], code: str) -> None:
    applicant.to_iin()
    answer = applicant.send("iin", **given)
    assert (answer.status_code, refused_as(answer)) == (400, code)
    assert f'value="{given["iin"][:40]}"' in answer.text


def registered_in_a_call(applicant: Applicant) -> None:
    service = applicant.house.service
    register(service, applicant.iin, phone=None)
    values = {"iin": applicant.iin.number, "phone": applicant.phone, "since": service.now()}
    with service.work() as work:
        work.connection.execute(insert(schema.bmg).values(**values, registered_by="an agent"))


def test_without_a_phone_in_the_bmg_the_way_is_the_call(applicant: Applicant) -> None:
    """F1, 5 and 6: the call takes the IIN along; once the phone is registered, the code is the sixth step."""
    applicant.iin = fresh_iin()
    applicant.to_code()
    assert applicant.here() == "call"
    assert applicant.send("call", act="go").headers["location"] == "/call/start"
    assert applicant.iin.digits not in applicant.page("call").text
    registered_in_a_call(applicant)
    assert applicant.here() == "code"
    assert re.search(r"\b6\b.*17", applicant.page("code", lang="en").text)


def test_at_the_call_no_code_lies_behind(applicant: Applicant) -> None:
    """F1, 5: nobody was asked for a code; what is looked back at is the IIN."""
    applicant.iin = fresh_iin()
    applicant.to_code()
    assert 'href="/get/iin"' in applicant.page("call").text
    assert applicant.page("code").status_code == 303


def test_whoever_comes_to_the_call_by_kenes_has_entered_the_iin(applicant: Applicant) -> None:
    """Nothing entered is lost (F1): the help of every page leads to the call past the button of step 5."""
    applicant.iin = fresh_iin()
    applicant.to_code()
    applicant.browser.post("/call/start", data={"step": "ready", "who": "myself", "need": ""})
    asked = applicant.browser.get("/call/start", params={"step": "you"}).text
    assert f'value="{applicant.iin.digits}"' in asked


def test_a_lost_phone_leads_to_the_call_and_a_found_one_back(applicant: Applicant) -> None:
    applicant.to_code()
    applicant.send("code", act="lost")
    assert applicant.here() == "call"
    applicant.send("call", act="found")
    assert applicant.here() == "code"


def test_a_wrong_code_is_refused_and_the_field_stays(applicant: Applicant) -> None:
    applicant.to_code()
    applicant.send("code", act="send")
    answer = applicant.send("code", act="confirm", code=wrong(applicant.code()))
    assert (answer.status_code, refused_as(answer)) == (403, "sms_code.wrong")
    assert 'name="code"' in answer.text


def test_three_wrong_codes_use_it_up(applicant: Applicant) -> None:
    """R4: the tries are counted although each of them was refused."""
    applicant.to_code()
    applicant.send("code", act="send")
    right = applicant.code()
    for _ in range(3):
        applicant.send("code", act="confirm", code=wrong(right))
    assert refused_as(applicant.send("code", act="confirm", code=right)) == "sms_code.used_up"


def test_asked_again_too_soon_the_code_on_its_way_can_still_be_typed(applicant: Applicant) -> None:
    applicant.to_code()
    applicant.send("code", act="send")
    answer = applicant.send("code", act="send")
    assert (answer.status_code, refused_as(answer)) == (429, "sms_code.too_soon")
    assert 'name="code"' in answer.text


def test_after_coming_back_the_code_on_its_way_can_still_be_typed(applicant: Applicant) -> None:
    """F1: every step can be left and taken up again."""
    applicant.to_code()
    assert 'name="code"' not in applicant.page("code").text
    applicant.send("code", act="send")
    assert 'name="code"' in applicant.page("code").text
    applicant.send("code", act="confirm", code=applicant.code())
    applicant.send("agent")
    applicant.send("proceed")
    assert 'name="code"' not in applicant.page("identify").text
    sent = applicant.send("identify", act="send", iin=applicant.iin.digits, phone=f"+{applicant.phone}")
    assert sent.status_code == 303, refused_as(sent)
    assert 'name="code"' in applicant.page("identify").text


def test_the_code_speaks_the_language_that_its_page_has_now(applicant: Applicant) -> None:
    """Whoever changes the language on the way is written to in the new one."""
    applicant.to_code()
    applicant.page("code", lang="kk")
    applicant.send("code", act="send")
    query = select(schema.outbox.c.language).where(schema.outbox.c.recipient == str(applicant.phone))
    with applicant.house.service.look() as work:
        assert work.connection.scalars(query).all() == ["kk"]


def test_identification_shows_the_phone_masked_and_takes_the_whole_one(applicant: Applicant) -> None:
    applicant.to_identify()
    page = applicant.page("identify").text
    assert str(applicant.phone)[1:] not in page
    assert f"•• {str(applicant.phone)[-2:]}" in page
    answer = applicant.send("identify", act="send", iin=applicant.iin.digits, phone="+7 701 000 00 00")
    assert (answer.status_code, refused_as(answer)) == (403, "dossier.identity_differs")


@pytest.mark.parametrize("given", [{"agreed": "yes", "shown": "00" * 32}, {"agreed": "yes", "shown": "zz"}])
def test_another_text_than_the_one_in_force_is_not_accepted(
    applicant: Applicant, given: dict[str, str]
) -> None:
    applicant.to_access()
    answer = applicant.send("access", **given)
    assert (answer.status_code, refused_as(answer)) == (409, "dossier.text_changed")


@pytest.mark.parametrize("slug", ["access", "agreement"])
def test_what_was_accepted_is_looked_back_at_and_no_other_version(
    applicant: Applicant, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F1, 11 and 12: versions are kept; in the language in which it was read, whatever is in force or chosen now."""
    applicant.to_access()
    applicant.agree("access")
    applicant.agree("agreement")
    (accepted,) = re.findall(
        r'<article class="agreement".*?</article>', applicant.page(slug, lang="ru").text, re.S
    )
    monkeypatch.setattr(agreements, "_IN_FORCE", dict.fromkeys(AgreementKind, "2027-01-01"))
    later = applicant.page(slug, lang="kk").text
    assert re.findall(r'<article class="agreement".*?>(.*?)</article>', later, re.S)[0] in accepted
    assert 'lang="ru"' in later
    assert "2026-11-22" in later
    assert "Қабылданды" in later


def test_a_medium_that_the_key_program_does_not_report_is_refused(applicant: Applicant) -> None:
    applicant.to_access()
    applicant.agree("access")
    applicant.agree("agreement")
    refused = applicant.send("contact", email="a@example.kz", storage="USB_TOKEN", reported="FILE")
    assert (refused.status_code, refused_as(refused)) == (400, "dossier.storage_not_offered")
    taken = applicant.send("contact", email="a@example.kz", storage="USB_TOKEN", reported="FILE,USB_TOKEN")
    assert (taken.status_code, applicant.here()) == (303, "key")
    assert 'data-storage="USB_TOKEN"' in applicant.page("key").text
    sent = {"keyId": "key-1", "request": applicant.request}
    for made_on, code in (
        (None, "submit.storage_differs"),
        ("FILE", "submit.storage_differs"),
        ("drawer", "dossier.storage_not_offered"),
    ):
        assert applicant.tell("key/request", sent | {"storage": made_on}).json()["code"] == code
    assert applicant.tell("key/request", sent | {"storage": "USB_TOKEN"}).json()["next"] == "/get/status"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"email": "nobody", "storage": "FILE"}, "dossier.email_invalid"),
        ({"email": "a@example.kz", "storage": "CLOUD"}, "dossier.storage_not_offered"),
        ({"email": "a@example.kz", "storage": "drawer"}, "dossier.storage_not_offered"),
    ],
)
def test_a_wrong_contact_is_refused(applicant: Applicant, given: dict[str, str], code: str) -> None:
    applicant.to_access()
    applicant.agree("access")
    applicant.agree("agreement")
    answer = applicant.send("contact", **given)
    assert (answer.status_code, refused_as(answer)) == (400, code)


@pytest.mark.parametrize("key_id", ["", None, {}, "\x00", "\ud800", "k" * 201])
def test_a_key_without_a_name_that_finds_it_again_is_refused(applicant: Applicant, key_id: object) -> None:
    """Step 16 asks the key program for it by this name."""
    applicant.to_key()
    content = json.dumps({"keyId": key_id, "request": applicant.request})
    answer = applicant.browser.post("/get/key/request", content=content)
    assert (answer.status_code, answer.json()["code"]) == (400, "csr.malformed")
    assert applicant.here() == "key"


def test_an_application_can_be_cancelled_until_it_is_sent(applicant: Applicant) -> None:
    """F1: at every step of it; nowhere by one careless press."""
    applicant.to_agent()
    button = re.compile(r'<details class="withdraw">\s*<summary>.*action="/get/withdraw"', re.S)
    assert not button.search(applicant.page("agent").text)
    applicant.send("agent")
    applicant.send("proceed")
    for slug in ("identify", "face", "access", "agreement", "contact", "key"):
        if slug == "face":
            applicant.send("identify", act="send", iin=applicant.iin.digits, phone=f"+{applicant.phone}")
            applicant.send("identify", act="confirm", code=applicant.code())
        if slug == "access":
            applicant.identify()
        if slug in ("agreement", "contact"):
            applicant.agree({"agreement": "access", "contact": "agreement"}[slug])
        if slug == "key":
            applicant.send("contact", email="a@example.kz", storage="FILE")
        page = applicant.page(slug).text
        assert button.search(page), slug
        assert page.count('action="/get/withdraw"') == 1
    applicant.tell("key/request", {"keyId": "key-1", "request": applicant.request})
    assert not button.search(applicant.page("status").text)


def test_a_cancelled_application_is_over_and_another_can_begin(applicant: Applicant) -> None:
    applicant.to_key()
    applicant.send("withdraw")
    assert applicant.here() == "status"
    page = applicant.page("status").text
    assert 'data-state="WITHDRAWN"' in page
    applicant.send("again")
    assert applicant.here() == "code"


@pytest.mark.parametrize("path", ["resume", "withdraw", "again"])
def test_where_a_refusal_was_shown_the_page_can_be_asked_for_again(applicant: Applicant, path: str) -> None:
    """Its language links and the browser's reload come to the address of the form."""
    applicant.to_status()
    answer = applicant.page(path, lang="kk")
    assert (answer.status_code, answer.headers["location"]) == (303, "/get/status")


def test_after_an_installed_certificate_another_application_can_begin(applicant: Applicant) -> None:
    """R5."""
    applicant.to_status()
    applicant.issue()
    applicant.tell("password/installed", {})
    applicant.send("again")
    assert applicant.here() == "code"


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_every_step_has_its_place_its_hint_the_hotline_and_the_call(
    applicant: Applicant, language: str
) -> None:
    """F1: a stuck step offers Kenes."""
    applicant.to_status()
    applicant.issue()
    for slug in (
        "start",
        "camera",
        "iin",
        "code",
        "agent",
        "identify",
        "access",
        "key",
        "status",
        "password",
    ):
        page = applicant.page(slug, lang=language)
        assert page.status_code == 200, slug
        assert "17" in page.text
        assert 'href="tel:1414"' in page.text
        assert 'href="/call/start"' in page.text
        assert f'data-step="{slug}"' in page.text


def test_the_key_program_is_offered_with_its_size_and_digest(applicant: Applicant) -> None:
    """F1, 7: what is downloaded can be compared with what the page says."""
    folder = keyagent.folder(applicant.house.service.settings)
    folder.mkdir(parents=True, exist_ok=True)
    installer = folder / keyagent.NAME
    installer.write_bytes(b"a file." * 1000)
    try:
        applicant.to_agent()
        page = applicant.page("agent").text
        assert hashlib.sha256(installer.read_bytes()).hexdigest() in page
        assert "7 КБ" in page
        assert applicant.browser.get(f"/keyagent/{installer.name}").content == installer.read_bytes()
        assert applicant.browser.get("/keyagent/other.pyz").status_code == 404
    finally:
        installer.unlink()


@pytest.mark.parametrize(
    ("browser", "first"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150.0", "py %USERPROFILE%\\Downloads\\"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", "python3 ~/Downloads/"),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0", "python3 ~/Downloads/"),
        ("", "py "),
    ],
)
def test_the_steps_for_the_visitors_own_system_come_first(
    applicant: Applicant, browser: str, first: str
) -> None:
    folder = keyagent.folder(applicant.house.service.settings)
    folder.mkdir(parents=True, exist_ok=True)
    installer = folder / keyagent.NAME
    installer.touch()
    try:
        applicant.to_agent()
        applicant.browser.headers["user-agent"] = browser
        page = applicant.page("agent").text
        shown, _, folded = page.partition("<details>")
        assert f"<code>{first}" in shown
        assert shown.count("install --port") <= 1
        assert folded.count("<summary>") >= 2
    finally:
        installer.unlink()


def test_every_step_has_a_page() -> None:
    assert {steps.of(step).slug for step in Step if step is not Step.START} | {"start"} == {
        place.slug for place in steps.PLACES
    }
