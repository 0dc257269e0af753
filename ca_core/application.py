"""The dossier: what was asked for, by which entry, and how far it has come (R5)."""

from dataclasses import dataclass
from datetime import datetime

from ca_core.certificate import Channel, Kind, Method, Purpose, StorageKind
from ca_core.identifiers import ApplicationId
from ca_core.lifecycle import ApplicationState


@dataclass(frozen=True, slots=True)
class Application:
    number: ApplicationId
    subscriber_id: int
    kind: Kind
    purpose: Purpose
    channel: Channel
    storage: StorageKind
    method: Method
    region: int
    state: ApplicationState
    opened_at: datetime
    changed_at: datetime
    policy_version: str
    opened_by: str = ""
    # The member of staff behind that name; names change, and two people may share one.
    opened_by_id: int | None = None
    label: str = ""
    mobile_only: bool = False
    previous_certificate_id: int | None = None
    public_key: bytes = b""
    key_id: bytes = b""
    reason: str = ""
