"""What owners read, in three languages: every kind has its words, and none asks for anything (R13)."""

import re
import tomllib
from importlib import resources

import pytest

from ca_core.certificate import StorageKind
from ca_core.notices import NoticeKind
from ca_core.registration.decide import Reason as NotRegistered
from ca_core.registration.sms_code import CodePurpose
from ca_core.registration.terms import STORAGES
from ca_core.review import Reason as NotConfirmed
from ca_core.revocation.reasons import Reason
from runtime import notice_texts

WORDS = {
    "code": "271828",
    "purpose": "revoke",
    "serial": "00" * 17 + "abcdef",
    "number": "1234-5678-903",
    "reason": "KEY_COMPROMISE",
    "phone": "+7 7•• ••• •• 45",
}


def words(kind: NoticeKind) -> dict[str, str]:
    of_kind = {
        NoticeKind.REGISTRATION_REFUSED: NotRegistered.DOCUMENT_EXPIRED.value,
        NoticeKind.REVIEW_REJECTED: NotConfirmed.ANOTHER_PERSON.value,
        NoticeKind.NEW_PHOTO: NotConfirmed.TOO_DARK.value,
    }
    return WORDS | ({"reason": of_kind[kind]} if kind in of_kind else {})


@pytest.mark.parametrize("language", notice_texts.LANGUAGES)
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_notice_has_words(kind: NoticeKind, language: str) -> None:
    text = notice_texts.render(
        kind=kind.value, language=language, words=words(kind), minutes=3, link="http://x/n"
    )
    assert "{" not in text
    assert len(text) < 335, "two SMS in Cyrillic at most, counted with their joint"


@pytest.mark.parametrize("language", notice_texts.LANGUAGES)
def test_every_purpose_and_reason_has_words(language: str) -> None:
    file = resources.files("runtime").joinpath("messages", f"{language}.toml")
    texts = tomllib.loads(file.read_text("utf-8"))
    assert set(texts["purpose"]) == {purpose.value for purpose in CodePurpose}
    assert set(texts["reason"]) == {r.name for r in Reason if r is not Reason.CERTIFICATE_HOLD}
    assert set(texts["refusal"]) == {reason.value for reason in NotRegistered}
    assert set(texts["review_reason"]) == {reason.value for reason in NotConfirmed}
    assert set(texts["decide_reason"]) == {reason.value for reason in NotRegistered}
    assert set(texts["storage"]) == {kind.name.lower() for kind in StorageKind}
    assert set(texts["storage_offered"]) == {kind.name.lower() for kind in STORAGES}


@pytest.mark.parametrize("kind", [k for k in NoticeKind if k is not NoticeKind.CODE])
def test_no_message_asks_for_anything(kind: NoticeKind) -> None:
    """R13: outgoing messages ask for nothing."""
    text = notice_texts.render(kind=kind.value, language="ru", words=words(kind), minutes=3, link="")
    assert not re.search(r"(?i)ИИН|ПИН|парол|карт[аыу]\b|сообщите|пришлите", text)


@pytest.mark.parametrize("language", notice_texts.LANGUAGES)
@pytest.mark.parametrize("reason", list(NotRegistered))
def test_every_refusal_fits_into_two_messages(reason: NotRegistered, language: str) -> None:
    words = {"reason": reason.value, "final": "False"}
    text = notice_texts.render(kind="registration_refused", language=language, words=words, minutes=3)
    assert len(text) < 335


@pytest.mark.parametrize("language", notice_texts.LANGUAGES)
@pytest.mark.parametrize("kind", [NoticeKind.REVIEW_REJECTED, NoticeKind.NEW_PHOTO])
@pytest.mark.parametrize("reason", list(NotConfirmed))
def test_what_was_wrong_with_a_photo_fits_into_two_messages(
    reason: NotConfirmed, kind: NoticeKind, language: str
) -> None:
    words = {"number": "1234-5678-903", "reason": reason.value}
    text = notice_texts.render(kind=kind.value, language=language, words=words, minutes=3)
    assert len(text) < 335, "two SMS in Cyrillic at most, counted with their joint"


def test_an_invitation_leads_to_the_page_that_keeps_the_place() -> None:
    address = notice_texts.invitation("https://portal.example/", "secret")
    assert address == "https://portal.example/call/back/secret"
