"""The answer "it was not me": a link of a message puts a certificate on hold, once, and nothing else."""

import httpx

from ca_core.registration import not_me
from tests.portal.conftest import House, Owned


def link(house: House, owned: Owned) -> str:
    with house.service.work() as work:
        token = not_me.make(work, serial=owned.record.serial, now=house.service.now())
    return f"/not-me/{token}"


def status(browser: httpx.Client, owned: Owned) -> str:
    return str(browser.get("/api/status", params={"serial": owned.record.serial.hex}).json()["status"])


def test_following_the_link_says_what_will_happen_and_does_nothing(
    house: House, browser: httpx.Client, owned: Owned
) -> None:
    """Mail programs follow links by themselves."""
    page = browser.get(link(house, owned))
    assert page.status_code == 200
    assert owned.record.serial.hex[-6:] in page.text
    assert owned.record.serial.hex not in page.text
    assert status(browser, owned) == "valid"


def test_the_owners_button_holds_at_once(house: House, browser: httpx.Client, owned: Owned) -> None:
    """R10a, R14."""
    address = link(house, owned)
    answer = browser.post(address)
    assert answer.status_code == 200
    assert status(browser, owned) == "on_hold"
    again = browser.post(address)
    assert (again.status_code, "not_me.used" in again.text) == (410, True)


def test_a_certificate_that_is_held_already_is_told_kindly_and_the_link_stays(
    house: House, browser: httpx.Client, owned: Owned
) -> None:
    address = link(house, owned)
    house.hold(owned)
    for answer in (browser.get(address), browser.post(address)):
        assert answer.status_code == 409
        assert "hold.not_valid" in answer.text


def test_a_revoked_certificate_is_told_kindly(house: House, browser: httpx.Client, owned: Owned) -> None:
    address = link(house, owned)
    house.revoke(owned)
    assert browser.get(address).status_code == 409


def test_a_guessed_link_is_unknown(browser: httpx.Client) -> None:
    answer = browser.get("/not-me/guessed")
    assert (answer.status_code, "not_me.unknown" in answer.text) == (404, True)


def test_a_form_of_another_site_cannot_press_the_button(
    house: House, browser: httpx.Client, owned: Owned
) -> None:
    address = link(house, owned)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert browser.post(address, headers=headers).status_code == 403
    assert status(browser, owned) == "valid"
