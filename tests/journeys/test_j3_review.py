"""J3, second half: what the machine could not pass reaches a moderator, who decides it by keys alone (F3)."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from ca_core import overview, staff
from ca_core.application import Application
from ca_core.identifiers import ApplicationId
from ca_core.lifecycle import ApplicationState, ReviewState
from ca_core.overview import OwnDecision
from ca_core.review import Decision, Reason
from ca_core.roles import Role
from data import schema
from data.review_schema import review
from tests.journeys.axe import Axe
from tests.journeys.conftest import House, Visits

# From the photo on the desk to the decision; one more takes the next photo.
APPROVE = ("5", "y", "y", "a")
REJECT = ("1", "y", "y", "r", "Enter")
NEW_PHOTO = ("4", "y", "n", "n", "b", "Enter")
# The page's own waits of ten seconds and more take a twentieth: five minutes within fifteen seconds.
_HASTY = """
const wait = window.setInterval.bind(window);
window.setInterval = (act, ms, ...more) => wait(act, ms >= 10000 ? ms / 20 : ms, ...more);
const now = Date.now.bind(Date), begun = now();
Date.now = () => begun + (now() - begun) * 20;
"""


def desk_of(visit: Visits, *, number: int = 0, **how: Any) -> Page:
    page = visit(Role.MODERATOR, "/reviews", number=number, **how)
    expect(page.locator(".desk .take")).to_be_visible(timeout=30_000)
    return page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def take(page: Page) -> None:
    """The next photo, both faces drawn."""
    press(page, "Enter")
    expect(page.locator(".desk")).to_have_attribute("data-phase", "item")
    expect(page.locator(".desk .shown[src]")).to_be_visible()
    expect(page.locator(".desk .portrait[src]")).to_be_visible()


def decided(page: Page) -> None:
    expect(page.locator(".desk")).to_have_attribute("data-phase", "idle")
    expect(page.locator(".desk .undo-bar")).to_be_visible()


def own(house: House, number: int = 0) -> list[OwnDecision]:
    """The moderator's decisions of today, oldest first."""
    account = house.account(Role.MODERATOR, number)
    with house.service.look() as work:
        actor = staff.actor(staff.account(work, staff_id=house.staff_id(account)))
        return list(reversed(overview.own_decisions(work, actor=actor, now=house.service.now()).newest))


def application(house: House, number: str) -> Application:
    with house.service.look() as work:
        found = work.applications.by_number(ApplicationId.parse(number))
    assert found is not None
    return found


def told(house: House, number: str) -> list[str]:
    """What its applicant was written about."""
    query = sa.select(schema.outbox.c.kind).where(
        schema.outbox.c.subscriber_id == application(house, number).subscriber_id
    )
    with house.service.look() as work:
        return list(work.connection.scalars(query))


def held(house: House) -> dict[int, str]:
    """Which photo is whose at this moment."""
    account = house.account(Role.SUPERVISOR)
    with house.service.look() as work:
        actor = staff.actor(staff.account(work, staff_id=house.staff_id(account)))
        listed = overview.reviews(work, actor=actor, now=house.service.now())
    return {one.review_id: one.holder for one in listed if one.holder}


def soon(look: Callable[[], bool], seconds: float = 25) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


@pytest.fixture(autouse=True)
def nobody_holds_one(house: House) -> Iterator[None]:
    """What a test left on a desk goes back, as it would when the lease runs out."""
    yield
    with house.service.work() as work:
        work.connection.execute(
            sa.update(review)
            .where(review.c.state == int(ReviewState.CLAIMED))
            .values(state=int(ReviewState.WAITING), holder_id=None, claimed_at=None, lease_until=None)
        )


def test_three_photos_are_decided_by_keys_alone(house: House, visit: Visits) -> None:
    """Approved, turned away with a reason, asked for again; each takes effect, and its applicant is told."""
    before = len(own(house))
    page = desk_of(visit)
    for keys in (APPROVE, REJECT, NEW_PHOTO):
        take(page)
        press(page, *keys)
        decided(page)
    assert [len(keys) for keys in (APPROVE, REJECT, NEW_PHOTO)] == [4, 5, 6]

    said = own(house)[before:]
    assert [(one.decision, one.reason) for one in said] == [
        (Decision.APPROVE, None),
        (Decision.REJECT, Reason.ANOTHER_PERSON),
        (Decision.NEW_PHOTO, Reason.BLURRED),
    ]
    wanted = [ApplicationState.IDENTIFIED, ApplicationState.REJECTED, ApplicationState.STARTED]
    soon(lambda: [application(house, one.application).state for one in said] == wanted)
    assert application(house, said[1].application).reason == Reason.ANOTHER_PERSON.value
    for one, kind in zip(said, ("review_passed", "review_rejected", "new_photo"), strict=True):
        assert kind in told(house, one.application)


def test_decision_is_taken_back_within_ten_seconds(house: House, visit: Visits) -> None:
    """The photo is on the desk again with its answers, and nothing has happened to the application."""
    before = len(own(house))
    page = desk_of(visit)
    take(page)
    press(page, *APPROVE)
    decided(page)
    (said,) = own(house)[before:]
    press(page, "z")
    expect(page.locator(".desk")).to_have_attribute("data-phase", "item")
    expect(page.locator(".desk .undo-bar")).to_be_hidden()
    expect(page.locator(".desk .question [aria-pressed=true]")).to_have_count(3)
    assert own(house)[before:] == []
    assert application(house, said.application).state is ApplicationState.IN_REVIEW
    press(page, "g")
    expect(page.locator(".desk")).to_have_attribute("data-phase", "idle")


def test_machines_opinion_comes_after_the_moderators_own(house: House, visit: Visits, axe: Axe) -> None:
    page = desk_of(visit, language="en")
    axe.look(page, "review, nothing taken")
    take(page)
    axe.look(page, "review, a photo")
    expect(page.locator(".desk .revealed")).to_be_hidden()
    press(page, *REJECT[:-1])
    axe.look(page, "review, a reason")
    press(page, REJECT[-1])
    decided(page)
    expect(page.locator(".desk .revealed")).to_be_hidden()
    expect(page.locator(".desk .revealed")).to_be_visible(timeout=20_000)
    expect(page.locator(".desk .revealed")).to_contain_text("Why it was flagged")
    axe.look(page, "review, the machine's opinion")
    visit.expected("409")


def test_applicants_language_comes_first_at_the_desk(house: House, visit: Visits) -> None:
    """Whatever the desk speaks: that text is the one that is sent."""
    page = desk_of(visit, language="en")
    take(page)
    (review_id,) = held(house)
    with house.service.look() as work:
        number = work.connection.scalar(
            sa.select(review.c.application_number).where(review.c.review_id == review_id)
        )
        owner = work.subscribers.by_id(application(house, str(ApplicationId.of(number))).subscriber_id)
    assert owner is not None
    press(page, *REJECT[:-1])
    expect(page.locator(".desk .citizen-texts p").first).to_have_attribute("lang", owner.language)
    expect(page.locator(".desk .citizen-texts p")).to_have_count(3)


def test_nothing_is_approved_that_was_not_seen(house: House, visit: Visits) -> None:
    """A picture that does not open is no match; the other decisions stay open."""
    page = desk_of(visit, language="en")
    page.route("**/portrait", lambda route: route.fulfill(status=410, json={"code": "evidence.broken"}))
    press(page, "Enter")
    expect(page.locator(".desk .shown[src]")).to_be_visible()
    expect(page.locator(".desk .right-veil")).to_contain_text("cannot be opened")
    before = len(own(house))
    press(page, *APPROVE)
    expect(page.locator(".desk .note")).to_contain_text("did not open")
    expect(page.locator(".desk [data-decision=reject]")).to_be_enabled()
    assert own(house)[before:] == []
    visit.expected("410")


def test_desk_that_nobody_sits_at_keeps_no_session_alive(house: House, visit: Visits) -> None:
    """The page looks again by itself; only what a person does counts against their idle time."""
    page = desk_of(visit, script=_HASTY)
    expect(page.locator(".desk .start")).to_be_visible()
    account = house.staff_id(house.account(Role.MODERATOR))
    earlier = house.service.now() - timedelta(minutes=5)
    mine = schema.staff_session.c.staff_id == account
    with house.service.work() as work:
        work.connection.execute(sa.update(schema.staff_session).where(mine).values(seen_at=earlier))
    # The server writes down who is at work every twenty seconds at most.
    page.wait_for_timeout(24_000)
    with house.service.look() as work:
        assert set(work.connection.scalars(sa.select(schema.staff_session.c.seen_at).where(mine))) == {
            earlier
        }


def test_two_moderators_never_hold_the_same(house: House, visit: Visits) -> None:
    first, second = desk_of(visit), desk_of(visit, number=1)
    press(first, "Enter")
    press(second, "Enter")
    for page in (first, second):
        expect(page.locator(".desk")).to_have_attribute("data-phase", "item")
    assert len(held(house)) == 2
    assert len(set(held(house).values())) == 2


def test_no_key_acts_while_a_remark_is_written(house: House, visit: Visits) -> None:
    """Letters are letters there; Enter hands the photo to a second moderator."""
    before = len(own(house))
    page = desk_of(visit)
    take(page)
    press(page, "3", "y", "y", "e")
    expect(page.locator(".desk .remark-field")).to_be_focused()
    page.keyboard.type("a z?")
    expect(page.locator(".desk .remark-field")).to_have_value("a z?")
    expect(page.locator(".desk .help")).to_be_hidden()
    assert own(house)[before:] == []
    press(page, "Enter")
    decided(page)
    assert [one.decision for one in own(house)[before:]] == [Decision.SECOND_MODERATOR]
    press(page, "z")
    expect(page.locator(".desk")).to_have_attribute("data-phase", "item")


def test_what_contradicts_the_answers_is_not_sent(house: House, visit: Visits) -> None:
    """The desk says why before anything leaves it."""
    before = len(own(house))
    page = desk_of(visit, language="en")
    take(page)
    press(page, "a")
    expect(page.locator(".desk .note")).to_have_text("First the three questions.")
    press(page, "2", "y", "y", "a")
    expect(page.locator(".desk .note")).to_have_text("Needs 4 or 5, live, good enough.")
    expect(page.locator(".desk .approve")).to_be_disabled()
    press(page, "r", "b")
    expect(page.locator(".desk .note")).to_have_text("You answered that it is live.")
    expect(page.locator(".desk [aria-selected=true]")).to_contain_text("Another person")
    expect(page.locator(".desk .citizen-texts")).to_contain_text("Go to a TsON with your document.")
    press(page, "Escape", "5", "r")
    expect(page.locator(".desk [aria-selected=true]")).to_have_count(0)
    press(page, "Enter")
    expect(page.locator(".desk .note")).to_have_text("Why is it rejected?")
    press(page, "Escape", "Backspace", "n")
    expect(page.locator(".desk .question [aria-pressed=true]")).to_have_count(3)
    assert own(house)[before:] == []


def test_late_decision_is_refused_and_said_so(house: House, visit: Visits) -> None:
    before = len(own(house))
    page = desk_of(visit)
    take(page)
    with house.service.work() as work:
        work.connection.execute(
            sa.update(review)
            .where(review.c.state == int(ReviewState.CLAIMED))
            .values(lease_until=house.service.now())
        )
    press(page, *APPROVE)
    expect(page.locator(".desk")).to_have_attribute("data-phase", "lost")
    expect(page.locator(".desk .shown")).to_be_hidden()
    assert own(house)[before:] == []
    take(page)
    visit.expected("409")


def test_answers_are_kept_while_the_network_is_away(house: House, visit: Visits) -> None:
    before = len(own(house))
    page = desk_of(visit)
    take(page)
    press(page, "5", "y", "y")
    page.context.set_offline(True)
    press(page, "a")
    expect(page.locator(".desk .note")).to_be_visible()
    expect(page.locator(".desk .question [aria-pressed=true]")).to_have_count(3)
    assert own(house)[before:] == []
    page.context.set_offline(False)
    press(page, "a")
    decided(page)
    assert [one.decision for one in own(house)[before:]] == [Decision.APPROVE]
    press(page, "z")
    expect(page.locator(".desk")).to_have_attribute("data-phase", "item")
    visit.expected("ERR_INTERNET_DISCONNECTED|WebSocket|Failed to fetch")


def test_page_that_was_loaded_anew_goes_on(house: House, visit: Visits) -> None:
    """The same photo comes back, and the last decision can still be undone."""
    page = desk_of(visit)
    take(page)
    claimed = held(house)
    page.reload()
    expect(page.locator(".desk .take")).to_be_visible()
    take(page)
    assert held(house) == claimed
    press(page, *APPROVE)
    decided(page)
    page.reload()
    expect(page.locator(".desk .undo-bar")).to_be_visible()
    press(page, "z")
    expect(page.locator(".desk")).to_have_attribute("data-phase", "item")
    assert held(house) == claimed


def test_faces_are_looked_at_by_keys(house: House, visit: Visits) -> None:
    """Both move together; one blinks over the other; other moments are a key away."""
    page = desk_of(visit)
    take(page)
    press(page, "Equal", "Equal", "ArrowLeft")
    moved = "one => getComputedStyle(one).transform"
    left, right = (page.locator(f".desk .{one}").evaluate(moved) for one in ("shown", "portrait"))
    assert left == right
    assert re.match(r"matrix\(1\.5625, 0, 0, 1\.5625", left)
    press(page, "0", "b")
    expect(page.locator(".desk .over[src]")).to_be_visible()
    expect(page.locator(".desk .over[src]")).to_be_hidden()
    press(page, "b", "f")
    expect(page.locator(".desk .blink")).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".desk .thumb").nth(1)).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_nothing_lies_below_the_fold(house: House, visit: Visits, language: str) -> None:
    """The longest list of reasons with its texts, then a remark, on a small screen."""
    page = desk_of(visit, language=language, width=1280, height=720)
    take(page)

    def is_seen(*names: str) -> None:
        for name in names:
            box = page.locator(f".desk .{name}").bounding_box()
            assert box is not None, name
            assert box["y"] + box["height"] <= 720, name

    is_seen("give-back", "looking", "foot")
    press(page, "5", "y", "n", "n")
    expect(page.locator(".desk .reason-list li")).to_have_count(9)
    is_seen("send", "citizen")
    press(page, "i")
    expect(page.locator(".desk .remark-field")).to_be_visible()
    is_seen("send", "citizen")


def test_empty_queue_says_what_will_appear(house: House, visit: Visits) -> None:
    waiting = review.c.state == int(ReviewState.WAITING)
    with house.service.work() as work:
        waited = list(work.connection.scalars(sa.select(review.c.review_id).where(waiting)))
        work.connection.execute(sa.update(review).where(waiting).values(state=int(ReviewState.WITHDRAWN)))
    try:
        page = desk_of(visit, language="en")
        press(page, "Enter")
        expect(page.locator(".desk")).to_have_attribute("data-phase", "empty")
        expect(page.locator(".desk .start-title")).to_have_text("Nothing waits")
    finally:
        with house.service.work() as work:
            work.connection.execute(
                sa.update(review).where(review.c.review_id.in_(waited)).values(state=int(ReviewState.WAITING))
            )
