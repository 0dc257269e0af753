"""What the applicant allows and accepts (F1, steps 11 to 13): the NCA's access to the data, the terms, and how to be
reached. When all of it is there, the application is agreed.
"""

import hmac
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from ca_core import lifecycle, records
from ca_core.certificate import StorageKind
from ca_core.dossier import Acceptance, AgreementKind, AgreementText, Dossier, Step
from ca_core.errors import Refusal
from ca_core.lifecycle import ApplicationState
from ca_core.ports import Work
from ca_core.registration import dossier as dossiers

# Where the citizen's own computer can make a key (R6); telephone and cloud have flows of their own (F4, F5).
STORAGES = (StorageKind.FILE, StorageKind.SMART_CARD, StorageKind.ID_CARD, StorageKind.USB_TOKEN)
_EMAIL_LENGTH = 254
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


class TextChanged(Refusal):
    """The text that was read is not the one in force any more: the new one is to be read."""

    code = "dossier.text_changed"


class EmailInvalid(Refusal):
    code = "dossier.email_invalid"


class StorageNotOffered(Refusal):
    """A key of this way is made on the citizen's computer, or on a medium that the key agent sees there."""

    code = "dossier.storage_not_offered"


def agree_access(
    work: Work, *, dossier: Dossier, text: AgreementText, shown: bytes, now: datetime
) -> Dossier:
    """Step 11: the NCA may read the person's data. `shown` is the SHA-256 of the text that the page had.

    Raises OutOfOrder, TextChanged.
    """
    return _accept(work, dossier, Step.ACCESS, text, shown, now)


def agree_terms(work: Work, *, dossier: Dossier, text: AgreementText, shown: bytes, now: datetime) -> Dossier:
    """Step 12: the subscriber terms. Raises OutOfOrder, TextChanged."""
    return _accept(work, dossier, Step.AGREEMENT, text, shown, now)


def give_contact(
    work: Work,
    *,
    dossier: Dossier,
    email: str,
    storage: StorageKind,
    reported: Collection[StorageKind] = (),
    now: datetime,
) -> Dossier:
    """Step 13, the last of the three: the application is agreed. It can be corrected until the key is made.

    `reported`: the kinds that the key agent sees at this moment; where it says nothing, a file is all there is.
    Raises OutOfOrder, EmailInvalid, StorageNotOffered.
    """
    way = dossiers.require(work, dossier, Step.CONTACT, Step.KEY)
    address = parse_email(email)
    if storage not in STORAGES or storage not in (StorageKind.FILE, *reported):
        raise StorageNotOffered
    before = way.application
    if before is None:
        raise records.ApplicationUnknown
    subscriber = records.subscriber(work, before.subscriber_id)
    work.subscribers.set_email(subscriber, address)
    agreed = replace(before, storage=storage, changed_at=now)
    if before.state is ApplicationState.IDENTIFIED:
        agreed = replace(agreed, state=lifecycle.APPLICATION.after("agree", before.state))
    work.applications.save(agreed, expected=before)
    dossiers.note_application(work, agreed, act="agree", before=before, now=now)
    return dossiers.save(work, dossier, expected=dossier, now=now)


def parse_email(typed: str) -> str:
    """In lower case. Raises EmailInvalid."""
    address = typed.strip().lower()
    if len(address) > _EMAIL_LENGTH or not _EMAIL.fullmatch(address) or ".." in address:
        raise EmailInvalid
    return address


def _accept(
    work: Work, dossier: Dossier, at_step: Step, text: AgreementText, shown: bytes, now: datetime
) -> Dossier:
    way = dossiers.require(work, dossier, at_step)
    if text.kind is not _KINDS[at_step] or not hmac.compare_digest(text.sha256, shown):
        raise TextChanged
    if way.application is None:
        raise records.ApplicationUnknown
    work.own_dossiers.accept(Acceptance(way.application.number, text, now))
    dossiers.note(work, dossier, f"{text.kind.value}:accepted", now=now, reason=text.version)
    return dossiers.save(work, dossier, expected=dossier, now=now)


_KINDS = {Step.ACCESS: AgreementKind.ACCESS, Step.AGREEMENT: AgreementKind.TERMS}
