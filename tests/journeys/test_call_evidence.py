"""The evidence of a call, looked at afterwards: a reason first, every look written down (R14), then a decision."""

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from ca_core.call import Decision, EvidenceKind
from ca_core.roles import Role
from data.schema import audit
from runtime.demo import rendered
from tests.journeys import eyes, talking
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(240)
CALLER = rendered.PEOPLE[3]
REASON = "проверка по обращению"


def escalated(house: House, visit: Visits) -> tuple[int, Page]:
    """A short call with a still of the document and of the face, left to a supervisor, over and sealed; with the
    citizen's page.
    """
    talking.clear(house)
    citizen = talking.calling(visit, house, CALLER)
    agent = talking.at_desk(visit, 1)
    talking.take_calls(agent)
    talking.connect(agent, citizen)
    call_id = talking.newest(house).call_id
    talking.show(citizen, "document")
    talking.go_to(agent, "document")
    agent.locator(".st-key-take_document_front button").first.click()
    talking.passed(agent, "reading", patience_seconds=90)
    talking.show(citizen, "face")
    talking.go_to(agent, "face")
    agent.locator(".st-key-take_face button").first.click()
    expect(agent.locator(".st-key-opinion_same button").first).to_be_visible()
    agent.locator(".st-key-bar_escalate button").first.click()
    agent.locator(f".st-key-escalate_note_{call_id} input").fill("лицо то же?")
    agent.locator(".st-key-escalate_confirm button").first.click()
    expect(agent.locator(".st-key-call_done")).to_be_visible()
    talking.hang_up(agent)
    talking.finish_wrap_up(agent)
    talking.sealed(house, call_id)
    return call_id, citizen


def test_a_supervisor_sees_the_evidence_for_a_reason_and_settles(house: House, visit: Visits) -> None:
    call_id, citizen = escalated(house, visit)
    expect(citizen.locator("[data-ended][data-awaited=yes]")).to_be_visible()
    supervisor = visit(Role.SUPERVISOR, f"/calls?call={call_id}", language="ru")

    # Nothing is shown before the reason, and nothing was looked at.
    expect(supervisor.locator(f".st-key-file_why_{call_id}")).to_be_visible()
    expect(supervisor.locator("[src*='/evidence/']")).to_have_count(0)
    assert looks(house, call_id, Role.SUPERVISOR) == []

    supervisor.locator(f".st-key-file_why_{call_id}").get_by_text("жалоба").click()
    supervisor.locator(f".st-key-file_note_{call_id} input").fill(REASON)
    supervisor.locator(".st-key-file_show button:enabled").first.click()
    stills = supervisor.locator("img[src*='/evidence/stills/']")
    # Both once more beside the register's portrait, where the supervisor decides.
    expect(stills).to_have_count(4)
    portrait = supervisor.locator(".st-key-call_settle img[src*='/evidence/portrait/']")
    expect(portrait).to_have_js_property("complete", True)
    assert portrait.evaluate("image => image.naturalWidth") > 0
    for still in stills.all():
        expect(still).to_have_js_property("complete", True)
        assert still.evaluate("image => image.naturalWidth") == 1280

    films = supervisor.locator("video[src*='/evidence/recordings/']")
    expect(films).to_have_count(2)
    play_in_step(supervisor)

    written = looks(house, call_id, Role.SUPERVISOR)
    assert {kind for kind, _ in written} >= {
        f"evidence:{kind.value}:seen"
        for kind in (EvidenceKind.DOCUMENT_FRONT, EvidenceKind.FACE, EvidenceKind.RECORDING)
    }
    assert all(reason == f"complaint: {REASON}" for _, reason in written)

    files_are_unchanged(supervisor)
    events_are_worded(supervisor)
    refused(supervisor, house, call_id)
    # Who comes back to the page is told at once, in the page that stood there.
    citizen.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(citizen.locator("[data-ended][data-decision=refused_retry]")).to_be_visible()
    expect(citizen.locator("a.button[href='/call/start']")).to_be_visible()


def files_are_unchanged(supervisor: Page) -> None:
    """What recorder and server wrote in a real call: every digest, and the log's chain."""
    supervisor.locator(".st-key-file_check button").first.click()
    expect(supervisor.get_by_text("Все файлы без изменений: 4")).to_be_visible()


def events_are_worded(supervisor: Page) -> None:
    """What the recorder calls them is nobody's language."""
    supervisor.locator(".st-key-file_events button").first.click()
    tables = supervisor.get_by_test_id("stDataFrame")
    expect(tables.locator("td", has_text="звонок окончен")).to_be_attached()
    told = tables.locator("td").all_inner_texts()
    assert [text for text in told if "leg_" in text or "call_closed" in text] == []


def refused(supervisor: Page, house: House, call_id: int) -> None:
    """Nobody proved the phone: only refusing is open, with what the citizen will read in view."""
    panel = supervisor.locator(".st-key-call_settle")
    expect(panel.locator(".st-key-settle_register button").first).to_be_disabled()
    panel.locator(f".st-key-settle_note_{call_id} input").fill("сравнил(а) по записи")
    # An open list closes when the page is scrolled.
    panel.locator(".st-key-settle_refuse button").first.scroll_into_view_if_needed()
    panel.locator(f".st-key-settle_reason_{call_id}").get_by_role("combobox").click()
    supervisor.get_by_role("option", name="Лицо не подтверждено").click()
    expect(panel.locator(".qb-say")).to_be_visible()
    panel.locator(".st-key-settle_refuse button").first.click()
    expect(supervisor.locator(".st-key-call_settled")).to_be_visible()
    with house.service.look() as work:
        settled = work.calls.settlement(call_id)
    assert settled is not None
    assert settled.decision is Decision.REFUSED_RETRY


def play_in_step(supervisor: Page) -> None:
    """Both parties at once, and from any place; what one shows the other answers."""
    player = supervisor.locator(".player").first
    films = [player.locator(f"video.{side}") for side in ("citizen", "agent")]
    assert [film.evaluate("video => video.readyState") for film in films] == [0, 0], (
        "nothing is asked for before"
    )
    player.locator(".play").click()
    for film in films:
        eyes.until(supervisor, "video => video.currentTime > 1", film.element_handle())
        expect(film).to_have_js_property("error", None)
    require_in_step(films)
    assert films[0].evaluate("video => [video.videoWidth, video.videoHeight]") == [1280, 720]
    player.locator(".play").click()
    at = [film.evaluate("video => video.currentTime") for film in films]
    supervisor.wait_for_timeout(600)
    assert [film.evaluate("video => video.currentTime") for film in films] == at

    length = float(player.locator(".place").get_attribute("max") or 0)
    assert length > 5
    player.locator(".place").fill(f"{length * 0.6:.1f}")
    player.locator(".play").click()
    for film in films:
        eyes.until(supervisor, f"video => video.currentTime > {length * 0.6 + 0.5}", film.element_handle())
    require_in_step(films)
    player.locator(".citizen-sound").click()
    assert [film.evaluate("video => video.muted") for film in films] == [True, False]
    player.locator(".play").press("ArrowLeft")
    eyes.until(supervisor, f"video => video.currentTime < {length * 0.6}", films[1].element_handle())
    player.locator(".play").click()


def require_in_step(films: list[Locator]) -> None:
    """Within what lips are read to be late, with room for a busy machine."""
    first, second = (film.element_handle() for film in films)
    apart = "([one, other]) => Math.abs(one.currentTime - other.currentTime) < 0.15"
    eyes.until(films[0].page, apart, [first, second])


def looks(house: House, call_id: int, role: Role) -> list[tuple[str, str]]:
    """What somebody of this role looked at in this call, and why, as the audit log has it."""
    with house.service.look() as work:
        rows = work.connection.execute(
            select(audit.c.event, audit.c.reason).where(
                audit.c.subject == f"call/{call_id}",
                audit.c.event.like("evidence:%:seen"),
                audit.c.role == role.value,
            )
        )
        return [(row.event, row.reason) for row in rows]
