"""The owner's certified key signs the application's number (R8)."""

import base64
import json

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ca_core.application import Application
from ca_core.issuance import renew
from tests.portal.conftest import House, Owned


def post(browser: httpx.Client, opened: Application, signature: bytes) -> httpx.Response:
    body = json.dumps({"signature": base64.b64encode(signature).decode()})
    return browser.post(f"/api/renewals/{opened.number.digits}/signature", content=body)


def signed(owned: Owned, opened: Application) -> bytes:
    return owned.key.sign(renew.statement(opened.number), ec.ECDSA(hashes.SHA256()))


def test_the_owners_signature_submits_the_renewal_and_twice_is_no_error(
    house: House, browser: httpx.Client, owned: Owned
) -> None:
    opened = house.open_renewal(owned)
    for _ in range(2):
        answer = post(browser, opened, signed(owned, opened))
        assert answer.status_code == 200
        assert answer.json() == {"number": opened.number.digits, "state": "submitted"}


def test_another_key_is_refused(house: House, browser: httpx.Client, owned: Owned) -> None:
    opened = house.open_renewal(owned)
    answer = post(browser, opened, signed(house.issue(), opened))
    assert answer.status_code == 403
    assert answer.json()["code"] == "renew.signature_invalid"


def test_an_unknown_or_wrong_number_is_refused_in_words(browser: httpx.Client) -> None:
    unknown = browser.post("/api/renewals/10000000005/signature", json={"signature": ""})
    assert unknown.json()["code"] in ("application.unknown", "application_id.invalid")
    wrong = browser.post("/api/renewals/123/signature", json={"signature": ""})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "application_id.invalid")
    assert wrong.json()["text"]
    assert wrong.json()["next"]


def test_what_is_no_json_is_refused(house: House, browser: httpx.Client, owned: Owned) -> None:
    number = house.open_renewal(owned).number.digits
    for body in (b"", b"[]", b'{"signature": 7}', b'{"signature": "***"}', b"[" * 20_000):
        answer = browser.post(f"/api/renewals/{number}/signature", content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "portal.400")
