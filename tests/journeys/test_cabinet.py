"""An owner in the cabinet, in a real browser: by the phone's code or with the key; holds, ends, renews."""

import contextlib
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from playwright.sync_api import Page, TimeoutError, expect
from sqlalchemy import select

from ca_core.certificate import Certificate, Kind, StorageKind
from ca_core.identifiers import Iin, Phone
from ca_core.lifecycle import CertificateState
from data import certificates, schema
from data.schema import certificate as table
from runtime.demo import keys
from tests.core.x509 import authorities
from tests.core.x509.signed_files import signed
from tests.journeys.axe import Axe
from tests.journeys.conftest import House, Visits

PASSWORD = "Tulpar7arystan"
NEW_PASSWORD = "Sunqar8tugan"


def somebody(house: House, *, position: int = 0) -> tuple[Iin, Phone, Certificate]:
    """A person of the demo with a phone in the BMG and a valid first certificate in a file; each test its own."""
    query = (
        select(table, schema.bmg.c.iin, schema.bmg.c.phone)
        .join(schema.subscriber, schema.subscriber.c.subscriber_id == table.c.subscriber_id)
        .join(schema.bmg, schema.bmg.c.iin == schema.subscriber.c.iin)
        .where(
            table.c.state == int(CertificateState.ACCEPTED),
            table.c.storage == int(StorageKind.FILE),
            table.c.mobile_only == 0,
            table.c.kind == int(Kind.NEW),
            table.c.certificate_id.not_in(
                select(table.c.previous_id).where(table.c.previous_id.is_not(None))
            ),
            table.c.not_after > house.service.now(),
        )
        .order_by(table.c.not_before, table.c.certificate_id)
        .offset(position)
        .limit(1)
    )
    with house.service.look() as work:
        row = work.connection.execute(query).one()
    return Iin.of(row.iin), Phone.of(row.phone), certificates.of_row(row)


def code_of(visit: Visits, phone: Phone) -> str:
    """As the owner reads it on the demo phone. Codes for different acts do not wait for one another (R4)."""
    handset = visit(width=390, height=844)
    handset.goto(f"{visit.house.portal_url}/demo/phone?phone={phone.digits}")
    shown = handset.locator("[data-code]").first
    shown.wait_for(timeout=30_000)
    code = shown.get_attribute("data-code") or ""
    handset.close()
    return code


def sign_in(visit: Visits, page: Page, iin: Iin, phone: Phone) -> None:
    page.goto(f"{visit.house.portal_url}/")
    page.get_by_role("link", name="Личный кабинет").click()
    page.get_by_label("Ваш ИИН").fill(iin.digits)
    page.get_by_role("button", name="Получить код").click()
    page.get_by_label("Шесть цифр").fill(code_of(visit, phone))
    page.get_by_role("button", name="Войти").click()
    expect(page.get_by_role("heading", name="Мои сертификаты")).to_be_visible()


def state(page: Page) -> str:
    return page.locator("[data-status]").first.get_attribute("data-status") or ""


@pytest.mark.timeout(300)
def test_the_owner_stops_lifts_and_ends_a_certificate(house: House, visit: Visits, axe: Axe) -> None:
    """F8, R9, R10, R10a; with one thumb, on a telephone."""
    iin, phone, found = somebody(house)
    page = visit(width=390, height=844)
    sign_in(visit, page, iin, phone)
    axe.look(page, "cabinet")
    page.locator(f"[data-serial='{found.serial.hex}']").get_by_role("link", name="Подробнее").click()
    assert state(page) == "valid"
    axe.look(page, "cabinet, a certificate")

    page.get_by_role("link", name="Это получал не я").click()
    axe.look(page, "cabinet, not me")
    page.get_by_role("button", name="Это не я: приостановить").click()
    expect(page.locator("[data-status=on_hold]")).to_be_visible()
    axe.look(page, "cabinet, on hold")

    page.get_by_role("link", name="Снять приостановку").click()
    page.get_by_role("button", name="Получить код").click()
    axe.look(page, "cabinet, a code to lift the hold")
    page.get_by_label("Шесть цифр").fill(code_of(visit, phone))
    page.get_by_role("button", name="Снять приостановку").click()
    expect(page.locator("[data-status=valid]")).to_be_visible()

    page.get_by_role("link", name="Отозвать").click()
    page.get_by_label("Ключ потерян или украден").check()
    axe.look(page, "cabinet, a reason to revoke")
    page.get_by_role("button", name="Получить код").click()
    page.get_by_label("Шесть цифр").fill(code_of(visit, phone))
    page.get_by_role("button", name="Отозвать навсегда").click()
    expect(page.locator("[data-status=revoked]")).to_be_visible()
    axe.look(page, "cabinet, revoked")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_role("button", name="Выйти").click()
    expect(page.get_by_text("Вы вышли из кабинета.")).to_be_visible()
    page.goto(f"{house.portal_url}/cabinet/certificates/{found.serial.hex}")
    expect(page.get_by_label("Ваш ИИН")).to_be_visible()


def key_file(house: House, found: Certificate) -> Path:
    """The owner's key and certificate as a file in a folder of theirs."""
    with house.service.look() as work:
        der = work.certificates.der(found.certificate_id)
    key = keys.key_for(house.service.settings, found)
    assert der is not None
    assert key is not None
    file = house.home / "Documents" / "key.p12"
    closed = BestAvailableEncryption(PASSWORD.encode())
    certificate = x509.load_der_x509_certificate(der)
    file.write_bytes(pkcs12.serialize_key_and_certificates(None, key, certificate, None, closed))
    return file


def waiting_dialog(house: House, page: Page) -> Page:
    """The dialog that the key program lists on its own page, as where it could open no browser."""
    dialog = page.context.new_page()
    listed = dialog.locator("a[href^='/dialog/']")
    for _ in range(20):
        dialog.goto(f"http://127.0.0.1:{house.service.settings.keyagent_port}/")
        if listed.count():
            break
        dialog.wait_for_timeout(250)
    listed.click()
    return dialog


def allow(dialog: Page) -> None:
    """Its button rests a moment when the window comes to the front, and a click of that moment is nobody's answer."""
    button, answered = (
        dialog.get_by_role("button", name="Разрешить"),
        dialog.get_by_role("link", name="Documents"),
    )
    for _ in range(5):
        with contextlib.suppress(AssertionError, TimeoutError):
            button.or_(answered).wait_for()
            if button.is_visible():
                button.click(timeout=4000)
            return expect(answered).to_be_visible(timeout=4000)
    return expect(answered).to_be_visible()


def opened_dialog(page: Page, button: str) -> Page:
    """The dialog that our page opens beside itself."""
    with page.context.expect_page() as opened:
        page.get_by_role("button", name=button).click()
    return opened.value


def serial_in(file: Path, password: str) -> int:
    found = pkcs12.load_pkcs12(file.read_bytes(), password.encode()).cert
    assert found is not None
    return found.certificate.serial_number


def renewed_file_is_judged(house: House, old: Certificate, file: Path) -> None:
    """By openssl: the renewed certificate over the same key, under the password that the file had; and it is taken."""
    with house.service.look() as work:
        (renewed,) = work.certificates.following(old.certificate_id)
        before = work.certificates.der(old.certificate_id)
    assert renewed.accepted_at is not None
    assert before is not None
    opened = ["openssl", "pkcs12", "-in", str(file), "-passin", f"pass:{NEW_PASSWORD}", "-noenc"]
    told = subprocess.run(opened, capture_output=True, timeout=30, check=True).stdout
    leaf, *above = x509.load_pem_x509_certificates(told)
    assert (leaf.serial_number, len(above)) == (renewed.serial.number, 2)
    key = serialization.load_pem_private_key(told[told.index(b"-----BEGIN PRIVATE") :], None).public_key()
    assert key == leaf.public_key() == x509.load_der_x509_certificate(before).public_key()


@pytest.mark.timeout(300)
def test_the_key_opens_the_cabinet_changes_its_password_and_renews(
    house: House, visit: Visits, axe: Axe
) -> None:
    """F8, R8, R15: by the key agent itself; no password is typed into a page of the portal."""
    _, _, found = somebody(house, position=1)
    file = key_file(house, found)
    page = visit()
    page.goto(f"{house.portal_url}/cabinet")
    page.get_by_role("button", name="Войти с ключом").click()
    dialog = waiting_dialog(house, page)
    allow(dialog)
    dialog.get_by_role("link", name="Documents").click()
    axe.look(dialog, "the key program: a file")
    dialog.get_by_role("button", name="Выбрать файл").click()
    # What the person reads before signing: who asks, and which site the signature opens.
    expect(dialog.locator(".asker")).to_contain_text(house.portal_url)
    expect(dialog.locator("pre")).to_contain_text(house.portal_url)
    axe.look(dialog, "the key program: what is signed")
    dialog.get_by_label("Пароль ключа").fill(PASSWORD)
    dialog.get_by_role("button", name="Подписать").click()
    card = page.locator(f"[data-serial='{found.serial.hex}']")
    expect(card).to_be_visible()
    axe.look(dialog, "the key program: done")

    page.get_by_role("link", name="Пароль ключа").click()
    axe.look(page, "cabinet, the key's password")
    dialog = opened_dialog(page, "Сменить пароль")
    axe.look(dialog, "the key program: another password")
    dialog.get_by_label("Нынешний пароль").fill(PASSWORD)
    dialog.get_by_label("Новый пароль", exact=True).fill(NEW_PASSWORD)
    dialog.get_by_label("Новый пароль ещё раз").fill(NEW_PASSWORD)
    dialog.get_by_role("button", name="Сменить пароль").click()
    expect(page.get_by_text("Пароль изменён: ~/Documents/key.p12")).to_be_visible()
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_pkcs12(file.read_bytes(), PASSWORD.encode())

    page.get_by_role("link", name="Сертификаты", exact=True).click()
    card.get_by_role("link", name="Подробнее").click()
    page.get_by_role("link", name="Продлить на год").click()
    page.get_by_role("button", name="Открыть продление").click()
    axe.look(page, "cabinet, a renewal to sign")
    dialog = opened_dialog(page, "Подписать ключом")
    dialog.get_by_label("Пароль ключа").fill(NEW_PASSWORD)
    with page.context.expect_page(timeout=60_000) as next_dialog:
        dialog.get_by_role("button", name="Подписать").click()
    dialog = next_dialog.value
    expect(dialog.get_by_role("heading")).to_have_text("Записать продлённый сертификат в файл ключа")
    axe.look(dialog, "the key program: the renewed certificate")
    # The page is closed here, and another day the list leads to what is left.
    dialog.get_by_role("button", name="Отмена").click()
    expect(page.get_by_text("Вы отменили, файл не изменён.")).to_be_visible()
    assert serial_in(file, NEW_PASSWORD) == found.serial.number
    page.goto(f"{house.portal_url}/cabinet")
    axe.look(page, "cabinet, a renewed certificate to put into the file")
    page.get_by_role("link", name="Записать в файл ключа").click()
    dialog = opened_dialog(page, "Записать в файл ключа")
    dialog.get_by_label("Пароль ключа").fill(NEW_PASSWORD)
    dialog.get_by_role("button", name="Записать").click()
    expect(page.get_by_text("Продлённый сертификат записан в файл ключа.")).to_be_visible()
    renewed_file_is_judged(house, found, file)
    page.get_by_role("link", name="Сертификаты", exact=True).click()
    expect(card).to_be_visible()
    expect(page.locator(".card .note")).to_have_count(0)
    dialog.goto(f"http://127.0.0.1:{house.service.settings.keyagent_port}/")
    axe.look(dialog, "the key program: its own page")


def test_a_file_is_chosen_by_keyboard_and_named_in_the_pages_language(house: House, visit: Visits) -> None:
    """The browser speaks another language than the page; what is too large is never sent."""
    page = visit(width=390, height=844)
    # Chromium keeps its dialog from the screen only some time after it was first asked to.
    page.on("filechooser", lambda _: None)
    page.goto(f"{house.portal_url}/verify")
    field, chosen = page.get_by_label("Подписанный файл"), page.locator("#file-chosen")
    expect(chosen).to_have_text("Файл не выбран")
    for _ in range(20):
        page.keyboard.press("Tab")
        if field.evaluate("one => one === document.activeElement"):
            break
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": "contract.p7s", "mimeType": "", "buffer": b"0" * 1_572_864})
    expect(chosen).to_have_text("contract.p7s · 1,5 МБ")
    page.get_by_role("button", name="Убрать").click()
    expect(chosen).to_have_text("Файл не выбран")
    assert field.evaluate("one => one.files.length") == 0
    field.set_input_files({"name": "large.p7s", "mimeType": "", "buffer": b"0" * (10 * 1024 * 1024 + 1)})
    expect(chosen).to_contain_text("больше 10 МБ")
    page.get_by_role("button", name="Проверить подпись").click()
    assert field.evaluate("one => one.validationMessage").startswith("больше 10 МБ")
    expect(page.locator(".verdict")).to_have_count(0)


def test_a_signed_file_is_checked_with_its_document(house: House, visit: Visits) -> None:
    """F8: of a signature of another authority we say that we cannot know."""
    page = visit(width=390, height=844)
    page.goto(f"{house.portal_url}/")
    page.get_by_role("link", name="Проверить подпись на файле").click()
    document = "Шарт № 7".encode()
    leaf = authorities.leaf()
    raw = signed((leaf, authorities.key(authorities.KeyKind.EC_P256)), document=document, detached=True)
    files = {
        "Подписанный файл": {
            "name": "contract.p7s",
            "mimeType": "application/pkcs7-signature",
            "buffer": raw,
        },
        "Документ, если": {"name": "contract.txt", "mimeType": "text/plain", "buffer": document},
    }
    for label, file in files.items():
        page.get_by_label(label).set_input_files(files=[file])
    page.get_by_role("button", name="Проверить подпись").click()
    expect(page.get_by_role("heading", name="Мы не можем знать")).to_be_visible()
    assert page.locator("[data-cause]").get_attribute("data-cause") == "not_ours"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
