"""The demo's phone: messages newest first, the code large, and a device that signs."""

import threading

import httpx
import pytest
from cryptography import x509

from ca_core.certificate import StorageKind
from ca_core.issuance import submit
from portal.pages import demo_phone
from runtime.demo import keys
from tests.portal.conftest import OFFICER, PHONE, House
from tests.runtime.conftest import iin

SMS = "Qoltanba: код {} (отзыв сертификата). Действует 3 мин."


def write(house: House, text: str, recipient: str = str(PHONE), medium: str = "sms") -> None:
    with house.service.work() as work:
        work.demo_messages.add(medium=medium, recipient=recipient, text=text, at=house.service.now())


def codes(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('data-code="')[1:]]


def test_messages_are_shown_newest_first_with_the_code_large(house: House, browser: httpx.Client) -> None:
    recipient = "77019990001"
    for code in ("111111", "222222"):
        write(house, SMS.format(code), recipient)
    page = browser.get("/demo/phone", params={"phone": "+7 701 999 00 01"}).text
    assert codes(page) == ["222222", "111111"]
    assert "SPECIMEN" in page


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SMS.format("012345"), "012345"),
        ("Qoltanba: вам выдан сертификат ЭЦП …123456 по заявке 1234-5678-901.", ""),
        ("Call 1414. Until 22.11.2026", ""),
        ("Put it on hold: http://127.0.0.1:8080/not-me/a-123456", ""),
    ],
)
def test_only_a_code_is_shown_large(text: str, code: str) -> None:
    assert demo_phone._code(text) == code


def test_a_link_of_a_message_leads_where_it_says_and_text_is_never_markup(
    house: House, browser: httpx.Client
) -> None:
    write(house, "<b>See</b> http://127.0.0.1:8080/not-me/abc_-.", "d@example.kz", "email")
    page = browser.get("/demo/phone", params={"phone": "D@example.kz"}).text
    assert '<a href="http://127.0.0.1:8080/not-me/abc_-">' in page
    assert "<b>See" not in page


def test_what_is_no_phone_is_refused_in_words(browser: httpx.Client) -> None:
    answer = browser.get("/demo/phone", params={"phone": "12"})
    assert (answer.status_code, "phone.invalid" in answer.text) == (400, True)


def test_a_new_message_is_told_to_the_open_page(house: House, browser: httpx.Client) -> None:
    recipient = "77019990002"
    write(house, SMS.format("333333"), recipient)
    with browser.stream("GET", "/demo/phone/changes", params={"phone": recipient}) as news:
        told = (int(line.removeprefix("data: ")) for line in news.iter_lines() if line.startswith("data: "))
        first = next(told)
        threading.Timer(0.2, write, (house, SMS.format("444444"), recipient)).start()
        assert next(told) > first


def test_the_device_makes_a_key_and_later_signs_with_it(house: House, browser: httpx.Client) -> None:
    """R8: a renewal is issued when the owner's certified key signs its number."""
    page = browser.post("/demo/phone", data={"act": "make", "phone": ""}).text
    pem = page.partition("data-csr>")[2].partition("</textarea>")[0]
    with house.service.work() as work:
        wanted = submit.with_request(
            work, actor=OFFICER, iin=iin(1), raw_request=pem.encode(), storage=StorageKind.FILE,
            now=house.service.now(),
        )  # fmt: skip
    (outcome,) = house.issuing.batch([wanted.number])
    assert outcome.certificate is not None
    opened = house.open_renewal(house.owned_of(outcome.certificate))
    answer = browser.post("/demo/phone", data={"act": "sign", "phone": "", "number": str(opened.number)})
    assert f'data-signed="{opened.number}"' in answer.text
    (renewed,) = house.issuing.batch([opened.number])
    assert renewed.certificate is not None
    assert renewed.certificate.key_id == outcome.certificate.key_id


def test_the_device_cannot_sign_for_a_key_that_it_has_not(house: House, browser: httpx.Client) -> None:
    opened = house.open_renewal(house.issue())
    answer = browser.post("/demo/phone", data={"act": "sign", "number": opened.number.digits})
    assert "demo.no_key" in answer.text


def test_a_request_of_the_device_is_a_certification_request(house: House) -> None:
    made = keys.make(house.service.settings)
    assert x509.load_pem_x509_csr(made.csr_pem.encode()).is_signature_valid
