"""J3, first half: the video verification in a browser, by a camera whose person does what the page asks (F1, 10)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ca_core.dossier import Camera, Company, Dossier, Step
from ca_core.face_attempt import AttemptOutcome, Flag
from ca_core.registration import dossier as dossiers
from portal import dossier_cookie
from runtime.demo import rendered
from tests.journeys import cameras
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.journey

Picture = Callable[[Page, str], Path]


def arrived(house: House, name: str) -> tuple[str, Dossier]:
    """The secret of a browser whose owner has come to step 10 on a rendered person's IIN."""
    who = rendered.by_name(name)
    assert who is not None
    secret, now = dossier_cookie.fresh(), house.service.now()
    with house.service.work() as work:
        found = dossiers.begin(work, token_digest=dossier_cookie.digest_of(secret), language="ru", now=now)
        found = dossiers.note_camera(work, dossier=found, camera=Camera.WORKS, now=now)
        found = dossiers.enter_iin(work, dossier=found, iin=who.person.iin, company=Company.MYSELF, now=now)
        # The codes and the key agent are other journeys'.
        known = replace(found, signed_in_at=now, agent_at=now)
        found = dossiers.save(work, known, expected=found, now=now)
        found = dossiers.proceed(work, dossier=found, now=now)
        found = dossiers.save(work, replace(found, confirmed_at=now), expected=found, now=now)
        assert dossiers.step_of(work, found) is Step.FACE
    return secret, found


def at_step_10(visit: Visits, secret: str, seen_by: str, **shape: int) -> Page:
    shown = rendered.by_name(seen_by)
    assert shown is not None
    page = visit(script=cameras.face(shown), **shape)
    page.context.add_cookies(
        [{"name": dossier_cookie.COOKIE, "value": secret, "url": visit.house.portal_url, "httpOnly": True}]
    )
    page.goto(f"{visit.house.portal_url}/get/face")
    return page


def test_the_person_of_the_portrait_goes_on(house: House, visit: Visits, picture: Picture) -> None:
    secret, dossier = arrived(house, "marina")
    page = at_step_10(visit, secret, "marina", width=390, height=844)
    picture(page, "before")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Включить камеру и начать").click()
    expect(page.locator('[data-slot="arrow"]')).not_to_be_empty(timeout=30_000)
    picture(page, "asked")
    expect(page.get_by_role("heading", name="Лицо подтверждено")).to_be_visible(timeout=90_000)
    picture(page, "passed")
    with house.service.look() as work:
        assert dossier.number is not None
        (made,) = work.face_attempts.of_application(dossier.number)
        found = work.own_dossiers.by_digest(dossier.token_digest)
        assert found is not None
        assert dossiers.step_of(work, found) is Step.ACCESS
    assert made.outcome is AttemptOutcome.PASSED
    visit.expected(r"/get\b")


def test_another_person_comes_before_a_moderator(house: House, visit: Visits, picture: Picture) -> None:
    secret, dossier = arrived(house, "marina")
    page = at_step_10(visit, secret, "bolat")
    page.get_by_role("button", name="Включить камеру и начать").click()
    expect(page.get_by_role("heading", name="Ваш снимок смотрит модератор")).to_be_visible(timeout=90_000)
    picture(page, "review")
    with house.service.look() as work:
        assert dossier.number is not None
        (made,) = work.face_attempts.of_application(dossier.number)
        opened = work.reviews.open_of(dossier.number)
    assert (made.outcome, made.flags) == (AttemptOutcome.REVIEW, (Flag.FACE_DIFFERS,))
    assert opened is not None
    assert opened.attempt_id == made.attempt_id
