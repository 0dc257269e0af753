"""The certificate list without a browser: filters in the address, masked rows, one audit entry a search (R14)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ca_core import roles
from ca_core.certificate import Channel, StorageKind
from ca_core.ports import Criteria
from ca_core.roles import Role
from console.widgets import criteria_link
from console.widgets.criteria_link import Filters
from runtime.service import Service
from tests import builders
from tests.console.conftest import Person, listed, person

EVERY = Filters(
    status=("valid", "revoked"),
    channel=("egov",),
    storage=("file", "sim"),
    method=("video_call",),
    kind=("reissue",),
    region=("18", "20"),
    issued_from=date(2026, 11, 1),
    issued_to=date(2026, 11, 22),
    lost=True,
)


def _script() -> None:
    import streamlit as st

    from ca_core.errors import Refusal
    from console.screens import certificates
    from console.widgets import refusals

    try:
        certificates.show(st.session_state["service"], st.session_state["actor"])
    except Refusal as refusal:
        refusals.show(refusal)


@pytest.fixture
def draw(service: Service, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    def drawn(actor: roles.Actor, language: str = "en", **query: str) -> AppTest:
        # Streamlit's test asks for labels outside the page, where no session knows its language.
        monkeypatch.setattr("console.language.current", lambda: language)
        test = AppTest.from_function(_script, default_timeout=20)
        for name, value in (("service", service), ("actor", actor)):
            test.session_state[name] = value
        for name, value in query.items():
            test.query_params[name] = value
        return test.run()

    return drawn


def said(test: AppTest) -> str:
    parts: list[Any] = [*test.info, *test.error, *test.markdown, *test.caption]
    return "\n".join(str(part.value) for part in parts)


def searches(service: Service) -> list[str]:
    with service.look() as work:
        rows = work.connection.exec_driver_sql(
            "SELECT details FROM audit WHERE event = 'certificate:search:done' ORDER BY audit_id"
        )
        return [str(row[0]) for row in rows]


def test_filters_go_to_the_address_and_back() -> None:
    assert criteria_link.from_query(criteria_link.to_query(EVERY)) == EVERY
    assert criteria_link.to_query(Filters()) == {}


def test_an_address_that_asks_for_what_is_none_of_ours_is_passed_over() -> None:
    asked = {
        "status": "valid,good,not_issued",
        "region": "0,21,19",
        "from": "yesterday",
        "lost": "yes",
        "iin": "1",
    }
    assert criteria_link.from_query(asked) == Filters(status=("valid",), region=("19",))


def test_what_of_an_address_was_ignored_is_said(draw: Callable[..., AppTest], officer: Person) -> None:
    test = draw(officer.actor(), status="valid,good")
    assert "status=good" in test.warning[0].value
    assert not draw(officer.actor(), status="valid").warning


def test_an_empty_search_for_a_name_says_how_names_are_found(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    builders.issued(service)
    test = draw(officer.actor())
    test.text_input(key="certificates_box").set_value("ivanov").run()
    assert "in Cyrillic, by their beginning" in said(test)


def test_filters_narrow_the_key() -> None:
    narrowed = criteria_link.narrowed(Criteria(name_prefix="улг"), EVERY)
    assert narrowed.name_prefix == "улг"
    assert (narrowed.channels, narrowed.storages) == ((1,), (1, 4))
    assert (narrowed.regions, narrowed.issued_to, narrowed.lost) == ((18, 20), date(2026, 11, 22), True)


@pytest.mark.parametrize("typed", ["22.11.2026", " 22/11/2026 ", "2026-11-22"])
def test_a_day_reads_as_people_write_it(typed: str) -> None:
    assert criteria_link.typed_day(typed) == date(2026, 11, 22)


@pytest.mark.parametrize("typed", ["31.02.2026", "22.11", "today"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        criteria_link.typed_day(typed)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_an_empty_system_says_what_will_appear(
    draw: Callable[..., AppTest], officer: Person, language: str
) -> None:
    test = draw(officer.actor(), language)
    assert not test.exception
    assert not test.error
    assert test.info


def test_rows_are_masked(service: Service, draw: Callable[..., AppTest], officer: Person) -> None:
    """R14: no IIN, no phone, no given name in the list."""
    builders.issued(service)
    test = draw(officer.actor())
    (rows,) = listed(test)
    shown = str(rows)
    assert "ҮЛГІЕВ Д. · 870312 ••••••" in shown
    assert "ДАМИР" not in shown
    assert builders.iin().digits not in shown


def test_a_deep_link_filters_and_the_address_follows(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    builders.issued(service)
    builders.issued(service, channel=Channel.PKI, storage=StorageKind.SIM)
    test = draw(officer.actor(), channel="pki")
    assert "1 certificate" in said(test)
    test.button_group(key="certificates.filter.status").set_value(["revoked"]).run()
    assert test.query_params == {"channel": "pki", "status": "revoked"}
    assert "Nothing found" in said(test)


def test_what_is_typed_never_stands_in_the_address(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    """R14: addresses are kept by logs and histories."""
    builders.issued(service)
    test = draw(officer.actor())
    test.text_input(key="certificates_box").set_value("улги").run()
    assert "Looking for the beginning of a name" in said(test)
    assert test.query_params == {}


def test_a_search_is_audited_once_however_often_the_page_is_drawn(
    service: Service, draw: Callable[..., AppTest], officer: Person
) -> None:
    test = draw(officer.actor())
    test.run()
    test.run()
    assert len(searches(service)) == 1
    test.text_input(key="certificates_box").set_value("улгиев").run()
    test.run()
    assert searches(service)[1:] == ['{"by": "name_prefix"}']


def test_a_refused_search_says_why_and_keeps_what_was_typed(
    draw: Callable[..., AppTest], officer: Person
) -> None:
    test = draw(officer.actor())
    box = test.text_input(key="certificates_box").set_value("123456789012").run().text_input
    assert "search.iin_mistyped" in said(test)
    assert box(key="certificates_box").value == "123456789012"


def test_older_and_newer_pages(
    service: Service, draw: Callable[..., AppTest], officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca_core.lookup.PAGE", 2)
    for _ in range(3):
        builders.issued(service)
    test = draw(officer.actor())
    newer, older = (next(b for b in test.button if b.label == name) for name in ("Newer", "Older"))
    assert newer.disabled
    older.click().run()
    assert [len(rows) for rows in listed(test)] == [1]
    next(b for b in test.button if b.label == "Newer").click().run()
    assert [len(rows) for rows in listed(test)] == [2]


def test_only_roles_that_may_search_search(service: Service, draw: Callable[..., AppTest]) -> None:
    test = draw(person(service, Role.ANALYST).actor())
    assert "role.not_allowed" in said(test)
    assert listed(test) == []
