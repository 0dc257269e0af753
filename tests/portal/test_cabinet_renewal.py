"""A renewal in the cabinet, from the button to the key's file, left and taken up again at every stage (F8, R8)."""

import base64
import itertools
from collections.abc import Iterator

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ca_core.application import Application
from ca_core.certificate import StorageKind
from ca_core.issuance import renew
from tests.portal.conftest import House, Owned
from tests.portal.owners import Owner, owner, refused_as


@pytest.fixture
def signed_in(house: House) -> Iterator[Owner]:
    with owner(house) as one:
        one.sign_in()
        yield one


def address(owned: Owned, act: str = "") -> str:
    return f"/certificates/{owned.record.serial.hex}{act}"


def opened(somebody: Owner, mine: Owned) -> Application:
    assert somebody.press(address(mine, "/renew")).status_code == 303
    with somebody.house.service.look() as work:
        (found,) = [
            one
            for one in work.applications.of_subscriber(mine.record.subscriber_id)
            if one.previous_certificate_id
        ]
    return found


def sign(somebody: Owner, mine: Owned, wanted: Application) -> None:
    signature = mine.key.sign(renew.statement(wanted.number), ec.ECDSA(hashes.SHA256()))
    body = {"signature": base64.b64encode(signature).decode()}
    path = f"/api/renewals/{wanted.number.digits}/signature"
    assert somebody.browser.post(path, json=body).status_code == 200


def renewed(somebody: Owner, mine: Owned) -> Owned:
    wanted = opened(somebody, mine)
    sign(somebody, mine, wanted)
    return somebody.house._carried_out(wanted, mine.key)


def stage(somebody: Owner, mine: Owned) -> dict[str, object]:
    answer = somebody.page(f"/renewals/{mine.record.serial.hex}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def say_taken(somebody: Owner, second: Owned) -> httpx.Response:
    return somebody.browser.post("/cabinet/renewals/taken", json={"serial": second.record.serial.hex})


def test_each_stage_is_shown_where_it_was_left(signed_in: Owner) -> None:
    mine = signed_in.issue()
    page = address(mine, "/renew")
    assert stage(signed_in, mine) == {"stage": "none"}
    wanted = opened(signed_in, mine)
    assert stage(signed_in, mine) == {"stage": "opened"}
    assert 'data-stage="opened"' in signed_in.page(page).text
    assert "ждёт подписи вашим ключом" in signed_in.page().text
    sign(signed_in, mine, wanted)
    assert stage(signed_in, mine) == {"stage": "signed"}
    assert 'data-stage="signed"' in signed_in.page(page).text
    assert f"Продление {wanted.number} подписано" in signed_in.page().text
    second = signed_in.house._carried_out(wanted, mine.key)
    assert 'data-stage="issued"' in signed_in.page(page).text
    listed = signed_in.page().text
    assert (listed.count("В файле ключа его ещё нет"), "подписано" in listed) == (1, False)
    assert f'href="/cabinet{page}"' in signed_in.page(address(second)).text
    assert say_taken(signed_in, second).json() == {"next": f"/cabinet{address(second)}?done=taken"}
    assert stage(signed_in, mine) == {"stage": "taken"}
    assert "Продлённый сертификат записан" in signed_in.page(address(second), done="taken").text
    assert "В файле ключа его ещё нет" not in signed_in.page().text
    led = signed_in.page(page)
    assert (led.status_code, led.headers["location"]) == (303, f"/cabinet{address(second)}")


def test_the_page_is_handed_the_chain_of_the_renewed_certificate(signed_in: Owner) -> None:
    mine = signed_in.issue()
    second = renewed(signed_in, mine)
    told = stage(signed_in, mine)
    assert (told["stage"], told["serial"]) == ("issued", second.record.serial.hex)
    chain = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in told["chain"]]  # type: ignore[attr-defined]
    assert chain[0] == second.certificate
    assert chain[0].public_key() == mine.certificate.public_key()
    for issued, issuer in itertools.pairwise(chain):
        issued.verify_directly_issued_by(issuer)
    assert len(chain) == 3


def test_said_twice_it_is_taken_once(signed_in: Owner) -> None:
    second = renewed(signed_in, signed_in.issue())
    assert [say_taken(signed_in, second).status_code for _ in range(2)] == [200, 200]
    with signed_in.house.service.look() as work:
        found = work.certificates.by_serial(second.record.serial)
    assert found is not None
    assert (found.state.name, found.accepted_at is not None) == ("ACCEPTED", True)


def test_nobody_else_sees_or_takes_it(signed_in: Owner, house: House) -> None:
    mine = signed_in.issue()
    second = renewed(signed_in, mine)
    path = f"/cabinet/renewals/{mine.record.serial.hex}"
    said = {"serial": second.record.serial.hex}
    with house.browser as nobody:
        for answer in (nobody.get(path), nobody.post("/cabinet/renewals/taken", json=said)):
            assert (answer.status_code, answer.json()["code"]) == (403, "cabinet.signed_out")
    with owner(house) as stranger:
        stranger.sign_in()
        for answer in (stranger.browser.get(path), say_taken(stranger, second)):
            assert (answer.status_code, answer.json()["code"]) == (404, "certificate.unknown")
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert signed_in.browser.post("/cabinet/renewals/taken", json=said, headers=foreign).status_code == 403
    assert stage(signed_in, mine)["stage"] == "issued"


def test_what_is_no_renewed_certificate_is_refused_in_json(signed_in: Owner) -> None:
    mine = signed_in.issue()
    bodies: tuple[object, ...] = ({}, [], {"serial": 7}, {"serial": None})
    for body in bodies:
        answer = signed_in.browser.post("/cabinet/renewals/taken", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "portal.400")
    for serial, code in ((mine.record.serial.hex, "renew.not_a_renewal"), ("xyz", "serial.invalid")):
        answer = signed_in.browser.post("/cabinet/renewals/taken", json={"serial": serial})
        assert answer.json()["code"] == code
        assert answer.json()["next"]


def test_one_that_was_revoked_meanwhile_is_not_taken(signed_in: Owner, house: House) -> None:
    mine = signed_in.issue()
    second = renewed(signed_in, mine)
    house.revoke(second)
    assert stage(signed_in, mine) == {"stage": "over"}
    assert say_taken(signed_in, second).json()["code"] == "life.transition_refused"
    assert "В файле ключа его ещё нет" not in signed_in.page().text
    assert refused_as(signed_in.page(address(mine, "/renew"))) == "renew.already_used"


def test_a_key_that_is_in_no_file_is_renewed_elsewhere_and_the_list_says_where(signed_in: Owner) -> None:
    """R6: no dead end: what an officer opened for it waits for its signature at the key's own place."""
    token = signed_in.issue(StorageKind.USB_TOKEN)
    assert "Обратитесь в ЦОН и возьмите устройство с собой." in signed_in.page().text
    assert address(token, "/renew") not in signed_in.page(address(token)).text
    assert refused_as(signed_in.page(address(token, "/renew"))) == "renew.key_elsewhere"
    assert refused_as(signed_in.press(address(token, "/renew"))) == "renew.key_elsewhere"
    wanted = signed_in.house.open_renewal(token)
    assert "Ключ на устройстве" in signed_in.page().text
    assert address(token, "/renew") not in signed_in.page().text
    sign(signed_in, token, wanted)
    second = signed_in.house._carried_out(wanted, token.key)
    assert second.record.serial.hex in signed_in.page().text
    assert address(token, "/renew") not in signed_in.page().text
