"""What a test does and looks at during a call: pixels, tone, the agent's steps, the caller's answers."""

import contextlib
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from playwright.sync_api import Page, expect

from ca_core import roles, staff
from ca_core.call import Call, DeskState, EndCause, EvidenceKind
from ca_core.lifecycle import CallState
from ca_core.registration import call as calls
from ca_core.registration import desk, evidence
from ca_core.registration.checklist import Feature, Question
from ca_core.roles import Role
from runtime.demo.rendered import RenderedPerson
from tests.journeys import callers, cameras, eyes
from tests.journeys.conftest import House, Visits

AGENT_SEES = ".dock video.caller"
AGENT_SENDS = ".dock video.mirror"
CITIZEN_SEES = "[data-video=remote]"
CITIZEN_SENDS = "[data-video=own]"

_SYSTEM = roles.Actor("journeys", None, roles.Door.JOB)
# What is promised: the other side is told of a loss or an end within so long.
TOLD_WITHIN_MS = 5_000

# A picture of 16 by 9 dots is enough to tell two pictures apart and to forgive what a codec does.
_DOTS = """video => {
  if (!video.videoWidth) return [];
  const canvas = document.createElement('canvas'); canvas.width = 16; canvas.height = 9;
  const context = canvas.getContext('2d'); context.drawImage(video, 0, 0, 16, 9);
  return [...context.getImageData(0, 0, 16, 9).data].filter((_, n) => n % 4 !== 3);
}"""
_LOUDEST = """async (video, seconds) => {
  const context = new AudioContext(); await context.resume();
  const analyser = context.createAnalyser(); analyser.fftSize = 8192;
  context.createMediaStreamSource(video.srcObject).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  let best = {hertz: 0, decibels: -200};
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await new Promise(done => setTimeout(done, 60));
    analyser.getFloatFrequencyData(bins);
    for (let n = 1; n < bins.length; n++)
      if (bins[n] > best.decibels) best = {hertz: n * context.sampleRate / analyser.fftSize, decibels: bins[n]};
  }
  await context.close();
  return best;
}"""


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Printed for whoever runs the journey with `-s`; nothing is demanded of it here."""
    began = time.perf_counter()
    yield
    print(f"\n{what}: {time.perf_counter() - began:.2f} s")


def first_picture(agent: Page) -> None:
    """The caller's picture has a size: its first frame was decoded."""
    deadline = time.monotonic() + 20
    while not agent.locator(AGENT_SEES).first.evaluate("video => video.videoWidth"):
        assert time.monotonic() < deadline, "no picture of the caller came"
        time.sleep(0.02)


def require_same_picture(seen: Page, seen_by: str, sent: Page, sent_by: str) -> None:
    """What one side shows is what the other sends: dot for dot, within what a codec and a moment change."""
    deadline = time.monotonic() + 20
    difference = 255.0
    while time.monotonic() < deadline:
        theirs = sent.locator(sent_by).first.evaluate(_DOTS)
        ours = seen.locator(seen_by).first.evaluate(_DOTS)
        if theirs and ours:
            difference = sum(abs(a - b) for a, b in zip(ours, theirs, strict=True)) / len(ours)
            if difference < 14 and max(ours) - min(ours) > 60:
                return
        time.sleep(0.4)
    raise AssertionError(f"another picture arrived: mean difference {difference:.1f} of 255")


def loudest(page: Page, video: str, *, seconds: float = 2.5) -> dict[str, Any]:
    heard: dict[str, Any] = page.locator(video).first.evaluate(_LOUDEST, seconds)
    return heard


def passed(agent: Page, step: str, *, patience_seconds: float = 30) -> None:
    """The step's button in the stepper says so by its sign."""
    button = agent.locator(f".st-key-step_{step} button").first
    expect(button).to_have_text(re.compile("✓"), timeout=patience_seconds * 1000)


def go_to(agent: Page, step: str) -> None:
    agent.locator(f".st-key-step_{step} button").first.click()


def answer_pressure(agent: Page) -> None:
    """Every question answered: nothing of concern."""
    for question in Question:
        group = agent.locator(f"[class*=st-key-pressure_{question.value}_]").first
        group.locator("button").first.click()
    agent.locator(".st-key-pressure_done button").first.click()
    passed(agent, "pressure")


def tick_features(agent: Page) -> None:
    go_to(agent, "features")
    for feature in list(Feature)[:3]:
        agent.locator(f"[class*=st-key-feature_{feature.value}_] label").first.click()
    agent.locator(".st-key-features_done button").first.click()
    passed(agent, "features")


def say_aloud(agent: Page, caller: RenderedPerson) -> None:
    """The agent types blind what the caller says."""
    go_to(agent, "spoken")
    agent.locator(".st-key-spoken_iin input").first.fill(caller.person.iin.digits)
    agent.locator(".st-key-spoken_phone input").first.fill(caller.phone.full)
    agent.locator(".st-key-spoken_compare button").first.click()


def code_of(house: House, caller: RenderedPerson) -> str:
    """As the caller reads it on their phone."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with house.service.look() as work:
            messages = work.demo_messages.of(caller.phone.digits)
        found = next((match for one in messages if (match := re.search(r"\b\d{6}\b", one.text))), None)
        if found:
            return found.group()
        time.sleep(0.3)
    raise AssertionError("no code came to the caller's phone")


def show(citizen: Page, what: str) -> None:
    """The person before the camera reacts."""
    citizen.evaluate("what => window.__show(what)", what)
    # A moment until the new picture has gone through.
    time.sleep(1.5)


def newest(house: House) -> Call:
    with house.service.look() as work:
        return work.calls.latest(1)[0]


def clear(house: House) -> None:
    """Nobody waits and nobody is at a desk, whatever the journey before left."""
    service = house.service
    with service.work() as work:
        for call in work.calls.living():
            calls.end(work, actor=_SYSTEM, call=call, cause=EndCause.LOST, now=service.now())
    with service.work() as work:
        for place in work.desks.all():
            agent = staff.actor(staff.account(work, staff_id=place.staff_id))
            desk.pause(work, actor=agent, now=service.now())
            left = work.desks.by_id(place.staff_id)
            assert left is not None
            assert left.state is DeskState.PAUSED


def at_desk(
    visit: Visits, number: int, *, languages: str = "kk ru en", wants: str = "ru", script: str = ""
) -> Page:
    """An agent's browser that has found the gateway; `languages` are the chips that stay pressed."""
    agent = visit(Role.CALL_AGENT, "/calls", number=number, language=wants, script=eyes.SCRIPT + script)
    agent.set_default_timeout(45_000)
    expect(agent.locator(".dock[data-link=open]")).to_be_attached(timeout=45_000)
    for code in {"kk", "ru", "en"} - set(languages.split()):
        agent.locator(f".dock .languages [data-code={code}]").click()
    return agent


def take_calls(agent: Page) -> None:
    agent.locator(".dock .toggle").click()


def at(agent: Page, *states: str) -> Any:
    """The dock in one of these states of the desk."""
    return agent.locator(", ".join(f".dock[data-desk={state}]" for state in states))


def calling(visit: Visits, house: House, caller: RenderedPerson, script: str = "") -> Page:
    """A citizen's browser in the queue; the portal's forms were sent for it (J1 fills them in by hand)."""
    citizen = visit(
        None,
        "/",
        language="ru",
        width=390,
        height=844,
        script=eyes.SCRIPT + (script or cameras.script(caller)),
    )
    citizen.set_default_timeout(30_000)

    def form(path: str, fields: Mapping[str, str]) -> str:
        answer = citizen.request.post(
            house.portal_url + path, form={**fields}, max_redirects=0, headers={"Accept-Language": "ru"}
        )
        assert answer.status == 303, f"{path}: {answer.status}"
        return answer.headers["location"]

    callers.open_call(form, caller.person.iin, caller.phone.full)
    citizen.goto(f"{house.portal_url}/call?lang=ru")
    return citizen


def connect(agent: Page, citizen: Page) -> None:
    """Offered, accepted, answered; each sees the other."""
    agent.locator(".dock .accept").click()
    citizen.click("[data-do=answer]")
    expect(agent.locator(".st-key-greeted button").first).to_be_visible()
    see_each_other(agent, citizen)


def require_moving(page: Page, video: str) -> None:
    """New frames are shown: a picture that stands still may be the right one, and old."""
    frames = "video => video.getVideoPlaybackQuality().totalVideoFrames"
    before = page.locator(video).first.evaluate(frames)
    deadline = time.monotonic() + 15
    while page.locator(video).first.evaluate(frames) < before + 5:
        assert time.monotonic() < deadline, f"{video} stands still"
        time.sleep(0.2)


def see_each_other(agent: Page, citizen: Page) -> None:
    require_moving(agent, AGENT_SEES)
    require_moving(citizen, CITIZEN_SEES)
    require_same_picture(agent, AGENT_SEES, citizen, CITIZEN_SENDS)
    require_same_picture(citizen, CITIZEN_SEES, agent, AGENT_SENDS)


def hang_up(agent: Page) -> None:
    agent.locator(".dock .end").click()
    agent.locator(".dock .end-now").click()


def finish_wrap_up(agent: Page) -> None:
    """The agent says that they are ready for the next call."""
    agent.locator(".dock .finish").click()
    expect(at(agent, "available")).to_be_attached()


def sealed(house: House, call_id: int) -> set[EvidenceKind]:
    """Recording of both parties, log, stills, checklist and decision under one seal, after the wrap-up."""
    deadline = time.monotonic() + 60
    while True:
        with house.service.look() as work:
            found = work.calls.by_id(call_id)
            assert found is not None
            if found.sealed_at is not None and evidence.still_sealed(work, found):
                break
        assert time.monotonic() < deadline, f"not sealed: {found}"
        time.sleep(0.5)
    assert found.state is CallState.ENDED
    with house.service.look() as work:
        return {item.kind for item in work.evidence.of_call(call_id)}
