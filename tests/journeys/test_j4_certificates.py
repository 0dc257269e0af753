"""J4: an officer finds a certificate, sees why, and acts on it with the owner or with a second officer."""

import base64
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from playwright.sync_api import Page, expect

from ca_core.certificate import Certificate, Kind, StorageKind
from ca_core.identifiers import ApplicationId, Phone
from ca_core.issuance import renew
from ca_core.ports import Criteria, Found
from ca_core.roles import Role
from runtime.demo import keys
from tests import builders
from tests.journeys.conftest import House, Visits

BOX = ".st-key-certificates_box input"


@dataclass(frozen=True, slots=True)
class Owner:
    """A fictitious person with one valid certificate in a file and a phone in the BMG."""

    found: Found
    phone: Phone

    @property
    def certificate(self) -> Certificate:
        return self.found.certificate

    @property
    def address(self) -> str:
        return f"/holder?subscriber={self.found.subscriber.subscriber_id}"


@pytest.fixture(scope="session")
def owners(house: House) -> Iterator[Owner]:
    """One after the other: a test that changes somebody leaves the next one alone."""
    return _owners(house)


def _owners(house: House) -> Iterator[Owner]:
    criteria = Criteria(statuses=("valid",), storages=(int(StorageKind.FILE),), kinds=(int(Kind.NEW),))
    with house.service.look() as work:
        page = work.finder.page(criteria, now=house.service.now(), after=None, size=300)
        people = [
            Owner(found, registered.phone)
            for found in page
            if len(work.certificates.of_subscriber(found.subscriber.subscriber_id)) == 1
            and (registered := work.bmg.of_iin(found.subscriber.iin)) is not None
        ]
    yield from people


@pytest.fixture
def owner(owners: Iterator[Owner]) -> Owner:
    return next(owners)


def holder_page(visit: Visits, owner: Owner, *, number: int = 0, scheme: str = "light") -> Page:
    page = visit(Role.RA_OFFICER, owner.address, number=number, language="ru", scheme=scheme)
    expect(page.get_by_role("button", name="Отозвать…")).to_be_visible(timeout=20_000)
    return page


def soon(look: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def texts(house: House, owner: Owner) -> list[str]:
    """What the owner's phone shows, newest first."""
    with house.service.look() as work:
        return [message.text for message in work.demo_messages.of(owner.phone.digits)]


def code_from_phone(house: House, owner: Owner) -> str:
    """R4: the code arrives on the owner's BMG phone and nowhere else."""
    soon(lambda: any(re.search(r"\b\d{6}\b", text) for text in texts(house, owner)[:1]))
    found = re.search(r"\b\d{6}\b", texts(house, owner)[0])
    assert found
    return found.group()


def was_told(house: House, owner: Owner, kind: str) -> bool:
    """The message left for the owner's phone, whatever language they read."""
    with house.service.look() as work:
        sent = work.dossiers.notices(owner.found.subscriber.subscriber_id, 20)
    return any((notice.kind, notice.medium, notice.state) == (kind, "sms", "sent") for notice in sent)


def type_code(page: Page, code: str) -> None:
    field = page.get_by_label("Код от владельца")
    field.fill(code)
    field.press("Tab")


def send_code(page: Page) -> None:
    page.get_by_role("button", name="Отправить код").click()
    expect(page.get_by_text("Код отправлен на")).to_be_visible()


def public_status(house: House, certificate: Certificate) -> str:
    """What the world is told about a serial, by the public JSON."""
    address = f"{house.portal_url}/api/status?serial={certificate.serial.hex}"
    with urllib.request.urlopen(address, timeout=5) as answer:
        return str(json.load(answer)["status"])


def fetched(house: House, path: str) -> bytes:
    with urllib.request.urlopen(house.portal_url + path, timeout=5) as answer:
        return bytes(answer.read())


def ocsp_status(house: House, certificate: Certificate) -> ocsp.OCSPCertStatus:
    """What a relying party's OCSP request is answered, over the network."""
    with house.service.look() as work:
        leaf = x509.load_der_x509_certificate(work.certificates.der(certificate.certificate_id) or b"")
    issuer = x509.load_der_x509_certificate(fetched(house, "/ca/issuing.cer"))
    question = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA256()).build()
    asked = urllib.request.Request(
        f"{house.portal_url}/ocsp",
        data=question.public_bytes(serialization.Encoding.DER),
        headers={"content-type": "application/ocsp-request"},
    )
    with urllib.request.urlopen(asked, timeout=5) as answer:
        return ocsp.load_der_ocsp_response(answer.read()).certificate_status


def is_listed(house: House, certificate: Certificate) -> bool:
    listed = x509.load_der_x509_crl(fetched(house, "/crl/issuing.crl"))
    return listed.get_revoked_certificate_by_serial_number(certificate.serial.number) is not None


def test_an_iin_opens_its_holder_at_once_and_stays_out_of_the_address(visit: Visits, owner: Owner) -> None:
    """R14: a person's key is never in an address, which logs and histories keep."""
    page = visit(Role.RA_OFFICER, "/certificates", language="ru")
    expect(page.locator(BOX)).to_be_focused(timeout=20_000)
    page.keyboard.type(owner.found.subscriber.iin.digits)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"subscriber={owner.found.subscriber.subscriber_id}\b"))
    assert owner.found.subscriber.iin.digits not in page.url
    expect(page.get_by_text(owner.found.subscriber.iin.digits)).to_have_count(0)
    page.get_by_role("button", name="К поиску").click()
    expect(page.locator(BOX)).to_have_value(owner.found.subscriber.iin.digits)
    expect(page.get_by_text("Поиск по ИИН")).to_be_visible()


def test_a_name_and_a_serial_are_found_by_their_beginning(visit: Visits, owner: Owner) -> None:
    page = visit(Role.RA_OFFICER, "/certificates", language="ru")
    for typed, understood in (
        (owner.found.subscriber.surname[:5], "Поиск по началу фамилии"),
        (owner.certificate.serial.hex[:10], "Поиск по началу серийного номера"),
    ):
        page.locator(BOX).fill(typed)
        page.locator(BOX).press("Enter")
        expect(page.get_by_text(understood)).to_be_visible()
    expect(page.get_by_text("1 сертификат")).to_be_visible()
    row = page.get_by_role("row").nth(1)
    row.get_by_role("link").press("Enter")
    expect(page).to_have_url(re.compile(owner.certificate.serial.hex))
    page.get_by_role("button", name="К поиску").click()
    row.get_by_role("cell").nth(2).click()
    expect(page).to_have_url(re.compile(owner.certificate.serial.hex))


def test_a_search_is_written_down_once_for_what_is_asked(house: House, visit: Visits) -> None:
    """R14: a rerun of the page is no new search."""
    page = visit(Role.RA_OFFICER, "/certificates?status=revoked", language="ru")
    expect(page.get_by_text("По фильтрам")).to_be_visible()
    before = _searches(house)
    page.get_by_role("button", name="Фильтры", exact=False).first.click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="истёк").click()
    expect(page).to_have_url(re.compile("status=revoked%2Cexpired"))
    soon(lambda: _searches(house) == before + 1)
    time.sleep(0.5)
    assert _searches(house) == before + 1


def _searches(house: House) -> int:
    with house.service.look() as work:
        rows = work.connection.exec_driver_sql(
            "SELECT count(*) FROM audit WHERE event = 'certificate:search:done'"
        )
        return int(rows.scalar_one())


def test_a_mistyped_iin_is_told_from_an_empty_result(visit: Visits, owner: Owner) -> None:
    digits = owner.found.subscriber.iin.digits
    page = visit(Role.RA_OFFICER, "/certificates", language="ru")
    page.locator(BOX).fill(digits[:11] + str((int(digits[11]) + 1) % 10))
    page.locator(BOX).press("Enter")
    expect(page.get_by_text("search.iin_mistyped")).to_be_visible()
    page.locator(BOX).fill("жоқжоқжоқ")
    page.locator(BOX).press("Enter")
    expect(page.get_by_text("Имена ищутся кириллицей")).to_be_visible()


def test_personal_data_are_shown_for_a_reason_that_is_logged(
    house: House, visit: Visits, owner: Owner
) -> None:
    person = owner.found.subscriber
    page = holder_page(visit, owner)
    expect(page.get_by_text(person.iin.digits)).to_have_count(0)
    page.get_by_role("button", name="Показать: причина").click()
    page.get_by_text("дело о мошенничестве").click()
    page.get_by_role("button", name="Показать на 10 минут").click()
    expect(page.get_by_text("reveal.reason_missing")).to_be_visible()
    page.get_by_label("Номер дела или пояснение").fill("дело 77")
    page.get_by_role("button", name="Показать на 10 минут").click()
    expect(page.get_by_text(person.iin.digits)).to_be_visible()
    expect(page.get_by_text("показано: дело о мошенничестве")).to_be_visible()
    with house.service.look() as work:
        views = work.dossiers.views(person.subscriber_id, 10)
    assert views[0].reason == "fraud_case: дело 77"
    page.reload()
    expect(page.get_by_role("button", name="Показать: причина")).to_be_visible()
    expect(page.get_by_text(person.iin.digits)).to_have_count(0)


def test_the_owner_revokes_with_an_officer_by_the_code_on_their_phone(
    house: House, visit: Visits, owner: Owner, picture: Callable[[Page, str], object]
) -> None:
    """R9, R4, R10: final, live at once, the owner told."""
    page = holder_page(visit, owner)
    assert ocsp_status(house, owner.certificate) is ocsp.OCSPCertStatus.GOOD
    page.get_by_role("button", name="Отозвать…").click()
    page.get_by_text("больше не нужен").click()
    send_code(page)
    code = code_from_phone(house, owner)
    type_code(page, builders.wrong(code))
    page.get_by_role("button", name="Отозвать окончательно").click()
    expect(page.get_by_text("Осталось попыток: 2")).to_be_visible()
    expect(page.get_by_label("больше не нужен")).to_be_checked()
    picture(page, "wrong code")
    type_code(page, code)
    page.get_by_role("button", name="Отозвать окончательно").click()
    expect(page.get_by_text("OCSP уже отвечает «отозван»")).to_be_visible()
    assert ocsp_status(house, owner.certificate) is ocsp.OCSPCertStatus.REVOKED
    assert public_status(house, owner.certificate) == "revoked"
    expect(page.get_by_role("button", name="Отозвать…")).to_be_disabled()
    soon(lambda: was_told(house, owner, "revoked"), seconds=30)
    soon(lambda: is_listed(house, owner.certificate), seconds=60)
    picture(page, "revoked")


def test_two_officers_hold_and_the_owner_releases(house: House, visit: Visits, owner: Owner) -> None:
    """R10a: whoever asked may not agree."""
    first = holder_page(visit, owner)
    first.get_by_role("button", name="Приостановить…").click()
    first.get_by_label("Номер дела о мошенничестве").fill("дело 2026/77")
    first.get_by_label("Номер дела о мошенничестве").press("Tab")
    first.get_by_role("button", name="Предложить второму офицеру").click()
    expect(first.get_by_text("дело 2026/77")).to_be_visible()
    expect(first.get_by_role("button", name="Согласиться и выполнить")).to_be_disabled()
    assert public_status(house, owner.certificate) == "valid"
    second = holder_page(visit, owner, number=1, scheme="dark")
    second.get_by_role("button", name="Согласиться и выполнить").click()
    expect(second.get_by_text("приостановлен. Владельцу отправлено")).to_be_visible()
    assert public_status(house, owner.certificate) == "on_hold"
    second.get_by_role("button", name="Возобновить…").click()
    send_code(second)
    type_code(second, code_from_phone(house, owner))
    second.get_by_role("button", name="Возобновить", exact=True).click()
    expect(second.get_by_text("снова действует")).to_be_visible()
    assert public_status(house, owner.certificate) == "valid"


def test_the_law_revokes_with_two_officers_and_a_document(house: House, visit: Visits, owner: Owner) -> None:
    """R9: the exceptions."""
    first = holder_page(visit, owner)
    first.get_by_role("button", name="По закону…").click()
    expect(first.get_by_role("button", name="Предложить второму офицеру")).to_be_disabled()
    first.get_by_text("владелец умер").click()
    first.get_by_role("button", name="Предложить второму офицеру").click()
    expect(first.get_by_text("revoke.document_missing")).to_be_visible()
    first.get_by_label("Документ").fill("свидетельство 12-345")
    first.get_by_label("Документ").press("Tab")
    first.get_by_role("button", name="Предложить второму офицеру").click()
    expect(first.get_by_text("свидетельство 12-345")).to_be_visible()
    second = holder_page(visit, owner, number=1)
    expect(second.get_by_text("свидетельство 12-345")).to_be_visible()
    second.get_by_role("button", name="Согласиться и выполнить").click()
    expect(second.get_by_text("отозван по закону")).to_be_visible()
    assert public_status(house, owner.certificate) == "revoked"


def test_a_renewal_is_opened_here_and_issued_when_the_owners_key_signs(
    house: House, visit: Visits, owner: Owner
) -> None:
    """R8: an officer may only open it."""
    page = holder_page(visit, owner)
    page.get_by_role("button", name="Продлить…").click()
    page.get_by_role("button", name="Открыть продление").click()
    expect(page.get_by_text("Ждём подписи владельца")).to_be_visible()
    with house.service.look() as work:
        waiting = work.applications.open_for_certificate(owner.certificate.certificate_id, Kind.RENEWAL)
    assert waiting is not None
    expect(page.get_by_text(str(waiting.number)).first).to_be_visible()
    key = keys.key_for(house.service.settings, owner.certificate)
    assert key is not None
    assert _sign(house, waiting.number, key) == 200
    expect(page.get_by_text("Продлено: выпущен сертификат")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("→ продлён как").first).to_be_visible()
    assert public_status(house, owner.certificate) == "valid"


def _sign(house: House, number: ApplicationId, key: ec.EllipticCurvePrivateKey) -> int:
    signature = key.sign(renew.statement(number), ec.ECDSA(hashes.SHA256()))
    body = json.dumps({"signature": base64.b64encode(signature).decode()}).encode()
    asked = urllib.request.Request(
        f"{house.portal_url}/api/renewals/{number.digits}/signature",
        data=body,
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=5) as answer:
        return int(answer.status)


def test_a_reissue_gives_a_new_key_and_asks_about_the_old_one(
    house: House, visit: Visits, owner: Owner
) -> None:
    """R11: the old certificate is never revoked by itself."""
    page = holder_page(visit, owner)
    page.get_by_role("button", name="Перевыпустить…").click()
    request = builders.request(builders.new_key()).decode()
    field = page.get_by_role("textbox", name="Запрос на сертификат")
    field.fill(request)
    field.press("Control+Enter")
    page.get_by_text("утерян", exact=True).click()
    send_code(page)
    type_code(page, code_from_phone(house, owner))
    page.get_by_role("button", name="Перевыпустить", exact=True).click()
    expect(page.get_by_text("Выпущен новый сертификат")).to_be_visible(timeout=25_000)
    expect(page.get_by_text("Перевыпуск с новым ключом")).to_have_count(0)
    expect(page.get_by_text("reissue.already_replaced")).to_have_count(0)
    expect(page.get_by_text("прежний сертификат")).to_be_in_viewport()
    with page.expect_download() as download:
        page.get_by_role("button", name="Скачать сертификат (PEM)").click()
    fresh = x509.load_pem_x509_certificate(download.value.path().read_bytes())
    assert fresh.public_key() == x509.load_pem_x509_csr(request.encode()).public_key()
    page.get_by_role("button", name="Оставить").click()
    expect(page.get_by_text("Прежний сертификат оставлен")).to_be_visible()
    assert public_status(house, owner.certificate) == "valid"


def test_who_may_only_look_sees_why_the_acts_are_off(visit: Visits, owner: Owner) -> None:
    page = visit(Role.AUDITOR, owner.address, language="en")
    for name in ("Revoke…", "Renew…", "Reissue…", "Hold…", "By law…", "Show: reason…"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()


def test_an_analyst_cannot_open_a_holder(visit: Visits, owner: Owner) -> None:
    page = visit(Role.ANALYST, owner.address, language="en")
    expect(page.get_by_text("role.not_allowed")).to_be_visible()
    expect(page.get_by_text(owner.found.subscriber.iin.masked)).to_have_count(0)
