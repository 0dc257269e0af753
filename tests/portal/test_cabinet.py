"""The owner's cabinet by HTTP: signing in, one's own certificates and nobody else's, and the acts on them (F8)."""

import base64
import csv
import io
import time
from collections.abc import Iterator

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from sqlalchemy import select, update

from ca_core import audit, lookup, roles
from ca_core.cabinet import sessions
from ca_core.issuance import renew
from ca_core.lookup import RevealReason
from data import owner_schema, schema
from portal import protection
from portal.pages import cabinet_acts
from tests.portal.conftest import OFFICER, House, Owned
from tests.portal.owners import Owner, fresh_iin, owner, refused_as, wrong


@pytest.fixture
def somebody(house: House) -> Iterator[Owner]:
    """Not signed in, without certificates."""
    with owner(house) as one:
        yield one


@pytest.fixture
def signed_in(somebody: Owner) -> Owner:
    somebody.sign_in()
    return somebody


def address(owned: Owned, act: str = "") -> str:
    return f"/certificates/{owned.record.serial.hex}{act}"


def status(somebody: Owner, owned: Owned) -> str:
    answer = somebody.browser.get("/api/status", params={"serial": owned.record.serial.hex})
    return str(answer.json()["status"])


def audited(house: House, event: str) -> int:
    with house.service.look() as work:
        query = select(schema.audit.c.audit_id).where(schema.audit.c.event == event)
        return len(work.connection.execute(query).all())


def test_the_code_of_the_phone_opens_the_cabinet(somebody: Owner) -> None:
    somebody.sign_in()
    page = somebody.page()
    assert (page.status_code, "ҮЛГІЕВ" in page.text) == (200, True)
    assert somebody.iin.digits not in page.text


def test_the_session_rests_as_a_digest_and_the_cookie_is_closed(house: House, signed_in: Owner) -> None:
    header = next(c for c in signed_in.browser.cookies.jar if c.name == "qoltanba_cabinet")
    assert (header.path, header.has_nonstandard_attr("HttpOnly")) == ("/cabinet", True)
    assert header.get_nonstandard_attr("SameSite") == "strict"
    with house.service.look() as work:
        stored = work.connection.execute(select(owner_schema.owner_session)).all()
    assert str(header.value).encode() not in b"".join(bytes(row.token_digest) for row in stored)


def test_known_and_unknown_are_answered_alike(somebody: Owner, house: House) -> None:
    """Same status, same words, same time to the beat; only one phone gets a code (R14)."""
    answers = []
    for who in (somebody.iin, fresh_iin()):
        began = time.monotonic()
        sent = somebody.asks(who)
        took = time.monotonic() - began
        page = somebody.page("/code").text.replace(who.masked, "").replace(who.digits, "")
        refused = somebody.press("/code", code="000000")
        answers.append(
            (sent.status_code, sent.headers["location"], page, refused.status_code, refused_as(refused))
        )
        assert took > 0.35
    assert answers[0] == answers[1]
    assert somebody.codes_sent() == 1


def test_a_second_code_within_the_minute_is_neither_sent_nor_refused(somebody: Owner) -> None:
    """R4; and a refusal would tell that the IIN has a phone."""
    assert [somebody.asks().status_code for _ in range(2)] == [303, 303]
    assert somebody.codes_sent() == 1


def test_three_wrong_codes_use_the_code_up_in_the_same_words(somebody: Owner) -> None:
    somebody.asks()
    right = somebody.code()
    said = {refused_as(somebody.press("/code", code=wrong(right))) for _ in range(3)}
    said.add(refused_as(somebody.press("/code", code=right)))
    assert said == {"sign_in.refused"}
    assert "/cabinet/code/send" in somebody.page().text


def test_a_refused_iin_can_be_read_in_another_language(somebody: Owner) -> None:
    """The links to the other languages are of the page's own address."""
    somebody.page()
    refused = somebody.press("/code/send", iin="123")
    assert refused.status_code == 400
    answer = somebody.page("/code/send", lang="kk")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cabinet")


def test_signing_in_anew_ends_the_session_that_the_browser_had(signed_in: Owner, house: House) -> None:
    earlier = signed_in.browser.cookies["qoltanba_cabinet"]
    signed_in.a_minute_passes()
    signed_in.sign_in()
    with house.browser as other:
        other.cookies.set("qoltanba_cabinet", earlier, path="/cabinet")
        assert other.get("/cabinet/views").status_code == 303
    assert signed_in.page("/views").status_code == 200


def test_a_code_opens_only_the_page_that_asked(somebody: Owner, house: House) -> None:
    somebody.asks()
    code = somebody.code()
    with house.browser as other:
        other.get("/cabinet")
        other.post("/cabinet/code/send", data={"iin": somebody.iin.digits})
        somebody.a_minute_passes()
        assert refused_as(other.post("/cabinet/code", data={"code": code})) == "sign_in.refused"


def test_an_iin_is_looked_up_a_few_times_and_no_more(somebody: Owner) -> None:
    answers = [somebody.asks(fresh_iin()) for _ in range(11)]
    assert {answer.status_code for answer in answers[:10]} == {303}
    assert (answers[-1].status_code, refused_as(answers[-1])) == (429, "bmg.too_many_lookups")


def test_what_is_no_iin_is_refused(somebody: Owner) -> None:
    for typed in ("", "12", "8703123" * 9, "A" * 5000):
        answer = somebody.press("/code/send", iin=typed)
        assert (answer.status_code, refused_as(answer)) == (400, "iin.invalid")


@pytest.mark.parametrize(
    "path", ["/views", "/password", "/report.csv", "/certificates/00", "/certificates/00/revoke"]
)
def test_nobody_sees_a_cabinet_without_signing_in(somebody: Owner, path: str) -> None:
    answer = somebody.page(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cabinet")
    somebody.browser.cookies.set("qoltanba_cabinet", "guessed", path="/cabinet")
    assert somebody.page(path).headers["location"] == "/cabinet?over=1"


def test_every_address_behind_the_sign_in_asks_for_the_session() -> None:
    doors = ("shown_to_owner", "done_by_owner", "answered_to_owner", "told_by_owner")
    for route in cabinet_acts.ROUTES:
        assert route.endpoint.__qualname__.split(".")[0] in doors


@pytest.mark.parametrize(("column", "minutes"), [("seen_at", 15), ("started_at", 8 * 60)])
def test_a_session_ends_by_itself(house: House, signed_in: Owner, column: str, minutes: int) -> None:
    table = owner_schema.owner_session
    digest = sessions.digest(signed_in.browser.cookies["qoltanba_cabinet"])
    with house.service.work() as work:
        before = work.owner_sessions.by_digest(digest)
        earlier = {column: getattr(before, column) - sessions.timedelta(minutes=minutes)}
        work.connection.execute(update(table).where(table.c.token_digest == digest).values(earlier))
    assert signed_in.page("/views").status_code == 303


def test_signing_out_ends_the_session_itself(signed_in: Owner) -> None:
    token = signed_in.browser.cookies["qoltanba_cabinet"]
    assert signed_in.press("/sign-out").status_code == 303
    signed_in.browser.cookies.set("qoltanba_cabinet", token, path="/cabinet")
    assert signed_in.page("/views").status_code == 303


def test_without_certificates_the_way_leads_to_the_first(signed_in: Owner) -> None:
    page = signed_in.page()
    assert "data-empty" in page.text
    assert 'href="/get"' in page.text


def test_own_certificates_are_listed_and_no_others(signed_in: Owner, owned: Owned) -> None:
    mine = signed_in.issue()
    page = signed_in.page(lang="en").text
    assert f'data-serial="{mine.record.serial.hex}"' in page
    assert owned.record.serial.hex not in page
    assert "TsON" in page
    for path in ("", "/file", "/revoke", "/not-me", "/release", "/renew"):
        answer = signed_in.page(address(owned, path))
        assert (answer.status_code, refused_as(answer)) == (404, "certificate.unknown")
    for path in ("/revoke", "/not-me", "/release", "/renew"):
        assert signed_in.press(address(owned, path), choice="lost", act="send").status_code == 404
    assert status(signed_in, owned) == "valid"


def test_the_file_is_the_certificate(signed_in: Owner) -> None:
    mine = signed_in.issue()
    answer = signed_in.page(address(mine, "/file"))
    assert x509.load_der_x509_certificate(answer.content) == mine.certificate
    assert "attachment" in answer.headers["content-disposition"]


def test_the_report_has_a_line_for_each(signed_in: Owner) -> None:
    first, second = signed_in.issue(), signed_in.issue()
    answer = signed_in.page("/report.csv", lang="en")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row[0] for row in rows[1:]} == {first.record.serial.hex, second.record.serial.hex}
    assert rows[0][0] == "Serial number"


def test_a_code_revokes_and_revoked_is_final(house: House, signed_in: Owner) -> None:
    """R9, R10."""
    mine = signed_in.issue()
    assert signed_in.page(address(mine, "/revoke")).status_code == 200
    asked = signed_in.press(address(mine, "/revoke"), choice="lost", act="send")
    assert (asked.status_code, 'name="code"' in asked.text) == (200, True)
    assert status(signed_in, mine) == "valid"
    code = signed_in.code()
    refused = signed_in.press(address(mine, "/revoke"), choice="lost", act="confirm", code=wrong(code))
    assert (refused.status_code, refused_as(refused)) == (403, "sms_code.wrong")
    done = signed_in.press(address(mine, "/revoke"), choice="lost", act="confirm", code=code)
    assert (done.status_code, status(signed_in, mine)) == (303, "revoked")
    with house.service.look() as work:
        found = work.certificates.by_serial(mine.record.serial)
    assert found is not None
    assert found.lost_reported_at is not None
    again = signed_in.press(address(mine, "/revoke"), choice="lost", act="confirm", code=code)
    assert (again.status_code, refused_as(again)) == (409, "revoke.already_revoked")


def test_a_code_for_one_certificate_ends_no_other(signed_in: Owner) -> None:
    """R4."""
    mine, other = signed_in.issue(), signed_in.issue()
    signed_in.press(address(mine, "/revoke"), choice="disclosed", act="send")
    code = signed_in.code()
    answer = signed_in.press(address(other, "/revoke"), choice="disclosed", act="confirm", code=code)
    assert refused_as(answer) == "sms_code.not_sent"
    signed_in.press(address(mine, "/not-me"))
    answer = signed_in.press(address(mine, "/release"), act="confirm", code=code)
    assert refused_as(answer) == "sms_code.not_sent"


def test_the_sign_in_code_revokes_nothing(somebody: Owner) -> None:
    somebody.asks()
    code = somebody.code()
    somebody.press("/code", code=code)
    mine = somebody.issue()
    answer = somebody.press(address(mine, "/revoke"), choice="lost", act="confirm", code=code)
    assert refused_as(answer) == "sms_code.not_sent"


def test_without_a_reason_nothing_is_sent(signed_in: Owner) -> None:
    mine = signed_in.issue()
    for choice in ("", "certificate_hold", "9"):
        answer = signed_in.press(address(mine, "/revoke"), choice=choice, act="send")
        assert (answer.status_code, refused_as(answer)) == (400, "cabinet.choice_missing")
    assert signed_in.codes_sent() == 1


def test_asked_again_too_soon_the_field_for_the_code_stays(somebody: Owner) -> None:
    somebody.asks()
    somebody.press("/code", code=somebody.code())
    mine = somebody.issue()
    first = somebody.press(address(mine, "/revoke"), choice="lost", act="send")
    again = somebody.press(address(mine, "/revoke"), choice="lost", act="send")
    assert (first.status_code, again.status_code) == (200, 429)
    assert 'name="code"' in again.text


def test_it_was_not_me_holds_without_a_code_and_a_code_lifts_it(signed_in: Owner) -> None:
    """R10a."""
    mine = signed_in.issue()
    assert signed_in.press(address(mine, "/not-me")).status_code == 303
    assert status(signed_in, mine) == "on_hold"
    signed_in.press(address(mine, "/release"), act="send")
    done = signed_in.press(address(mine, "/release"), act="confirm", code=signed_in.code())
    assert (done.status_code, status(signed_in, mine)) == (303, "valid")
    assert refused_as(signed_in.page(address(mine, "/release"))) == "hold.not_on_hold"


def test_a_renewal_is_opened_once_and_signed_with_the_key(house: House, signed_in: Owner) -> None:
    """R8."""
    mine = signed_in.issue()
    for _ in range(2):
        assert signed_in.press(address(mine, "/renew")).status_code == 303
    page = signed_in.page(address(mine, "/renew")).text
    with house.service.look() as work:
        owner_id = mine.record.subscriber_id
        (opened,) = [one for one in work.applications.of_subscriber(owner_id) if one.previous_certificate_id]
    assert (opened.channel.name, opened.opened_by) == ("PKI", "owner")
    assert str(opened.number) in page
    signature = mine.key.sign(renew.statement(opened.number), ec.ECDSA(hashes.SHA256()))
    body = {"signature": base64.b64encode(signature).decode()}
    assert (
        signed_in.browser.post(f"/api/renewals/{opened.number.digits}/signature", json=body).status_code
        == 200
    )


def test_who_looked_is_shown_by_role_and_reason_and_never_by_name(house: House, signed_in: Owner) -> None:
    """R14."""
    mine = signed_in.issue()
    who = mine.record.subscriber_id
    with house.service.work() as work:
        lookup.holder(work, actor=OFFICER, subscriber_id=who, opened=True, now=house.service.now())
        lookup.reveal(
            work, actor=OFFICER, subscriber_id=who, reason=RevealReason.FRAUD_CASE, note="case 7 of Bolat N.",
            now=house.service.now(),
        )  # fmt: skip
    page = signed_in.page("/views", lang="en").text
    assert "registration officer" in page
    assert "fraud case" in page
    assert "Bolat" not in page
    assert OFFICER.name not in page
    assert "opened your data" not in page


def test_the_owners_own_visits_are_in_the_log_and_not_among_those_who_looked(
    house: House, signed_in: Owner
) -> None:
    mine = signed_in.issue()
    with house.service.look() as work:
        assert work.dossiers.views(mine.record.subscriber_id, 10) == []
        logged = work.connection.execute(
            select(schema.audit.c.subject).where(schema.audit.c.event == "owner:sign_in:done")
        ).all()
    assert logged
    assert all(signed_in.iin.digits not in row.subject for row in logged)
    assert audit.Entry(house.service.now(), roles.OWNER, "", "").subject == ""


def statement(somebody: Owner) -> bytes:
    somebody.page()
    return base64.b64decode(somebody.browser.post("/cabinet/key/nonce").json()["statement"])


def signed(owned: Owned, content: bytes) -> str:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(owned.certificate, owned.key, hashes.SHA256())
    return base64.b64encode(builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])).decode()


def by_key(somebody: Owner, cms: str) -> httpx.Response:
    return somebody.browser.post("/cabinet/key", json={"cms": cms})


def test_the_key_opens_the_cabinet_once(somebody: Owner) -> None:
    mine = somebody.issue()
    cms = signed(mine, statement(somebody))
    assert by_key(somebody, cms).json() == {"next": "/cabinet"}
    assert mine.record.serial.hex in somebody.page().text
    somebody.press("/sign-out")
    assert (by_key(somebody, cms).status_code, by_key(somebody, cms).json()["code"]) == (
        409,
        "key_sign_in.over",
    )


def test_the_nonce_names_this_portal_whatever_the_request_calls_it(somebody: Owner, house: House) -> None:
    """A site that passes the request on says its own name in Host."""
    somebody.page()
    answer = somebody.browser.post("/cabinet/key/nonce", headers={"Host": "relay.example"})
    named = base64.b64decode(answer.json()["statement"]).decode().splitlines()[1]
    assert named == house.service.settings.portal_url
    mine = somebody.issue()
    renamed = statement(somebody).replace(named.encode(), b"https://relay.example")
    assert by_key(somebody, signed(mine, renamed)).json()["code"] == "key_sign_in.over"


def test_a_nonce_of_another_page_or_of_nobody_opens_nothing(somebody: Owner, house: House) -> None:
    mine = somebody.issue()
    with owner(house) as other:
        foreign = statement(other)
    for content in (foreign, b"", b"hello", statement(somebody)[:-1] + b"x", statement(somebody) + b"x"):
        assert by_key(somebody, signed(mine, content)).json()["code"] == "key_sign_in.over"


@pytest.mark.parametrize("ended", ["revoked", "held"])
def test_the_key_of_an_ended_certificate_opens_nothing(house: House, somebody: Owner, ended: str) -> None:
    mine = somebody.issue()
    house.revoke(mine) if ended == "revoked" else house.hold(mine)
    answer = by_key(somebody, signed(mine, statement(somebody)))
    assert (answer.status_code, answer.json()["code"]) == (403, "key_sign_in.refused")


def test_what_is_no_signature_is_refused_in_json(somebody: Owner) -> None:
    for cms, code in (
        ("", "signed_file.unreadable"),
        ("MIIB", "signed_file.unreadable"),
        ("я", "portal.400"),
    ):
        answer = by_key(somebody, cms)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    for body in (b"", b"[]", b"[" * 20_000):
        answer = somebody.browser.post("/cabinet/key", content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "portal.400")


def test_a_form_of_another_site_changes_nothing(signed_in: Owner) -> None:
    mine = signed_in.issue()
    headers = {"Sec-Fetch-Site": "cross-site"}
    for path in (address(mine, "/not-me"), address(mine, "/renew"), "/sign-out", "/code/send", "/key/nonce"):
        assert signed_in.browser.post(f"/cabinet{path}", headers=headers).status_code == 403
    assert status(signed_in, mine) == "valid"
    assert signed_in.page("/views").status_code == 200


def test_the_pages_reach_the_key_program_and_have_no_script_of_their_own(
    signed_in: Owner, house: House
) -> None:
    mine = signed_in.issue()
    port = house.service.settings.keyagent_port
    policy = protection.key_agent_policy(port)
    assert "unsafe" not in policy
    for path in ("", "/views", "/password", address(mine), address(mine, "/revoke"), address(mine, "/renew")):
        answer = signed_in.page(path)
        assert answer.headers["content-security-policy"] == policy
        assert f'data-key-agent="{port}"' in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text.count("<script") == answer.text.count('<script type="module" src="/static/')
        assert " style=" not in answer.text
