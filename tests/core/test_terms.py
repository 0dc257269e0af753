"""What the applicant allows and accepts (F1, 11 to 13): the very text, its version and the moment are kept."""

from dataclasses import replace

import pytest

from ca_core.certificate import StorageKind
from ca_core.dossier import AgreementKind, Dossier, Step
from ca_core.lifecycle import ApplicationState
from ca_core.registration import dossier as dossiers
from ca_core.registration import terms
from tests import builders
from tests import dossiers as ways
from tests.fakes import House


@pytest.fixture
def here() -> House:
    house = builders.house()
    builders.register(house)
    return house


def contact(
    here: House,
    dossier: Dossier,
    email: str,
    storage: StorageKind = StorageKind.FILE,
    reported: tuple[StorageKind, ...] = (),
) -> None:
    with ways.opened(here, dossier) as (work, found):
        terms.give_contact(work, dossier=found, email=email, storage=storage, reported=reported, now=here.now)


def test_both_texts_are_kept_with_version_digest_and_moment(here: House) -> None:
    found = ways.with_terms(here)
    assert [(a.number, a.text, a.at) for a in here.memory.acceptances] == [
        (found.number, ways.ACCESS, here.now),
        (found.number, ways.TERMS, here.now),
    ]


def test_access_comes_before_the_terms(here: House) -> None:
    identified = ways.identified(here)
    with pytest.raises(dossiers.OutOfOrder) as refused, ways.opened(here, identified) as (work, found):
        terms.agree_terms(work, dossier=found, text=ways.TERMS, shown=ways.TERMS.sha256, now=here.now)
    assert refused.value.step is Step.ACCESS


def test_nobody_agrees_before_they_are_identified(here: House) -> None:
    confirmed = ways.confirmed(here)
    with pytest.raises(dossiers.OutOfOrder), ways.opened(here, confirmed) as (work, found):
        terms.agree_access(work, dossier=found, text=ways.ACCESS, shown=ways.ACCESS.sha256, now=here.now)


def test_a_text_that_was_renewed_while_it_was_read_is_not_accepted(here: House) -> None:
    identified = ways.identified(here)
    newer = replace(ways.ACCESS, version="access/2027-01-01/1", sha256=b"\1" * 32)
    with pytest.raises(terms.TextChanged), ways.opened(here, identified) as (work, found):
        terms.agree_access(work, dossier=found, text=newer, shown=ways.ACCESS.sha256, now=here.now)
    assert here.memory.acceptances == []


def test_one_text_is_not_accepted_for_the_other(here: House) -> None:
    identified = ways.identified(here)
    with pytest.raises(terms.TextChanged), ways.opened(here, identified) as (work, found):
        terms.agree_access(work, dossier=found, text=ways.TERMS, shown=ways.TERMS.sha256, now=here.now)


def test_with_the_contact_the_application_is_agreed(here: House) -> None:
    ready = ways.with_terms(here)
    contact(here, ready, "  Damir.U@Example.kz ", StorageKind.USB_TOKEN, (StorageKind.USB_TOKEN,))
    assert ready.number is not None
    wanted = here.memory.applications[ready.number.digits]
    assert (wanted.state, wanted.storage) == (ApplicationState.AGREED, StorageKind.USB_TOKEN)
    [owner] = here.memory.subscribers.values()
    assert owner.email == "damir.u@example.kz"
    noted = [entry for entry in here.memory.audit if entry.event == "application:agree:done"]
    assert [(entry.from_state, entry.to_state) for entry in noted] == [("IDENTIFIED", "AGREED")]


def test_the_contact_can_be_corrected_until_the_key_is_made(here: House) -> None:
    ready = ways.agreed(here)
    contact(here, ready, "other@example.kz")
    assert ways.step_of(here, ready) is Step.KEY
    sent = ways.submitted(here, browser="another")
    with pytest.raises(dossiers.OutOfOrder):
        contact(here, sent, "third@example.kz")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "damir",
        "damir@",
        "@example.kz",
        "damir@example",
        "da mir@example.kz",
        "damir@exa_mple.kz",
        "damir@example..kz",
        "damir@-example.kz",
        "a..b@example.kz",
        "damir@example.kz\nbcc: x@example.kz",
        "дамир@example.kz",
        "x" * 250 + "@example.kz",
    ],
)
def test_what_is_no_address_is_refused(here: House, typed: str) -> None:
    with pytest.raises(terms.EmailInvalid):
        terms.parse_email(typed)


def test_an_address_has_254_characters_at_most() -> None:
    """RFC 5321, 4.5.3.1: 256 octets with the brackets around it, 64 of them before the sign."""
    domain = ".".join(["d" * 62, "d" * 61, "d" * 61, "kz"])
    longest = f"{'x' * 64}@{domain}"
    assert len(terms.parse_email(longest)) == 254
    for longer in (f"{'x' * 65}@{domain}"[:-4] + ".kz", longest.replace("@d", "@dd")):
        with pytest.raises(terms.EmailInvalid):
            terms.parse_email(longer)


@pytest.mark.parametrize("storage", [k for k in StorageKind if k not in terms.STORAGES])
def test_no_key_of_this_way_on_a_phone_or_in_the_cloud(here: House, storage: StorageKind) -> None:
    """R6: the key is made where it will live."""
    ready = ways.with_terms(here)
    with pytest.raises(terms.StorageNotOffered):
        contact(here, ready, "damir@example.kz", storage)


@pytest.mark.parametrize("storage", [k for k in terms.STORAGES if k is not StorageKind.FILE])
@pytest.mark.parametrize("reported", [(), (StorageKind.FILE,), (StorageKind.SIM,)])
def test_a_medium_that_the_key_agent_does_not_see_is_not_offered(
    here: House, storage: StorageKind, reported: tuple[StorageKind, ...]
) -> None:
    """F1, 13: other kinds than a file are there while the key agent reports them."""
    ready = ways.with_terms(here)
    with pytest.raises(terms.StorageNotOffered):
        contact(here, ready, "damir@example.kz", storage, reported)


def test_the_two_wills_are_two_kinds() -> None:
    assert {kind.value for kind in AgreementKind} == {"access", "terms"}
