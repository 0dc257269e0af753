"""The person: as the state register knows them, their mobile registration, and the holder that staff see."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

from ca_core.identifiers import Iin, Phone, Sex


class DocumentKind(IntEnum):
    """Identity documents issued in Kazakhstan (R2)."""

    PASSPORT = 1
    ID_CARD = 2
    RESIDENCE_PERMIT = 3


@dataclass(frozen=True, slots=True)
class Person:
    """An entry of the state register of persons. Names always come from here."""

    iin: Iin
    surname: str
    given_name: str
    patronymic: str
    surname_latin: str
    given_name_latin: str
    born_on: date
    sex: Sex
    region: int
    language: str
    document_kind: DocumentKind
    document_number: str
    document_expires_on: date
    deceased_on: date | None = None


@dataclass(frozen=True, slots=True)
class MobileRegistration:
    """An entry of the BMG: one IIN has one current phone, one phone serves one IIN (R3)."""

    iin: Iin
    phone: Phone
    since: datetime
    registered_by: str


@dataclass(frozen=True, slots=True)
class PastRegistration:
    """One line of an IIN's history in the BMG; `until` is None for the current phone (R3)."""

    phone: Phone
    since: datetime
    registered_by: str
    call_id: int | None
    until: datetime | None = None
    ended_by: str = ""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person with at least one application here."""

    subscriber_id: int
    iin: Iin
    surname: str
    given_name: str
    patronymic: str
    born_on: date
    sex: Sex
    region: int
    language: str
    phone: Phone | None
    email: str
