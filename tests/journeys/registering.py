"""A call in which an agent checks a caller and registers their phone, step by step as both do it (F2)."""

from playwright.sync_api import Page, expect

from runtime.demo.rendered import RenderedPerson
from tests.journeys import talking
from tests.journeys.conftest import House


def check_devices(page: Page) -> None:
    """Camera, microphone and line by themselves, the sound by the caller's word."""
    page.click("[data-start]")
    for device in ("camera", "microphone", "network"):
        expect(page.locator(f"[data-device={device}][data-state=good]")).to_be_visible(timeout=30_000)
    page.click("[data-sound=good]")
    page.click("[data-go]")


def meet(agent: Page, citizen: Page) -> None:
    """The agent accepts, the page rings, the caller answers, a first picture comes."""
    agent.locator(".dock .accept").click()
    answer = citizen.locator("[data-do=answer]")
    answer.wait_for()
    with talking.timed("answer to the caller's first picture at the agent's desk"):
        answer.click()
        talking.first_picture(agent)
    expect(agent.locator(".st-key-greeted button").first).to_be_visible()


def go_through_the_checklist(agent: Page, citizen: Page, house: House, caller: RenderedPerson) -> None:
    """Gate by gate up to the decision: will, document, reading, features, face, what is said, the code."""
    agent.locator(".st-key-greeted button").first.click()
    talking.answer_pressure(agent)
    talking.show(citizen, "document")
    agent.locator(".st-key-step_document button").first.click()
    with talking.timed("click to the still stored and read, on the screen"):
        agent.locator(".st-key-take_document_front button").first.click()
        talking.passed(agent, "document")
        talking.passed(agent, "reading", patience_seconds=90)
    talking.tick_features(agent)
    talking.show(citizen, "face")
    agent.locator(".st-key-step_face button").first.click()
    agent.locator(".st-key-take_face button").first.click()
    agent.locator(".st-key-opinion_same button").first.click()
    talking.passed(agent, "face", patience_seconds=60)
    talking.say_aloud(agent, caller)
    talking.passed(agent, "spoken")
    expect(agent.locator(".st-key-register button").first).to_be_disabled()
    agent.locator(".st-key-code_send button").first.click()
    citizen.locator("#code").fill(talking.code_of(house, caller))
    citizen.locator("[data-code] button").first.click()
    talking.passed(agent, "code")


def register(agent: Page) -> None:
    agent.locator(".st-key-register button").first.click()
    expect(agent.locator(".st-key-call_done").first).to_be_visible()
