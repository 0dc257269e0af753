"""The seventeen steps of F1 as a citizen does them, in their order; what a journey adds stands in the journey."""

import re
from collections.abc import Sequence
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import insert

from data import schema
from runtime.demo.rendered import RenderedPerson
from tests.journeys import cameras
from tests.journeys.citizens import KEY_PROGRAM, Citizen
from tests.journeys.conftest import House

PASSWORD = "Tulpar7arystan"
ISSUING = "the certificate being issued"
TITLES = (
    "choose 'Get ЭЦП remotely', the check-list", "camera check", "IIN, looked up in the BMG",
    "code to the registered phone", "not found: Kenes, video call", "refresh, IIN, one-time password",
    "is the key program running", "proceed to get ЭЦП", "phone, code, IIN", "video verification",
    "access to the data", "user agreement", "e-mail and storage", "folder, application sent, number",
    "the application's status", "password twice, installed", "notices",
)  # fmt: skip


def have_in_bmg(house: House, who: RenderedPerson) -> None:
    """Registered a month ago, unless another journey did so in a call."""
    with house.service.work() as work:
        if work.bmg.of_iin(who.person.iin) is None:
            values = {"iin": who.person.iin.number, "phone": who.phone.number, "registered_by": "journey"}
            since = house.service.now() - timedelta(days=30)
            work.connection.execute(insert(schema.bmg).values(**values, since=since))


def open_start(citizen: Citizen) -> None:
    citizen.page.goto(f"{citizen.visit.house.portal_url}/")
    citizen.follow("Получить ЭЦП удалённо")
    expect(citizen.page.locator('[data-step="start"]')).to_contain_text("1 из 17")
    citizen.saw(1, "chosen on the first page")


def check_list(citizen: Citizen, *, agent: str) -> None:
    """Document and phone by the citizen's word; the camera refused, then allowed; the key program by itself."""
    page = citizen.page
    camera = page.locator('[data-device="camera"]')
    for label in ("Документ", "Телефон"):
        citizen.tick(re.compile(rf"^\s*{label}"))
    expect(page.locator('.checks li[data-state="good"]:has(input)')).to_have_count(2)
    cameras.refuse_once(page)
    citizen.press("Проверить камеру")
    expect(camera).to_have_attribute("data-state", "bad")
    expect(camera).to_contain_text("Доступа нет")
    citizen.press("Проверить камеру")
    expect(camera).to_have_attribute("data-state", "good")
    expect(page.locator('[data-device="agent"]')).to_have_attribute("data-state", agent, timeout=15_000)
    citizen.saw(
        1, f"document, phone, camera (refused, then allowed) and key program ({agent}) tested on the spot"
    )


def start(citizen: Citizen) -> None:
    citizen.press("Начать")


def camera(citizen: Citizen, *, refused_first: bool = False) -> None:
    citizen.arrives("camera", 2)
    page = citizen.page
    on = page.get_by_role("button", name="Далее", exact=True)
    if refused_first:
        cameras.refuse_once(page)
        citizen.press("Включить камеру")
        expect(page.locator("[data-told]")).to_contain_text("Доступа нет")
        expect(on).to_be_hidden()
        citizen.saw(2, "refused: what to do is said, and there is no way on as if it worked")
    citizen.press("Включить камеру")
    expect(page.locator("[data-told]")).to_contain_text("Камера работает")
    page.wait_for_selector("[data-mirror] video")
    citizen.saw(2, "allowed: one's own picture, and on")
    citizen.press("Далее")


def iin(citizen: Citizen) -> None:
    citizen.arrives("iin", 3)
    citizen.type(citizen.page.get_by_label("ИИН", exact=True), citizen.who.person.iin.digits)
    citizen.tick("Нет, я сам и по своей воле")
    citizen.saw(3, "IIN typed, own will said (R13)")
    citizen.press("Далее")


def code(citizen: Citizen, number: int = 4) -> None:
    """The fourth step, or after a call the sixth."""
    citizen.arrives("code", number)
    citizen.types_the_code()
    expect(citizen.page.locator('[data-step="agent"], [data-step="proceed"]')).to_be_visible()
    citizen.saw(number, "code read on the BMG phone and typed")


def proceed(citizen: Citizen) -> None:
    """Where the key program runs, the page has done the seventh step by itself."""
    with citizen.stopwatch.waiting(KEY_PROGRAM):
        expect(citizen.page.locator('[data-step="proceed"]')).to_be_visible()
    citizen.saw(7, "noticed by the page itself")
    citizen.arrives("proceed", 8)
    citizen.press("Перейти к получению ЭЦП")
    expect(citizen.page.locator('[data-step="identify"]')).to_be_visible()
    citizen.saw(8, "pressed; the next step is there")


def identify(citizen: Citizen) -> None:
    citizen.arrives("identify", 9)
    citizen.type(citizen.page.get_by_label("Мобильный телефон"), citizen.who.phone.full)
    citizen.type(citizen.page.get_by_label("ИИН", exact=True), citizen.who.person.iin.digits)
    citizen.types_the_code()
    expect(citizen.page.locator('[data-step="face"]')).to_be_visible()
    citizen.saw(9, "phone, another code, IIN")


def face(citizen: Citizen) -> None:
    """A move that was not seen is asked for again, as of anybody."""
    citizen.arrives("face", 10)
    page = citizen.page
    passed = page.locator('[data-step="access"]')
    again = page.get_by_role("button", name="Попробовать ещё раз")
    button = "Включить камеру и начать"
    for _ in range(5):
        citizen.tries += 1
        citizen.press(button)
        expect(page.locator('[data-view="going"]')).to_be_visible()
        expect(passed.or_(again)).to_be_visible(timeout=90_000)
        if passed.is_visible():
            citizen.saw(10, "live face against the register's portrait: passed")
            return
        button = "Попробовать ещё раз"
    raise AssertionError("the face was not taken in five tries")


def agree(citizen: Citizen) -> None:
    """Two wills: access to the data, then the subscriber's terms."""
    citizen.arrives("access", 11)
    citizen.tick("Разрешаю центру доступ к этим данным")
    citizen.press("Далее")
    expect(citizen.page.locator('[data-step="agreement"]')).to_be_visible()
    citizen.saw(11, "allowed")
    citizen.arrives("agreement", 12)
    expect(citizen.page.locator("article.agreement")).to_be_visible()
    citizen.tick("Прочитано, принимаю")
    citizen.press("Далее")
    expect(citizen.page.locator('[data-step="contact"]')).to_be_visible()
    citizen.saw(12, "the text shown, and accepted")


def contact(citizen: Citizen, email: str) -> None:
    citizen.arrives("contact", 13)
    citizen.type(citizen.page.get_by_label("Электронная почта"), email)
    expect(citizen.page.get_by_label("Файл на этом компьютере")).to_be_checked()
    citizen.press("Далее")
    expect(citizen.page.locator('[data-step="key"]')).to_be_visible()
    citizen.saw(13, "e-mail typed, file chosen as storage")


def send_application(citizen: Citizen, *, folder: str = "") -> str:
    """The key is made in the folder that the citizen chooses in the key program; the application's number."""
    citizen.arrives("key", 14)
    dialog = citizen.in_the_key_program("Выбрать папку и отправить заявку")
    allow = dialog.locator('button[name="allow"]')
    choose = dialog.locator('button[value="choose"]')
    # The site is asked about once, here or in another journey.
    expect(allow.or_(choose)).to_be_visible()
    if allow.is_visible():
        citizen.click(allow)
        expect(choose).to_be_visible()
        citizen.looks_at(dialog, "the key program: a folder")
    if folder:
        citizen.click(dialog.get_by_role("link", name=folder, exact=True))
        expect(dialog.locator(".chosen")).to_contain_text(folder)
    with citizen.stopwatch.waiting(KEY_PROGRAM):
        citizen.click(choose)
        expect(citizen.page.locator('[data-step="status"]')).to_be_visible()
    number = citizen.page.locator("[data-number]").inner_text()
    assert re.fullmatch(r"\d{4}-\d{4}-\d{3}", number)
    citizen.saw(14, "folder chosen in the key program, application sent, a number by itself")
    return number


def wait_for_the_certificate(citizen: Citizen) -> None:
    with citizen.stopwatch.waiting(ISSUING):
        expect(citizen.page.locator('[data-state="ISSUED"]')).to_be_visible(timeout=60_000)
    citizen.saw(15, "issued, by the page's own refreshing")
    if citizen.picture is not None:
        citizen.picture(citizen.page, "15-status")
    citizen.looks_at(citizen.page, "step 15, issued")
    if not citizen.closes:
        citizen.follow("Далее: пароль и установка")


def install(citizen: Citizen, *, refused: Sequence[tuple[str, str]] = ()) -> None:
    """Password and its repetition in the key program; `refused` are tried before, each with what is said of it."""
    citizen.arrives("password", 16)
    dialog = citizen.in_the_key_program("Задать пароль и установить")
    for password, said in refused:
        _give_password(citizen, dialog, password)
        expect(dialog.get_by_role("alert")).to_contain_text(said)
        citizen.saw(16, f"refused: {said}")
    with citizen.stopwatch.waiting(KEY_PROGRAM):
        _give_password(citizen, dialog, PASSWORD)
        expect(citizen.page.locator("[data-done]")).to_be_visible(timeout=60_000)
    citizen.saw(16, "password typed twice in the key program, certificate installed")


def _give_password(citizen: Citizen, dialog: Page, password: str) -> None:
    citizen.type(dialog.locator("#password"), password)
    citizen.type(dialog.locator("#again"), password)
    citizen.click(dialog.locator('button[value="set"]'))


def done(citizen: Citizen) -> None:
    citizen.arrives("done", 17)
    expect(citizen.page.locator("[data-done]")).to_contain_text("ЭЦП установлена")
    citizen.saw(17, "the page says that the ЭЦП is installed")


def walk_to_the_key_program(citizen: Citizen) -> None:
    """By somebody whose phone is in the BMG."""
    open_start(citizen)
    start(citizen)
    camera(citizen)
    iin(citizen)
    code(citizen)


def walk_to_the_application(citizen: Citizen) -> None:
    """The key program runs."""
    walk_to_the_key_program(citizen)
    proceed(citizen)


def walk_from_the_face(citizen: Citizen) -> str:
    """To the end; the application's number."""
    face(citizen)
    agree(citizen)
    contact(citizen, email_of(citizen))
    number = send_application(citizen)
    wait_for_the_certificate(citizen)
    install(citizen)
    done(citizen)
    return number


def email_of(citizen: Citizen) -> str:
    return f"{citizen.who.name}@example.kz"


def table(citizen: Citizen) -> str:
    """Step by step what was seen, for whoever runs the journey with `-s`."""
    lines = (
        f"{number:2} {title}: {'; '.join(citizen.seen.get(number, ['-']))}"
        for number, title in enumerate(TITLES, 1)
    )
    return "\n".join(lines)
