"""The holder page without a browser: masked until a reason is given, acts with the owner's code, reasons why not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ca_core import roles
from ca_core.certificate import Certificate, Kind
from ca_core.lifecycle import CertificateState
from ca_core.lookup import RevealReason
from ca_core.revocation import hold, reports, revoke
from ca_core.revocation.reasons import Reason
from ca_core.roles import Role
from console.screens.holder.header import SHOWN_FOR, Shown
from console.widgets import life_line, notes, typed
from runtime.service import Service
from tests import builders
from tests.console.conftest import Person, person

# Reads to draw the page again: the holder with everything of theirs, and why acts are off. More is a decision.
QUERIES = 14
INJECTED = "[x](http://evil) :red[y] **z**"


def _script() -> None:
    import streamlit as st

    from console.screens import holder

    holder.show(st.session_state["service"], st.session_state["actor"])


@pytest.fixture
def draw(service: Service, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    def drawn(
        actor: roles.Actor, owned: builders.Owned | None = None, language: str = "en", serial: str = ""
    ) -> AppTest:
        # Streamlit's test asks for labels outside the page, where no session knows its language.
        monkeypatch.setattr("console.language.current", lambda: language)
        test = AppTest.from_function(_script, default_timeout=20)
        for name, value in (("service", service), ("actor", actor)):
            test.session_state[name] = value
        test.query_params["subscriber"] = str(owned.owner.subscriber_id) if owned else "404"
        if serial:
            test.query_params["serial"] = serial
        return test.run()

    return drawn


def said(test: AppTest) -> str:
    parts: list[Any] = [
        *test.subheader, *test.info, *test.error, *test.success, *test.markdown, *test.caption, *test.get("html")
    ]  # fmt: skip
    return "\n".join(str(getattr(part, "value", None) or part.proto.body) for part in parts)


def stored(service: Service, owned: builders.Owned) -> Certificate:
    with service.look() as work:
        found = work.certificates.by_id(owned.certificate.certificate_id)
    assert found is not None
    return found


def code_sent(service: Service) -> str:
    with service.look() as work:
        words = work.connection.exec_driver_sql(
            "SELECT words FROM outbox WHERE kind = 'code' ORDER BY notice_id DESC"
        ).scalar()
    return str(json.loads(str(words))["code"])


def act(test: AppTest, name: str) -> AppTest:
    return test.button(key=f"act_{name}").click().run()


def send(test: AppTest, purpose: str, owned: builders.Owned) -> AppTest:
    return test.button(key=f"send_{purpose}_{owned.certificate.serial.hex}").click().run()


def type_code(test: AppTest, purpose: str, owned: builders.Owned, code: str) -> AppTest:
    return test.text_input(key=f"code_{purpose}_{owned.certificate.serial.hex}").set_value(code).run()


def test_the_person_is_masked(service: Service, draw: Callable[..., AppTest], officer: Person) -> None:
    """R14."""
    owned = builders.issued(service)
    text = said(draw(officer.actor(), owned))
    assert "ҮЛГІЕВ Д." in text
    assert "+7 7•• ••• •• 67" in text
    for hidden in ("ДАМИР", builders.iin().digits, "701 123", "damir@"):
        assert hidden not in text


def test_a_visit_is_audited_once_however_often_the_page_is_drawn(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    owned = builders.issued(service)
    test = draw(officer.actor(), owned)
    test.run()
    test.run()
    with service.look() as work:
        views = work.dossiers.views(owned.owner.subscriber_id, 10)
    assert [v.event for v in views] == ["subscriber:view:done"]


def test_shown_for_a_reason_and_marked(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    owned = builders.issued(service)
    test = draw(officer.actor(), owned)
    assert test.button(key="reveal_show").disabled
    test.radio(key="reveal_reason").set_value(RevealReason.OWNER_ON_LINE).run()
    test.button(key="reveal_show").click().run()
    text = said(test)
    assert "ҮЛГІЕВ ДАМИР СЫНАҚҰЛЫ" in text
    assert "shown for: owner on the line" in text
    assert "qb-watermark" in text


def test_shown_for_ten_minutes() -> None:
    at = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    assert Shown(1, RevealReason.OWNER_ON_LINE, at).until == at + SHOWN_FOR == at + timedelta(minutes=10)


def test_an_unknown_holder_is_refused_with_a_way_back(draw: Callable[..., AppTest], officer: Person) -> None:
    test = draw(officer.actor())
    assert "subscriber.unknown" in said(test)
    assert [b.label for b in test.button] == ["Back to the search"]


def test_revoking_takes_the_owners_code(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    """R9, R4: what was chosen stays after a wrong code."""
    owned = builders.issued(service)
    serial = owned.certificate.serial.hex
    test = act(draw(officer.actor(), owned), "revoke")
    confirm = test.button(key=f"revoke_confirm_{serial}")
    assert confirm.disabled
    test.radio(key=f"revoke_reason_{serial}").set_value(Reason.KEY_COMPROMISE).run()
    test.radio(key=f"revoke_key_{serial}").set_value("lost").run()
    send(test, "revoke", owned)
    type_code(test, "revoke", owned, builders.wrong(code_sent(service)))
    test.button(key=f"revoke_confirm_{serial}").click().run()
    assert "Tries left: 2" in said(test)
    assert test.radio(key=f"revoke_key_{serial}").value == "lost"
    type_code(test, "revoke", owned, code_sent(service))
    test.button(key=f"revoke_confirm_{serial}").click().run()
    assert "is revoked. OCSP answers" in said(test)
    after = stored(service, owned)
    assert (after.state, after.lost_reported_at is not None) == (CertificateState.REVOKED, True)
    assert test.button(key="act_revoke").disabled


def test_nothing_is_chosen_for_the_officer(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    """R14, R12: a reason that nobody chose is worth nothing; the button says what it waits for."""
    owned = builders.issued(service)
    serial = owned.certificate.serial.hex
    test = act(draw(officer.actor(), owned), "revoke")
    assert test.radio(key="reveal_reason").value is None
    assert test.radio(key=f"revoke_reason_{serial}").value is None
    send(test, "revoke", owned)
    type_code(test, "revoke", owned, code_sent(service))
    confirm = test.button(key=f"revoke_confirm_{serial}")
    assert (confirm.disabled, confirm.help) == (True, "Choose the reason first.")
    test.radio(key=f"revoke_reason_{serial}").set_value(Reason.SUPERSEDED).run()
    assert not test.button(key=f"revoke_confirm_{serial}").disabled
    test.radio(key=f"revoke_reason_{serial}").set_value(Reason.KEY_COMPROMISE).run()
    assert test.button(key=f"revoke_confirm_{serial}").disabled
    act(test, "reissue")
    assert test.radio(key=f"reissue_why_{serial}").value is None
    act(test, "by_law")
    assert test.button(key=f"law_propose_{serial}").disabled


def test_a_slip_of_the_hand_is_no_try_and_blanks_do_not_count(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    owned = builders.issued(service)
    serial = owned.certificate.serial.hex
    test = send(act(draw(officer.actor(), owned), "revoke"), "revoke", owned)
    test.radio(key=f"revoke_reason_{serial}").set_value(Reason.SUPERSEDED).run()
    code = code_sent(service)
    type_code(test, "revoke", owned, code[:5])
    assert test.button(key=f"revoke_confirm_{serial}").disabled
    type_code(test, "revoke", owned, f" {code[:3]} {code[3:]} ")
    test.button(key=f"revoke_confirm_{serial}").click().run()
    assert stored(service, owned).state is CertificateState.REVOKED


def test_when_no_tries_are_left_a_new_code_is_asked_for(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    """R4."""
    owned = builders.issued(service)
    serial = owned.certificate.serial.hex
    test = send(act(draw(officer.actor(), owned), "revoke"), "revoke", owned)
    test.radio(key=f"revoke_reason_{serial}").set_value(Reason.SUPERSEDED).run()
    type_code(test, "revoke", owned, builders.wrong(code_sent(service)))
    for _ in range(3):
        test.button(key=f"revoke_confirm_{serial}").click().run()
    assert "no tries are left. Send a new code" in said(test)
    assert "Good for another" not in said(test)
    assert test.text_input(key=f"code_revoke_{serial}").disabled
    assert test.button(key=f"revoke_confirm_{serial}").disabled


def test_what_is_typed_is_shown_and_not_carried_out(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    owned = builders.issued(service)
    with service.work() as work:
        hold.propose(
            work, actor=officer.actor(), serial=owned.certificate.serial, case=INJECTED, now=service.now()
        )
    text = said(draw(officer.actor(), owned))
    assert typed.plain(INJECTED) in text
    assert INJECTED not in text
    assert "](" not in typed.plain(INJECTED)
    assert "http://" not in typed.plain(INJECTED)


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("owner by sms_code", "владелец, кодом из СМС"),
        ("owner by link in a message", "владелец, по ссылке из сообщения"),
        ("case F-1; x; asked by Үлгі А.", "дело F-1; x; предложил(а) Үлгі А."),
        ("by law: дело {2}; asked by Үлгі А.", "по закону: дело {2}; предложил(а) Үлгі А."),
        ("time is over", "время вышло"),
        ("1234-5678-901", "1234-5678-901"),
    ],
)
def test_details_of_the_history_speak_the_language_of_the_page(note: str, shown: str) -> None:
    assert notes.worded(note) == shown


def test_a_certificate_of_somebody_else_is_not_replaced_silently(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    owned = builders.issued(service)
    test = draw(officer.actor(), owned, serial="AB" * 20)
    assert "is not this person's" in test.warning[0].value
    assert not draw(officer.actor(), owned, serial=owned.certificate.serial.hex).warning


def test_after_a_reissue_the_panel_gives_way_to_the_question_about_the_old_one(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    """R11."""
    person_ = builders.register(service)
    old, fresh = builders.issued(service, person_), builders.issued(service, person_)
    test = act(draw(officer.actor(), old), "reissue")
    test.session_state["holder.reissued"] = (
        old.certificate.serial.hex, fresh.certificate.serial.hex,
    )  # fmt: skip
    test.run()
    assert "keep the old certificate" in said(test)


def test_a_code_of_an_earlier_visit_does_not_work(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    """R4: bound to the page that asked."""
    owned = builders.issued(service)
    serial = owned.certificate.serial.hex
    first = send(act(draw(officer.actor(), owned), "revoke"), "revoke", owned)
    assert not first.text_input(key=f"code_revoke_{serial}").disabled
    again = act(draw(officer.actor(), owned), "revoke")
    assert again.text_input(key=f"code_revoke_{serial}").disabled
    assert again.button(key=f"revoke_confirm_{serial}").disabled


def test_without_a_phone_in_the_bmg_the_refusal_says_where_to_go(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    owned = builders.issued(service, builders.register(service, phone=None))
    test = send(act(draw(officer.actor(), owned), "revoke"), "revoke", owned)
    assert "sms_code.phone_not_in_bmg" in said(test)


def test_a_hold_takes_two_officers(service: Service, draw: Callable[..., AppTest], officer: Person) -> None:
    """R10a: the one who asked sees the button off."""
    owned = builders.issued(service)
    first = act(draw(officer.actor(), owned), "hold")
    first.text_input(key=f"hold_case_{owned.certificate.serial.hex}").set_value("case 77").run()
    first.button(key=f"hold_propose_{owned.certificate.serial.hex}").click().run()
    assert "put on hold: case 77" in said(first)
    assert first.button(key="agree_1").disabled
    second = draw(person(service, Role.SUPERVISOR).actor(), owned)
    second.button(key="agree_1").click().run()
    assert stored(service, owned).state is CertificateState.ON_HOLD


def reported(service: Service, owned: builders.Owned) -> None:
    with service.work() as work:
        reports.note(
            work, actor=roles.OWNER, act=revoke.ACT_BY_LAW, found=owned.certificate,
            payload=(("document", "R9a: 01"), ("reason", "1")), now=service.now(),
        )  # fmt: skip


def test_a_reported_key_takes_two_officers(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    """R9a: the first one's button takes it up and is then off for them; the supervisor has only the second."""
    owned = builders.issued(service)
    reported(service, owned)
    supervisor = person(service, Role.SUPERVISOR).actor()
    assert draw(supervisor, owned).button(key="take_up_1").disabled
    first = draw(officer.actor(), owned)
    assert "Reported by the owner" in said(first)
    first.button(key="take_up_1").click().run()
    assert "A second officer agrees" in said(first)
    assert first.button(key="take_up_1").disabled
    assert first.button(key="agree_2").disabled
    assert stored(service, owned).state is CertificateState.ISSUED
    draw(supervisor, owned).button(key="agree_2").click().run()
    assert stored(service, owned).state is CertificateState.REVOKED


def test_a_report_is_turned_down_by_two_officers(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    """R9a: there is no button that turns it down alone."""
    owned = builders.issued(service)
    reported(service, owned)
    first = draw(officer.actor(), owned)
    assert "decline_1" not in {button.key for button in first.button}
    first.text_input(key="dismiss_why_1").set_value("taken back on paper 12").run()
    first.button(key="dismiss_1").click().run()
    assert "turn the owner’s report down: taken back on paper 12" in said(first)
    supervisor = draw(person(service, Role.SUPERVISOR).actor(), owned)
    supervisor.button(key="agree_2").click().run()
    assert "turned down by two officers" in said(supervisor)
    assert "Reported by the owner" not in said(supervisor)
    assert stored(service, owned).state is CertificateState.ISSUED


def test_whoever_does_not_agree_closes_the_proposal(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    owned = builders.issued(service)
    with service.work() as work:
        hold.propose(
            work, actor=officer.actor(), serial=owned.certificate.serial, case="case 77", now=service.now()
        )
    second = draw(person(service, Role.SUPERVISOR).actor(), owned)
    second.button(key="decline_1").click().run()
    assert "nothing happened to the certificate" in said(second)
    assert stored(service, owned).state is CertificateState.ISSUED


def test_opening_a_renewal_shows_the_number_that_the_owner_signs(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    """R8."""
    owned = builders.issued(service)
    test = act(draw(officer.actor(), owned), "renew")
    test.button(key=f"renew_{owned.certificate.serial.hex}").click().run()
    with service.look() as work:
        opened = work.applications.open_for_certificate(owned.certificate.certificate_id, Kind.RENEWAL)
    assert opened is not None
    assert test.code[0].value == str(opened.number)
    assert "Waiting for the owner's signature" in said(test)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_act_that_is_off_says_why(
    service: Service, draw: Callable[..., AppTest], language: str
) -> None:
    owned = builders.issued(service)
    test = draw(person(service, Role.AUDITOR).actor(), owned, language)
    acts = [b for b in test.button if str(b.key).startswith("act_")]
    assert len(acts) == 7
    assert all(b.disabled and b.help for b in acts)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("name", ["revoke", "renew", "reissue", "accept", "hold", "by_law"])
def test_every_panel_draws_in_every_language(
    service: Service, draw: Callable[..., AppTest], officer: Person, name: str, language: str
) -> None:
    owned = builders.issued(service)
    test = act(draw(officer.actor(), owned, language), name)
    assert not test.exception
    assert not test.error


def test_number_of_queries_is_pinned(
    service: Service, draw: Callable[..., AppTest], officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlalchemy as sa

    owned = builders.issued(service)
    test = draw(officer.actor(), owned)
    asked: list[str] = []

    def note(*given: Any) -> None:
        if str(given[2]).lstrip().upper().startswith("SELECT"):
            asked.append(given[2])

    sa.event.listen(service.store.engine, "before_cursor_execute", note)
    test.run()
    sa.event.remove(service.store.engine, "before_cursor_execute", note)
    assert len(asked) <= QUERIES, asked


def test_the_life_line_keeps_every_bar_within_its_axis(service: Service) -> None:
    owned = builders.issued(service)
    span = life_line.axis([owned.certificate], service.now())
    places = [
        span.at(owned.certificate.not_before),
        span.at(service.now()),
        span.at(owned.certificate.not_after),
    ]
    assert places == sorted(places)
    assert 0 <= places[0] < places[-1] <= 100
    assert span.at(span.start - timedelta(days=9)) == 0
