"""The table of lives, the functions it names and the page made from it are one."""

import importlib
from pathlib import Path

import pytest

from ca_core import lifecycle
from tests.house import lifecycle_page

FUNCTIONS = sorted({t.function for life in lifecycle.LIVES for t in life.transitions})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_of_the_table_exists(function: str) -> None:
    module, _, name = function.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_page_is_made_from_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "lifecycle.md"
    assert page.read_text() == lifecycle_page.markdown()


@pytest.mark.parametrize("life", lifecycle.LIVES, ids=lambda life: life.name)
def test_every_state_but_the_first_can_be_reached_or_belongs_to_a_later_flow(life: lifecycle.Life) -> None:
    """A state that no act leads to must at least be one that some act starts from."""
    reached = {t.target for t in life.transitions} | {life.first}
    left = {origin for t in life.transitions for origin in t.origins}
    assert set(type(life.first)) - reached - left <= {lifecycle.ApplicationState.REJECTED}


@pytest.mark.parametrize("act", ["revoke", "hold", "release_hold"])
def test_nothing_leads_out_of_revoked(act: str) -> None:
    """R10: revocation is final."""
    with pytest.raises(lifecycle.TransitionRefused):
        lifecycle.CERTIFICATE.after(act, lifecycle.CertificateState.REVOKED)
