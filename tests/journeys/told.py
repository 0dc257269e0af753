"""Step 17: the notices, and the answer "not me" that each of them offers (R14, R10a)."""

import re
from typing import Literal

from playwright.sync_api import expect

from ca_core.lifecycle import CertificateState
from tests.journeys.citizens import Citizen
from tests.journeys.handset import Handset

_ISSUED = re.compile(
    r"вам выдан сертификат ЭЦП …(?P<tail>\w{6}) по заявке (?P<number>[\d-]+)\. .*(?P<link>https?://\S+)"
)
_HELD = re.compile(r"приостановлен не более чем на 72 часа")


def by_sms_and_mail(citizen: Citizen, *, email: str, number: str, answers: Literal["sms", "mail"]) -> None:
    """Both came and name the application; one is answered, and the certificate is on hold and its owner told."""
    mailbox = Handset(citizen.visit.house, email)
    notices = {"sms": citizen.handset.notice(_ISSUED), "mail": mailbox.notice(_ISSUED)}
    assert {notice["number"] for notice in notices.values()} == {number}
    assert notices["sms"]["link"] != notices["mail"]["link"]
    citizen.saw(17, "told by SMS and by mail, with the application's number")

    citizen.page.goto(notices[answers]["link"])
    citizen.press("Это не я: приостановить")
    expect(citizen.page.locator("section.verdict.hold")).to_be_visible()
    citizen.handset.notice(_HELD)
    mailbox.notice(_HELD)
    _require_on_hold(citizen, tail=notices[answers]["tail"])
    citizen.saw(17, f"'not me' pressed in the {answers}: on hold, and told so by both")


def _require_on_hold(citizen: Citizen, *, tail: str) -> None:
    with citizen.visit.house.service.look() as work:
        (newest, *_) = work.own_dossiers.of_iin(citizen.who.person.iin)
        assert newest.number is not None
        certificate = work.certificates.of_application(newest.number)
    assert certificate is not None
    assert certificate.serial.hex.endswith(tail)
    assert certificate.state is CertificateState.ON_HOLD
