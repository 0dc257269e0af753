"""Every way in which an application stands has its words, and a rejected one says why (F1, step 15)."""

import pytest

from ca_core.identifiers import ApplicationId
from ca_core.lifecycle import ApplicationState
from ca_core.registration.dossier import Standing
from ca_core.review import Reason
from portal import standing, words
from tests.core.x509.authorities import NOW

SPOKEN = words.load()


def of(state: ApplicationState, reason: str = "") -> Standing:
    return Standing(ApplicationId.draw(), state, NOW, NOW, reason, key_is_void=False)


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("state", list(ApplicationState))
def test_every_state_says_what_it_is_and_what_comes_next(state: ApplicationState, language: str) -> None:
    told = standing.shown(of(state), SPOKEN[language])
    assert told.word
    assert told.next
    assert bool(told.why) == (state is ApplicationState.REJECTED)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_moderators_reason_is_told_in_its_own_words(language: str) -> None:
    spoken = SPOKEN[language]
    told = {standing.shown(of(ApplicationState.REJECTED, reason.value), spoken).why for reason in Reason}
    assert len(told) == len(Reason)
    assert spoken.t("given_up.other") not in told


@pytest.mark.parametrize("reason", ["issue.revoked_before", "lint.failed", "submit.key_already_used"])
def test_what_issuing_gave_up_for_is_told(reason: str) -> None:
    told = standing.shown(of(ApplicationState.REJECTED, reason), SPOKEN["kk"])
    assert told.why == SPOKEN["kk"].entries[f"given_up.{reason}"]


def test_a_reason_without_words_is_told_as_a_technical_one() -> None:
    spoken = SPOKEN["ru"]
    told = standing.shown(of(ApplicationState.REJECTED, "issue.signed_content_differs"), spoken)
    assert told.why == spoken.t("given_up.other")
