"""The public page and its JSON: never "valid" when it cannot know, no personal data."""

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ca_core.x509 import build
from ca_core.x509.build import Issuer
from runtime import authority
from tests.core.x509 import authorities
from tests.portal.conftest import House, Owned
from tests.runtime.conftest import iin


def verdict(page: str) -> str:
    return page.partition('data-verdict="')[2].partition('"')[0]


def of_serial(browser: httpx.Client, serial: str) -> dict[str, object]:
    answer = browser.get("/api/status", params={"serial": serial})
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def test_a_valid_certificate_is_valid_by_page_and_json(browser: httpx.Client, owned: Owned) -> None:
    hexadecimal = owned.record.serial.hex
    assert verdict(browser.get("/status", params={"serial": hexadecimal}).text) == "valid"
    found = of_serial(browser, hexadecimal)
    assert (found["status"], found["valid"], found["mobile_only"]) == ("valid", True, False)


def test_a_serial_may_have_colons_and_blanks(browser: httpx.Client, owned: Owned) -> None:
    written = ":".join(owned.record.serial.hex[i : i + 2].upper() for i in range(0, 40, 2))
    assert of_serial(browser, written)["status"] == "valid"
    assert of_serial(browser, owned.record.serial.grouped)["status"] == "valid"


def test_a_revoked_certificate_says_since_when_and_why(
    house: House, browser: httpx.Client, owned: Owned
) -> None:
    house.revoke(owned)
    found = of_serial(browser, owned.record.serial.hex)
    assert (found["status"], found["valid"], found["reason"]) == ("revoked", False, "key_compromise")
    assert str(found["since"]).endswith("Z")
    page = browser.get("/status", params={"serial": owned.record.serial.hex, "lang": "en"}).text
    assert verdict(page) == "revoked"
    assert "key lost or disclosed" in page


def test_a_held_certificate_is_not_valid(house: House, browser: httpx.Client, owned: Owned) -> None:
    house.hold(owned)
    found = of_serial(browser, owned.record.serial.hex)
    assert (found["status"], found["valid"]) == ("on_hold", False)


def test_a_serial_of_nobody_was_not_issued_by_us(browser: httpx.Client) -> None:
    found = of_serial(browser, "deadbeef")
    assert (found["status"], found["valid"], found["not_after"]) == ("not_issued", False, None)


@pytest.mark.parametrize("typed", ["", "xyz", "1" * 41])
def test_what_is_no_serial_is_refused_in_words(browser: httpx.Client, typed: str) -> None:
    answer = browser.get("/api/status", params={"serial": typed, "lang": "en"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "serial.invalid"
    assert answer.json()["next"]


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_the_certificate_itself_can_be_checked(
    browser: httpx.Client, owned: Owned, encoding: Encoding
) -> None:
    file = ("my.cer", owned.certificate.public_bytes(encoding), "application/pkix-cert")
    assert verdict(browser.post("/status", files={"file": file}).text) == "valid"


def test_a_pasted_certificate_can_be_checked(browser: httpx.Client, owned: Owned) -> None:
    assert verdict(browser.post("/status", data={"pem": owned.pem.decode()}).text) == "valid"


def test_of_a_foreign_certificate_we_cannot_know(browser: httpx.Client) -> None:
    foreign = authorities.pem(authorities.leaf())
    assert verdict(browser.post("/status", data={"pem": foreign.decode()}).text) == "cannot_know"


def test_a_certificate_that_borrows_our_name_is_not_ours(
    house: House, browser: httpx.Client, owned: Owned
) -> None:
    """Same issuer name and serial, another key: the fingerprint tells."""
    ours = authority.certificates(house.service.settings).issuing
    forger = Issuer(ours, authorities.authority().issuing.key, authorities.ISSUING_URLS)
    forged = build.sign(authorities.plan(serial=owned.record.serial.number), issuer=forger)
    page = browser.post("/status", data={"pem": authorities.pem(forged).decode()}).text
    assert verdict(page) == "not_issued"


def test_what_is_no_certificate_is_refused(browser: httpx.Client) -> None:
    answer = browser.post("/status", data={"pem": "-----BEGIN CERTIFICATE-----\nAAAA"})
    assert answer.status_code == 400
    assert "check.unreadable" in answer.text


def test_a_certificate_with_a_crafted_issuer_is_refused(browser: httpx.Client) -> None:
    crafted = authorities.der(authorities.leaf()).replace("Қолтаңба".encode(), b"\xff" * 16)
    answer = browser.post("/status", files={"file": ("my.cer", crafted, "application/pkix-cert")})
    assert answer.status_code == 400
    assert "check.unreadable" in answer.text


def test_a_serial_in_the_form_goes_to_an_address_of_its_own(browser: httpx.Client) -> None:
    answer = browser.post("/status", data={"serial": "dead:beef"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/status?serial=dead%3Abeef"


def test_nothing_personal_is_told(browser: httpx.Client, owned: Owned) -> None:
    """R14: neither name nor IIN nor phone of the owner."""
    page = browser.post("/status", data={"pem": owned.pem.decode()}).text
    for personal in ("ҮЛГІЕВ", "ДӘУРЕН", iin(1).digits, "7011234567"):
        assert personal not in page


@pytest.mark.parametrize(("language", "word"), [("ru", "Действителен"), ("kk", "Жарамды"), ("en", "Valid")])
def test_the_page_speaks_three_languages_and_remembers_the_choice(
    browser: httpx.Client, owned: Owned, language: str, word: str
) -> None:
    address = {"serial": owned.record.serial.hex, "lang": language}
    assert f">{word}<" in browser.get("/status", params=address).text
    assert browser.cookies["qoltanba_portal_lang"] == language
    assert f">{word}<" in browser.get("/status", params={"serial": owned.record.serial.hex}).text


def test_the_browsers_language_is_taken_when_nothing_was_chosen(browser: httpx.Client) -> None:
    page = browser.get("/", headers={"Accept-Language": "de, kk;q=0.8, ru;q=0.5"})
    assert '<html lang="kk"' in page.text
