"""/verify by HTTP: who signed a file, and never "good" when we cannot know (F8)."""

import base64

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from portal.pages import verify
from tests.core.x509 import authorities
from tests.core.x509.signed_files import DOCUMENT
from tests.core.x509.signed_files import signed as by_openssl
from tests.portal.conftest import House, Owned
from tests.runtime.conftest import iin


def signed(owned: Owned, *switches: str, detached: bool = False) -> bytes:
    return by_openssl((owned.certificate, owned.key), detached=detached, switches=switches)


def sent(browser: httpx.Client, raw: bytes, document: bytes | None = None, **asked: str) -> httpx.Response:
    files = {"file": ("signed.p7s", raw, "application/octet-stream")}
    if document is not None:
        files["document"] = ("contract.pdf", document, "application/octet-stream")
    return browser.post("/verify", files=files, params=asked)


def trust(page: httpx.Response) -> str:
    assert page.status_code == 200
    return page.text.partition('data-trust="')[2].partition('"')[0]


def cause(page: httpx.Response) -> str:
    return page.text.partition('data-cause="')[2].partition('"')[0]


def test_a_signed_file_of_ours_is_good(browser: httpx.Client, owned: Owned) -> None:
    page = sent(browser, signed(owned), lang="en")
    assert (trust(page), cause(page)) == ("good", "none")
    assert "ҮЛГІЕВ" in page.text
    assert iin(1).digits not in page.text
    assert "The signer&#39;s own word" in page.text


def test_whose_name_a_bad_file_bears_is_what_the_file_says(browser: httpx.Client, owned: Owned) -> None:
    """Anybody can put another person's certificate beside a signature of nobody."""
    said = "so the file says; we do not confirm it"
    assert said not in sent(browser, signed(owned), lang="en").text
    changed = sent(browser, signed(owned).replace(b"Contract", b"Kontrakt"), lang="en")
    assert (cause(changed), said in changed.text) == ("altered", True)


def test_detached_with_its_document_without_it_and_with_another(browser: httpx.Client, owned: Owned) -> None:
    raw = signed(owned, detached=True)
    assert trust(sent(browser, raw, DOCUMENT)) == "good"
    assert trust(sent(browser, raw)) == "cannot_know"
    assert (trust(sent(browser, raw, b"other")), cause(sent(browser, raw, b"other"))) == ("bad", "altered")


def test_revoked_since_cannot_be_known(house: House, browser: httpx.Client, owned: Owned) -> None:
    raw = signed(owned, "-noattr")
    house.revoke(owned)
    page = sent(browser, raw)
    assert (trust(page), cause(page)) == ("cannot_know", "time_unproven")


def test_held_is_not_good(house: House, browser: httpx.Client, owned: Owned) -> None:
    raw = signed(owned, "-noattr")
    house.hold(owned)
    assert trust(sent(browser, raw)) == "cannot_know"


def test_of_a_foreign_signature_we_cannot_know(browser: httpx.Client) -> None:
    foreign = authorities.leaf()
    raw = by_openssl((foreign, authorities.key(authorities.KeyKind.EC_P256)))
    page = sent(browser, raw)
    assert (trust(page), cause(page)) == ("cannot_know", "not_ours")


def test_pasted_text_is_read_as_key_programs_hand_it_over(browser: httpx.Client, owned: Owned) -> None:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(DOCUMENT)
    builder = builder.add_signer(owned.certificate, owned.key, hashes.SHA256())
    raw = builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    page = browser.post("/verify", data={"text": base64.encodebytes(raw).decode()})
    assert trust(page) == "good"


@pytest.mark.parametrize(
    ("raw", "code", "status"),
    [
        (b"", "verify.file_missing", 400),
        (b"hello", "signed_file.unreadable", 400),
        (b"\x30\x80" * 9000, "signed_file.unreadable", 400),
        (authorities.der(authorities.leaf()), "signed_file.unreadable", 400),
        (pkcs7.serialize_certificates([authorities.leaf()], Encoding.DER), "signed_file.unsigned", 400),
        (b"0" * (10 * 1024 * 1024 + 1), "signed_file.too_large", 413),
        (b"0" * (21 * 1024 * 1024), "portal.413", 413),
    ],
    ids=["nothing", "text", "nested", "certificate", "bag", "11 MB", "21 MB"],
)
def test_what_cannot_be_read_is_refused_in_words(
    browser: httpx.Client, raw: bytes, code: str, status: int
) -> None:
    answer = sent(browser, raw)
    assert (answer.status_code, code in answer.text) == (status, True)


def test_a_document_beyond_the_limit_is_refused(browser: httpx.Client, owned: Owned) -> None:
    answer = sent(browser, signed(owned, detached=True), bytes(10 * 1024 * 1024 + 1))
    assert (answer.status_code, "signed_file.too_large" in answer.text) == (413, True)


def test_nine_megabytes_pass_the_door(browser: httpx.Client, owned: Owned) -> None:
    document = bytes(9 * 1024 * 1024)
    raw = by_openssl((owned.certificate, owned.key), document=document, switches=("-stream",))
    assert trust(sent(browser, raw)) == "good"


def test_a_name_in_a_file_cannot_dress_up_as_our_page() -> None:
    assert verify._plain("Valid\u202e\n\x00 ✓  yes" + "x" * 500) == ("Valid ✓ yes" + "x" * 500)[:120]


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_the_page_speaks_three_languages(browser: httpx.Client, owned: Owned, language: str) -> None:
    page = sent(browser, signed(owned), lang=language)
    assert f'<html lang="{language}"' in page.text
    assert trust(page) == "good"
