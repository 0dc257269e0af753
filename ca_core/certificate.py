"""The certificate record: how it came to be, where its key lives, and its status at an instant."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum

from ca_core.identifiers import Serial
from ca_core.lifecycle import CertificateState


class Channel(IntEnum):
    """The entry by which the application came (R5)."""

    EGOV = 1
    PKI = 2
    MOBILE = 3
    CLOUD = 4
    COUNTER = 5


class StorageKind(IntEnum):
    """Where the private key was made and lives (R6)."""

    FILE = 1
    SMART_CARD = 2
    ID_CARD = 3
    SIM = 4
    USB_TOKEN = 5
    MOBILE_APP = 6
    CLOUD = 7


class Kind(IntEnum):
    """Why it was issued: first or further certificate, same key again (4.6), new key after loss (4.7)."""

    NEW = 1
    RENEWAL = 2
    REISSUE = 3


class Method(IntEnum):
    """How the person was identified; stamped into the certificate's extended key usage."""

    COUNTER = 1
    VIDEO_CALL = 2
    MODERATOR = 3
    AUTOMATIC_FACE = 4


class Purpose(IntEnum):
    """Which profile: a signing or an authentication certificate."""

    SIGNING = 1
    AUTHENTICATION = 2


class AgeBand(IntEnum):
    """Age of the holder on the day of issue."""

    UNDER_18 = 1
    FROM_18 = 2
    FROM_25 = 3
    FROM_35 = 4
    FROM_45 = 5
    FROM_55 = 6
    FROM_65 = 7


_BANDS = (
    (65, AgeBand.FROM_65),
    (55, AgeBand.FROM_55),
    (45, AgeBand.FROM_45),
    (35, AgeBand.FROM_35),
    (25, AgeBand.FROM_25),
    (18, AgeBand.FROM_18),
)


def age_band(born: date, on: date) -> AgeBand:
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return next((band for years, band in _BANDS if age >= years), AgeBand.UNDER_18)


class Status(StrEnum):
    """What a relying party may conclude at an instant; computed, never stored."""

    NOT_ISSUED = "not_issued"
    NOT_YET_VALID = "not_yet_valid"
    VALID = "valid"
    ON_HOLD = "on_hold"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Facets:
    """What every published figure can be broken down by."""

    kind: Kind
    channel: Channel
    storage: StorageKind
    region: int
    method: Method
    age_band: AgeBand


@dataclass(frozen=True, slots=True)
class Certificate:
    certificate_id: int
    serial: Serial
    subscriber_id: int
    application_id: int
    purpose: Purpose
    facets: Facets
    mobile_only: bool
    state: CertificateState
    not_before: datetime
    not_after: datetime
    policy_version: str
    key_id: bytes
    fingerprint: bytes
    previous_id: int | None = None
    issued_at: datetime | None = None
    accepted_at: datetime | None = None
    lost_reported_at: datetime | None = None
    held_at: datetime | None = None
    hold_until: datetime | None = None
    revoked_at: datetime | None = None
    reason: int | None = None


NEVER_OUT = frozenset({CertificateState.RESERVED, CertificateState.PREPARED, CertificateState.ABANDONED})


def never_came(certificate: Certificate) -> bool:
    """Reserved or prepared once, and over before it was issued: it stands in nobody's way."""
    over = (CertificateState.ABANDONED, CertificateState.REVOKED)
    return certificate.issued_at is None and certificate.state in over


def status(certificate: Certificate, now: datetime) -> Status:
    """Revoked outranks expired outranks held: a revocation stays true after the end of validity."""
    if certificate.state is CertificateState.REVOKED:
        return Status.REVOKED
    if certificate.state in NEVER_OUT:
        return Status.NOT_ISSUED
    if now > certificate.not_after:
        return Status.EXPIRED
    if now < certificate.not_before:
        return Status.NOT_YET_VALID
    if certificate.state is CertificateState.ON_HOLD:
        return Status.ON_HOLD
    return Status.VALID
