"""What a test does and looks at during a call: pixels, tone, the agent's steps, the caller's answers."""

import re
import time
from typing import Any

from playwright.sync_api import Page, expect

from ca_core.registration.checklist import Feature, Question
from runtime.demo.rendered import RenderedPerson
from tests.journeys.conftest import House

AGENT_SEES = ".dock video.caller"
AGENT_SENDS = ".dock video.mirror"
CITIZEN_SEES = "[data-video=remote]"
CITIZEN_SENDS = "[data-video=own]"

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
