"""A relying party, and an owner with a phone: the portal's pages in a real browser, in real processes."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from ca_core import roles
from ca_core.application import Application
from ca_core.certificate import Certificate, Kind, StorageKind
from ca_core.issuance import renew
from ca_core.lifecycle import CertificateState
from ca_core.registration import not_me
from data import certificates
from data.schema import certificate as table
from tests.journeys.conftest import House, Visits

OFFICER = roles.Actor("Officer", roles.Role.RA_OFFICER, roles.Door.CONSOLE, 1)


def renewable(house: House, position: int) -> Certificate:
    """A valid first certificate in a file, of the demo; each test takes another one."""
    with house.service.look() as work:
        row = work.connection.execute(
            select(table)
            .where(
                table.c.state == int(CertificateState.ACCEPTED),
                table.c.kind == int(Kind.NEW),
                table.c.storage == int(StorageKind.FILE),
                table.c.not_after > house.service.now(),
                table.c.certificate_id.not_in(
                    select(table.c.previous_id).where(table.c.previous_id.is_not(None))
                ),
            )
            .order_by(table.c.not_before.desc(), table.c.certificate_id)
            .offset(position)
            .limit(1)
        ).one()
    return certificates.of_row(row)


def portal(visit: Visits, path: str, *, scheme: str = "light") -> Page:
    """A phone held in one hand."""
    page = visit(width=390, height=844, scheme=scheme)
    page.goto(visit.house.portal_url + path)
    return page


def verdict(page: Page) -> str:
    return page.locator("[data-verdict]").get_attribute("data-verdict") or ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_certificate_is_checked_by_its_serial_and_by_its_file(
    house: House, visit: Visits, scheme: str
) -> None:
    found = renewable(house, 0)
    page = portal(visit, "/", scheme=scheme)
    page.get_by_role("link", name="Проверить сертификат").click()
    page.get_by_label("Серийный номер").fill(found.serial.grouped)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Действителен", exact=True)).to_be_visible()
    page.get_by_role("link", name="kk", exact=True).click()
    expect(page.get_by_role("heading", name="Жарамды", exact=True)).to_be_visible()
    with house.service.look() as work:
        der = work.certificates.der(found.certificate_id)
    assert der is not None
    file = {"name": "my.cer", "mimeType": "application/pkix-cert", "buffer": der}
    page.get_by_label("Сертификат файлы").set_input_files(files=[file])
    page.get_by_role("button", name="Сертификатты тексеру").click()
    assert verdict(page) == "valid"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_owner_stops_a_certificate_that_they_did_not_ask_for(house: House, visit: Visits) -> None:
    """R14, R10a: from the link of the message to certificateHold; the phone is told."""
    found = renewable(house, 0)
    with house.service.work() as work:
        token = not_me.make(work, serial=found.serial, now=house.service.now())
    page = portal(visit, f"/not-me/{token}")
    page.get_by_role("button", name="Это не я: приостановить").click()
    expect(page.get_by_role("heading", name="Сертификат приостановлен")).to_be_visible()
    page.goto(f"{house.portal_url}/status?serial={found.serial.hex}")
    assert verdict(page) == "on_hold"
    page.goto(f"{house.portal_url}/demo/phone")
    expect(page.locator("[data-live]")).to_contain_text(f"…{found.serial.hex[-6:]}")


def test_the_owners_device_signs_a_renewal_and_the_new_certificate_is_told_of(
    house: House, visit: Visits
) -> None:
    """R8: the officer opens it, the owner's key signs, the job runner issues, the phone shows the message."""
    opened = opened_renewal(house)
    page = portal(visit, "/demo/phone")
    page.get_by_label("Номер заявки на продление").fill(str(opened.number))
    page.get_by_role("button", name="Подписать ключом владельца").click()
    expect(page.locator("[data-signed]")).to_be_visible()
    told = re.compile(rf"{opened.number}.*/not-me/", re.DOTALL)
    expect(page.locator("[data-live] article", has_text=told).first).to_be_visible(timeout=30_000)


def opened_renewal(house: House) -> Application:
    found = renewable(house, 1)
    with house.service.work() as work:
        return renew.open_for_owner(work, actor=OFFICER, serial=found.serial, now=house.service.now())
