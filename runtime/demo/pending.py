"""What is under way while the demo begins: photos for the moderators, dossiers left half-way, renewals to sign.

Queues are about this hour, so their instants follow the clock; everything else in the demo ends with its last day.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from ca_core.application import Application
from ca_core.certificate import Channel, Kind, Method, Purpose, StorageKind
from ca_core.identifiers import ApplicationId
from ca_core.issuance import submit
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.policy import Policy
from ca_core.subscriber import Subscriber
from runtime.demo import keys
from runtime.demo.dice import Dice
from runtime.demo.records import Desk
from runtime.demo.signing import Signed

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# State, how many, opened at least and at most so long ago.
_DOSSIERS = (
    (ApplicationState.IN_REVIEW, 24, 5 * _MINUTE, 75 * _MINUTE),
    (ApplicationState.STARTED, 24, _HOUR, 20 * _DAY),
    (ApplicationState.IDENTIFIED, 8, _HOUR, 6 * _DAY),
    (ApplicationState.AGREED, 10, _HOUR, 6 * _DAY),
    (ApplicationState.REJECTED, 26, 2 * _DAY, 90 * _DAY),
    (ApplicationState.WITHDRAWN, 18, 2 * _DAY, 90 * _DAY),
    (ApplicationState.EXPIRED, 12, 35 * _DAY, 120 * _DAY),
)
# How long after its opening something last happened to it; rejections and withdrawals take their time.
_LASTED = {
    ApplicationState.IN_REVIEW: 3 * _MINUTE,
    ApplicationState.STARTED: _MINUTE,
    ApplicationState.IDENTIFIED: 4 * _MINUTE,
    ApplicationState.AGREED: 6 * _MINUTE,
    ApplicationState.EXPIRED: submit.OPEN_FOR,
}
_REASONS = {
    ApplicationState.REJECTED: ("another_person", "not_live", "picture_altered"),
    ApplicationState.WITHDRAWN: ("applicant changed their mind", "applied again by mobile"),
}
_WAYS = (
    ((Channel.EGOV, StorageKind.FILE), 50),
    ((Channel.MOBILE, StorageKind.MOBILE_APP), 35),
    ((Channel.PKI, StorageKind.USB_TOKEN), 8),
    ((Channel.CLOUD, StorageKind.CLOUD), 7),
)
RENEWALS = 4

APPLICANTS = sum(number for _, number, _, _ in _DOSSIERS)


def dossiers(
    applicants: Sequence[Subscriber],
    numbers: Sequence[ApplicationId],
    *,
    seed: int,
    policy: Policy,
    now: datetime,
) -> list[Application]:
    """One application each."""
    states = [(state, least, most) for state, number, least, most in _DOSSIERS for _ in range(number)]
    pending = []
    for place, (state, least, most) in enumerate(states):
        dice = Dice(seed + 4, place)
        (channel, storage), opened_at = dice.weighted(_WAYS), now - dice.span(least, most)
        lasted = dice.span(_HOUR, 30 * _HOUR)
        opened = Application(
            number=numbers[place],
            subscriber_id=applicants[place].subscriber_id,
            kind=Kind.NEW,
            purpose=Purpose.SIGNING,
            channel=channel,
            storage=storage,
            method=Method.AUTOMATIC_FACE,
            region=applicants[place].region,
            state=state,
            opened_at=opened_at,
            changed_at=opened_at + _LASTED.get(state, lasted),
            policy_version=policy.version,
            mobile_only=channel is Channel.MOBILE,
            reason=dice.one_of(_REASONS.get(state, ("",))),
        )
        pending.append(opened)
    return pending


def renewals(signed: Sequence[Signed], *, desk: Desk, policy: Policy, now: datetime) -> list[Application]:
    """Opened by an officer, waiting for the owner's key (R8). Keys on chips: first looks show keys in files."""
    extended = {one.certificate.previous_id for one in signed if one.certificate.facets.kind is Kind.RENEWAL}
    open_to_it = (one for one in signed if one.certificate.certificate_id not in extended)
    waiting = islice((one for one in open_to_it if _renewable(one, now)), RENEWALS)
    return [
        Application(
            number=keys.renewal_of(one.application.number),
            subscriber_id=one.certificate.subscriber_id,
            kind=Kind.RENEWAL,
            purpose=one.certificate.purpose,
            channel=Channel.COUNTER,
            storage=one.certificate.facets.storage,
            method=one.certificate.facets.method,
            region=one.certificate.facets.region,
            state=ApplicationState.STARTED,
            opened_at=now - (place + 1) * 5 * _HOUR,
            changed_at=now - (place + 1) * 5 * _HOUR,
            policy_version=policy.version,
            opened_by=desk.officers[place % len(desk.officers)].name,
            previous_certificate_id=one.certificate.certificate_id,
            key_id=one.certificate.key_id,
        )
        for place, one in enumerate(waiting)
    ]


def _renewable(one: Signed, now: datetime) -> bool:
    """A first certificate in its last two months."""
    found = one.certificate
    left = found.not_after - now
    return (
        found.state is CertificateState.ACCEPTED
        and found.facets.storage is StorageKind.ID_CARD
        and found.facets.kind is Kind.NEW
        and _DAY < left < 60 * _DAY
    )
