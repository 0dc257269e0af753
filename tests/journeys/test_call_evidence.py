"""The evidence of a call, looked at afterwards: a reason first, and every look is written down (R14)."""

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select

from ca_core.call import EvidenceKind
from ca_core.roles import Role
from data.schema import audit
from runtime.demo import rendered
from tests.journeys import eyes, talking
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(240)
CALLER = rendered.PEOPLE[3]
REASON = "проверка по обращению"
_PLAYED = "video => ({at: video.currentTime, width: video.videoWidth, height: video.videoHeight})"


def recorded(house: House, visit: Visits) -> int:
    """A short call with a still of the document and of the face, over and sealed."""
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
    talking.hang_up(agent)
    talking.finish_wrap_up(agent)
    talking.sealed(house, call_id)
    return call_id


def test_a_supervisor_sees_the_evidence_for_a_reason(house: House, visit: Visits) -> None:
    call_id = recorded(house, visit)
    supervisor = visit(Role.SUPERVISOR, f"/calls?call={call_id}", language="ru")

    # Nothing is shown before the reason, and nothing was looked at.
    expect(supervisor.locator(f".st-key-file_why_{call_id}")).to_be_visible()
    expect(supervisor.locator("[src*='/evidence/']")).to_have_count(0)
    assert looks(house, call_id, Role.SUPERVISOR) == []

    supervisor.locator(f".st-key-file_why_{call_id}").get_by_text("жалоба").click()
    supervisor.locator(f".st-key-file_note_{call_id} input").fill(REASON)
    supervisor.locator(".st-key-file_show button").click()
    stills = supervisor.locator("img[src*='/evidence/stills/']")
    expect(stills).to_have_count(2)
    for still in stills.all():
        expect(still).to_have_js_property("complete", True)
        assert still.evaluate("image => image.naturalWidth") == 1280

    films = supervisor.locator("video[src*='/evidence/recordings/']")
    expect(films).to_have_count(2)
    citizen = supervisor.locator("video[src*='/citizen?']")
    assert played(citizen) == (1280, 720)
    played(supervisor.locator("video[src*='/agent?']"))

    written = looks(house, call_id, Role.SUPERVISOR)
    assert {kind for kind, _ in written} >= {
        f"evidence:{kind.value}:seen"
        for kind in (EvidenceKind.DOCUMENT_FRONT, EvidenceKind.FACE, EvidenceKind.RECORDING)
    }
    assert all(reason == f"complaint: {REASON}" for _, reason in written)


def played(film: Locator) -> tuple[int, int]:
    """Its size, once it has run for a second."""
    film.evaluate("video => { video.muted = true; return video.play(); }")
    expect(film).to_have_js_property("error", None)
    eyes.until(film.page, "video => video.currentTime > 1", film.element_handle())
    seen = film.evaluate(_PLAYED)
    film.evaluate("video => video.pause()")
    return seen["width"], seen["height"]


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
