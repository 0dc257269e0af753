"""Brings a dossier to any of the seventeen steps, by the operations themselves, on the fakes or on a service."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from ca_core import lifecycle, records
from ca_core.certificate import Certificate, Method, StorageKind
from ca_core.dossier import AgreementKind, AgreementText, Camera, Company, Dossier, Step
from ca_core.identifiers import Iin
from ca_core.issuance import accept, submit
from ca_core.registration import dossier as dossiers
from ca_core.registration import identification, terms
from ca_core.registration.sms_code import CodePurpose
from runtime.service import Service
from tests import builders
from tests.fakes import House

ACCESS = AgreementText(AgreementKind.ACCESS, "access/2026-11-22/1", "ru", hashlib.sha256(b"access").digest())
TERMS = AgreementText(AgreementKind.TERMS, "terms/2026-11-22/1", "ru", hashlib.sha256(b"terms").digest())


def _now(here: House | Service) -> datetime:
    return here.now if isinstance(here, House) else here.now()


@contextmanager
def opened(here: House | Service, dossier: Dossier) -> Iterator[tuple[Any, Dossier]]:
    """A unit of work, and the dossier as it is stored now."""
    with here.work() as work:
        found = work.own_dossiers.by_digest(dossier.token_digest)
        assert found is not None
        yield work, found


def token(text: str = "one browser") -> bytes:
    return hashlib.sha256(text.encode()).digest()


def begun(here: House | Service, *, browser: str = "one browser") -> Dossier:
    with here.work() as work:
        return dossiers.begin(work, token_digest=token(browser), language="ru", now=_now(here))


def with_camera(here: House | Service, **which: Any) -> Dossier:
    with opened(here, begun(here, **which)) as (work, dossier):
        return dossiers.note_camera(work, dossier=dossier, camera=Camera.WORKS, now=_now(here))


def with_iin(here: House | Service, iin: Iin | None = None, **which: Any) -> Dossier:
    whose = iin or builders.person().iin
    with opened(here, with_camera(here, **which)) as (work, dossier):
        return dossiers.enter_iin(work, dossier=dossier, iin=whose, company=Company.MYSELF, now=_now(here))


def code_sent(here: House | Service) -> str:
    """The digits that the phone shows."""
    if isinstance(here, House):
        return builders.newest_code(here)
    with here.look() as work:
        waiting = work.outbox.due(here.now(), 1000)
    return str([m for m in waiting if m.kind == "code"][-1].words["code"])


def typed(here: House | Service, dossier: Dossier, purpose: CodePurpose, code: str) -> Dossier:
    """The code is typed on the dossier's own page."""
    confirm = {
        CodePurpose.SIGN_IN: identification.confirm_sign_in,
        CodePurpose.IDENTIFY: identification.confirm_identify,
    }[purpose]
    with opened(here, dossier) as (work, found):
        attempt = identification.take_try(work, dossier=found, purpose=purpose, now=_now(here))
    with opened(here, dossier) as (work, found):
        return confirm(work, dossier=found, attempt=attempt, typed=code, now=_now(here))


def signed_in(here: House | Service, iin: Iin | None = None, **which: Any) -> Dossier:
    dossier = with_iin(here, iin, **which)
    with opened(here, dossier) as (work, found):
        identification.send_sign_in(work, dossier=found, now=_now(here))
    return typed(here, dossier, CodePurpose.SIGN_IN, code_sent(here))


def with_agent(here: House | Service, iin: Iin | None = None, **which: Any) -> Dossier:
    with opened(here, signed_in(here, iin, **which)) as (work, found):
        return dossiers.note_agent(work, dossier=found, now=_now(here))


def started(here: House | Service, iin: Iin | None = None, **which: Any) -> Dossier:
    """With an application and its number."""
    with opened(here, with_agent(here, iin, **which)) as (work, found):
        return dossiers.proceed(work, dossier=found, now=_now(here))


def confirmed(here: House | Service, iin: Iin | None = None, **which: Any) -> Dossier:
    dossier = started(here, iin, **which)
    with opened(here, dossier) as (work, found):
        assert found.iin is not None
        registration = work.bmg.of_iin(found.iin)
        identification.send_identify(
            work, dossier=found, iin=found.iin, phone=registration.phone, now=_now(here)
        )
    return typed(here, dossier, CodePurpose.IDENTIFY, code_sent(here))


def move(here: House | Service, dossier: Dossier, act: str, **changes: Any) -> Dossier:
    """What the face verification or a moderator does to the application."""
    assert dossier.number is not None
    with here.work() as work:
        before = records.application(work, dossier.number)
        after = replace(before, state=lifecycle.APPLICATION.after(act, before.state), **changes)
        work.applications.save(after, expected=before)
    return dossier


def identified(here: House | Service, iin: Iin | None = None, **which: Any) -> Dossier:
    return move(here, confirmed(here, iin, **which), "identify", method=Method.AUTOMATIC_FACE)


def with_access(here: House | Service, iin: Iin | None = None, **which: Any) -> Dossier:
    with opened(here, identified(here, iin, **which)) as (work, found):
        return terms.agree_access(work, dossier=found, text=ACCESS, shown=ACCESS.sha256, now=_now(here))


def with_terms(here: House | Service, iin: Iin | None = None, **which: Any) -> Dossier:
    with opened(here, with_access(here, iin, **which)) as (work, found):
        return terms.agree_terms(work, dossier=found, text=TERMS, shown=TERMS.sha256, now=_now(here))


def agreed(here: House | Service, iin: Iin | None = None, **which: Any) -> Dossier:
    with opened(here, with_terms(here, iin, **which)) as (work, found):
        return terms.give_contact(
            work, dossier=found, email="Damir@Example.kz", storage=StorageKind.FILE, now=_now(here)
        )


def submitted(
    here: House | Service, iin: Iin | None = None, *, raw_request: bytes | None = None, **which: Any
) -> Dossier:
    """With a key of the citizen's own, and the order to issue."""
    raw = raw_request or builders.request(builders.new_key())
    with opened(here, agreed(here, iin, **which)) as (work, found):
        kept = dossiers.keep_key(work, dossier=found, reference="key-1", now=_now(here))
        assert kept.number is not None
        submit.by_owner(work, number=kept.number, raw_request=raw, now=_now(here))
        return kept


def issued(here: House, **which: Any) -> tuple[Dossier, Certificate]:
    dossier = submitted(here, **which)
    assert dossier.number is not None
    return dossier, builders.carry_out(here, dossier.number)


def accepted(here: House, **which: Any) -> Dossier:
    dossier, _ = issued(here, **which)
    assert dossier.number is not None
    with here.work() as work:
        accept.installed(work, number=dossier.number, now=here.now)
    return dossier


def step_of(here: House | Service, dossier: Dossier) -> Step:
    with opened(here, dossier) as (work, found):
        return dossiers.step_of(work, found)
