"""The application as a statement (F1): what is asked for, by whom, and what was agreed to; `runtime` makes the PDF.

It leaves the portal as a file, so what identifies a person stands in it masked (R14); the number finds the rest.
"""

from dataclasses import dataclass
from datetime import datetime

from ca_core import records
from ca_core.certificate import Channel, Method, Purpose, StorageKind
from ca_core.dossier import Acceptance, Dossier
from ca_core.identifiers import ApplicationId, mask_email
from ca_core.lifecycle import ApplicationState
from ca_core.ports import Work
from ca_core.registration.dossier import DossierUnknown, require_signed_in

# From here on the person is the one they say, whoever said so.
_PROVEN = frozenset(
    {
        ApplicationState.IDENTIFIED,
        ApplicationState.AGREED,
        ApplicationState.SUBMITTED,
        ApplicationState.ISSUED,
        ApplicationState.ACCEPTED,
    }
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that the paper says. `key_id` is empty until the key's own request was sent."""

    number: ApplicationId
    opened_at: datetime
    since: datetime
    state: ApplicationState
    surname: str
    given_name: str
    patronymic: str
    iin: str
    phone: str
    email: str
    purpose: Purpose
    channel: Channel
    storage: StorageKind
    method: Method | None
    accepted: tuple[Acceptance, ...]
    key_id: bytes
    policy_version: str


def of(work: Work, *, dossier: Dossier) -> Statement:
    """Raises DossierUnknown where there is no application yet, OutOfOrder where the code is due again."""
    if dossier.number is None:
        raise DossierUnknown
    require_signed_in(dossier)
    application = records.application(work, dossier.number)
    subscriber = records.subscriber(work, application.subscriber_id)
    registration = work.bmg.of_iin(subscriber.iin)
    return Statement(
        number=application.number,
        opened_at=application.opened_at,
        since=application.changed_at,
        state=application.state,
        surname=subscriber.surname,
        given_name=subscriber.given_name,
        patronymic=subscriber.patronymic,
        iin=subscriber.iin.masked,
        phone=registration.phone.masked if registration else "",
        email=mask_email(subscriber.email),
        purpose=application.purpose,
        channel=application.channel,
        storage=application.storage,
        method=application.method if application.state in _PROVEN else None,
        accepted=tuple(work.own_dossiers.acceptances(application.number)),
        key_id=application.key_id,
        policy_version=application.policy_version,
    )
