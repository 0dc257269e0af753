"""The citizen's way from the first page to the application (F1, steps 1 to 8), and how it is taken up again.

Each operation demands its step: whatever comes out of order, twice or from a second tab is told which step is next.
Steps 4, 6 and 9 are `identification`, 10 is `verification`, 11 to 13 are `terms`, 14 is `issuance.submit`.
"""

import contextlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ca_core import audit, lifecycle, records, roles
from ca_core.application import Application
from ca_core.certificate import Channel, Kind, Method, Purpose, StorageKind
from ca_core.dossier import Camera, Company, Dossier, Step, Way, step
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Iin, Serial
from ca_core.lifecycle import ApplicationState
from ca_core.ports import Work
from ca_core.registration import bmg, review

# As long as an application may stay open: whoever comes later begins anew.
KEPT_FOR = timedelta(days=30)
# Without an act of the applicant. Whoever sits at the same computer after that shows the code again (R4).
SIGNED_IN_FOR = timedelta(hours=1)
_REFERENCE_LENGTH = 200


class DossierUnknown(Refusal):
    """This browser has no dossier: it never began, was away for thirty days, or went on elsewhere."""

    code = "dossier.unknown"


class OutOfOrder(Refusal):
    """Another step is to be done first, or this one is done. Facts: step."""

    code = "dossier.out_of_order"

    def __init__(self, *, step: Step) -> None:
        super().__init__(step=int(step))
        self.step = step


class UnderDirection(Refusal):
    """Somebody who is not there tells the applicant what to press (R13): the way stops here."""

    code = "dossier.under_direction"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an application stands (step 15). `reason` is a refusal's code, or a moderator's reason."""

    number: ApplicationId
    state: ApplicationState
    opened_at: datetime
    since: datetime
    reason: str
    # The key agent erases the waiting key: it will never have a certificate that holds.
    key_is_void: bool
    serial: Serial | None = None
    not_after: datetime | None = None
    # It is on hold and was not taken yet: until then it is not installed, unless the hold is lifted sooner (R10a).
    held_until: datetime | None = None


def begin(
    work: Work, *, token_digest: bytes, language: str, channel: Channel = Channel.EGOV, now: datetime
) -> Dossier:
    """Step 1: the applicant chose to get an ЭЦП remotely. The same cookie again finds its dossier."""
    mine = work.own_dossiers.by_digest(token_digest)
    if mine is not None:
        return mine
    begun = Dossier(
        dossier_id=0,
        token_digest=token_digest,
        language=language,
        channel=channel,
        opened_at=now,
        changed_at=now,
    )
    return replace(begun, dossier_id=work.own_dossiers.add(begun))


def of_token(work: Work, *, token_digest: bytes, now: datetime) -> Dossier | None:
    """The dossier of this cookie, unless thirty days have passed over it; after an hour nobody is signed in to it."""
    found = work.own_dossiers.by_digest(token_digest)
    if found is None or now >= found.changed_at + KEPT_FOR:
        return None
    return found if now < found.changed_at + SIGNED_IN_FOR else replace(found, signed_in_at=None)


def find(work: Work, *, token_digest: bytes, now: datetime) -> Dossier:
    """As `of_token`. Raises DossierUnknown."""
    found = of_token(work, token_digest=token_digest, now=now)
    if found is None:
        raise DossierUnknown
    return found


def way(work: Work, dossier: Dossier) -> Way:
    """All the facts that the step follows from."""
    registration = work.bmg.of_iin(dossier.iin) if dossier.iin is not None else None
    if dossier.number is None:
        return Way(dossier, registration)
    accepted = frozenset(a.text.kind for a in work.own_dossiers.acceptances(dossier.number))
    application = records.application(work, dossier.number)
    is_out = application.state is ApplicationState.ISSUED
    certificate = work.certificates.of_application(dossier.number) if is_out else None
    return Way(dossier, registration, application, accepted, certificate)


def step_of(work: Work, dossier: Dossier) -> Step:
    """The step that is next."""
    return step(way(work, dossier))


def require(work: Work, dossier: Dossier, *allowed: Step) -> Way:
    """Raises OutOfOrder, which names the step to do."""
    found = way(work, dossier)
    if step(found) not in allowed:
        raise OutOfOrder(step=step(found))
    return found


def require_signed_in(dossier: Dossier) -> None:
    """Raises OutOfOrder."""
    if dossier.signed_in_at is None:
        raise OutOfOrder(step=Step.CODE)


def note_camera(work: Work, *, dossier: Dossier, camera: Camera, now: datetime) -> Dossier:
    """Step 2. Whoever has no camera goes on to the IIN all the same: the face can wait. Raises OutOfOrder."""
    require(work, dossier, Step.CAMERA, Step.IIN)
    return save(work, replace(dossier, camera=camera), expected=dossier, now=now)


def enter_iin(work: Work, *, dossier: Dossier, iin: Iin, company: Company, now: datetime) -> Dossier:
    """Step 3: the IIN counts once the applicant said that this is their own will (R13). It can be corrected
    until a code was confirmed.

    Raises UnderDirection, TooManyLookUps, OutOfOrder.
    """
    at = require(work, dossier, *_BEFORE_SIGN_IN)
    if at.application is not None:
        # It is this person's: another one begins elsewhere.
        raise OutOfOrder(step=step(at))
    if company is Company.TOLD:
        work.after_refusal(
            lambda later: note(later, dossier, "iin:refused", now=now, reason=UnderDirection.code)
        )
        raise UnderDirection
    found = bmg.look_up(work, iin=iin, device=dossier.token_digest, now=now)
    since = dossier.without_phone_at if dossier.iin == iin else None
    entered = replace(dossier, iin=iin, company=company, without_phone_at=since or (None if found else now))
    return save(work, entered, expected=dossier, now=now)


def say_phone_lost(work: Work, *, dossier: Dossier, now: datetime) -> Dossier:
    """Step 4 cannot be done: the BMG's phone is not at hand, so a call registers another one. Raises OutOfOrder."""
    require(work, dossier, Step.CODE, Step.CODE_AFTER_CALL)
    return save(work, replace(dossier, without_phone_at=now), expected=dossier, now=now)


def say_phone_found(work: Work, *, dossier: Dossier, now: datetime) -> Dossier:
    """The BMG's phone is there after all. Raises OutOfOrder, also where there is none."""
    found = require(work, dossier, Step.CALL)
    if found.registration is None:
        raise OutOfOrder(step=Step.CALL)
    return save(work, replace(dossier, without_phone_at=None), expected=dossier, now=now)


def note_agent(work: Work, *, dossier: Dossier, now: datetime) -> Dossier:
    """Step 7: the page has spoken with the key agent on this computer. Raises OutOfOrder."""
    require(work, dossier, Step.AGENT)
    return save(work, replace(dossier, agent_at=now), expected=dossier, now=now)


def proceed(work: Work, *, dossier: Dossier, now: datetime) -> Dossier:
    """Step 8: the application exists and has its number (R5); how its owner proves to be that person comes next.

    Raises OutOfOrder, PersonUnknown, PersonDeceased, DocumentExpired.
    """
    require(work, dossier, Step.PROCEED)
    subscriber = records.subscriber_for(work, iin=_iin(dossier), now=now)
    started = Application(
        number=ApplicationId.draw(),
        subscriber_id=subscriber.subscriber_id,
        kind=Kind.NEW,
        purpose=Purpose.SIGNING,
        channel=dossier.channel,
        storage=StorageKind.FILE,
        # Until it is proven, the way that is tried first.
        method=Method.AUTOMATIC_FACE,
        region=subscriber.region,
        state=lifecycle.APPLICATION.first,
        opened_at=now,
        changed_at=now,
        policy_version=work.policy.version,
    )
    work.applications.add(started)
    note_application(work, started, act="start", now=now)
    return save(work, replace(dossier, number=started.number), expected=dossier, now=now)


def resumable(work: Work, *, dossier: Dossier) -> list[Application]:
    """This person's applications that began elsewhere and wait for their owner, newest first; none before the code."""
    if dossier.signed_in_at is None or dossier.iin is None or dossier.number is not None:
        return []
    others = [d.number for d in work.own_dossiers.of_iin(dossier.iin) if d.number is not None]
    found = [records.application(work, number) for number in others]
    return [application for application in found if _waits(application.state)]


def resume(work: Work, *, dossier: Dossier, number: ApplicationId, now: datetime) -> Dossier:
    """On another device, after IIN and code: the earlier dossier goes on under this cookie, and under no other.

    Until the key was sent the face is asked for again. After that it is the key that counts: it lies encrypted where
    it was made, and this device learns no more than a code shows in the cabinet.

    Raises OutOfOrder, ApplicationUnknown, ChangedMeanwhile.
    """
    require(work, dossier, Step.AGENT, Step.PROCEED)
    earlier = work.own_dossiers.by_number(number)
    if earlier is None or number not in [a.number for a in resumable(work, dossier=dossier)]:
        raise records.ApplicationUnknown
    work.own_dossiers.erase(dossier)
    note(work, earlier, "resume:done", now=now)
    _prove_again(work, number, now)
    moved = replace(
        earlier,
        token_digest=dossier.token_digest,
        language=dossier.language,
        camera=dossier.camera,
        company=dossier.company,
        signed_in_at=dossier.signed_in_at,
        agent_at=dossier.agent_at or earlier.agent_at,
    )
    return save(work, moved, expected=earlier, now=now)


def _prove_again(work: Work, number: ApplicationId, now: datetime) -> None:
    """R4: whoever holds the phone need not be the one whose face was seen. A check that runs on the other device ends,
    and a moderator is asked about no photo of it; the attempts stay in the history, and count.
    """
    running = work.face_challenges.living_of(number)
    if running is not None:
        work.face_challenges.save(replace(running, ended_at=now), expected=running)
    found = records.application(work, number)
    if not lifecycle.APPLICATION.allows("prove_again", found.state):
        return
    waiting = work.reviews.open_of(number)
    if waiting is not None:
        review.withdrawn(work, roles.OWNER, waiting, now)
    state = lifecycle.APPLICATION.after("prove_again", found.state)
    unproven = replace(found, state=state, changed_at=now, reason="")
    work.applications.save(unproven, expected=found)
    note_application(work, unproven, act="prove_again", before=found, now=now)


def withdraw(work: Work, *, dossier: Dossier, now: datetime) -> Dossier:
    """The applicant no longer wants it. Raises DossierUnknown, OutOfOrder, TransitionRefused."""
    require_signed_in(dossier)
    application = _application(work, dossier)
    state = lifecycle.APPLICATION.after("withdraw", application.state)
    withdrawn = replace(application, state=state, changed_at=now)
    work.applications.save(withdrawn, expected=application)
    note_application(work, withdrawn, act="withdraw", before=application, now=now)
    return save(work, dossier, expected=dossier, now=now)


def begin_again(work: Work, *, dossier: Dossier, now: datetime) -> Dossier:
    """After an application that ended, or was accepted, the next one begins with a fresh code (R5).

    Raises OutOfOrder.
    """
    application = _application(work, dossier)
    if lifecycle.APPLICATION.acts_from(application.state):
        raise OutOfOrder(step=step_of(work, dossier))
    emptied = replace(
        dossier,
        number=None,
        signed_in_at=None,
        without_phone_at=None,
        confirmed_at=None,
        key_reference="",
    )
    return save(work, emptied, expected=dossier, now=now)


def keep_key(work: Work, *, dossier: Dossier, reference: str, now: datetime) -> Dossier:
    """Step 14: what the key agent calls the key, so that step 16 finds it. The same again changes nothing.

    Raises OutOfOrder.
    """
    kept = reference[:_REFERENCE_LENGTH]
    if kept and dossier.key_reference == kept:
        return dossier
    require(work, dossier, Step.KEY)
    return save(work, replace(dossier, key_reference=kept), expected=dossier, now=now)


def standing(work: Work, *, dossier: Dossier) -> Standing:
    """Step 15. Raises DossierUnknown where there is no application yet."""
    application = _application(work, dossier)
    issued = work.certificates.of_application(application.number)
    out = issued is not None and issued.issued_at is not None
    taken = issued is not None and issued.accepted_at is not None
    return Standing(
        number=application.number,
        state=application.state,
        opened_at=application.opened_at,
        since=application.changed_at,
        reason=application.reason,
        key_is_void=not taken and not lifecycle.APPLICATION.acts_from(application.state),
        serial=issued.serial if issued is not None and out else None,
        not_after=issued.not_after if issued is not None and out else None,
        held_until=issued.hold_until if issued is not None and not taken else None,
    )


def forget(work: Work, *, actor: roles.Actor, now: datetime, limit: int) -> int:
    """Erases dossiers over which thirty days have passed, and look-ups of yesterday (R14). Raises NotAllowed."""
    roles.require_system(actor)
    work.look_ups.forget_before(now - bmg.COUNTED_FOR)
    stale = work.own_dossiers.untouched_since(now - KEPT_FOR, limit)
    for dossier in stale:
        with contextlib.suppress(records.ChangedMeanwhile):
            work.own_dossiers.erase(dossier)
    return len(stale)


_BEFORE_SIGN_IN = (Step.IIN, Step.CODE, Step.CALL, Step.CODE_AFTER_CALL)


def _waits(state: ApplicationState) -> bool:
    """There is something left to do or to receive."""
    return bool(lifecycle.APPLICATION.acts_from(state))


def _iin(dossier: Dossier) -> Iin:
    if dossier.iin is None:
        raise OutOfOrder(step=Step.IIN)
    return dossier.iin


def _application(work: Work, dossier: Dossier) -> Application:
    if dossier.number is None:
        raise DossierUnknown
    return records.application(work, dossier.number)


def save(work: Work, changed: Dossier, *, expected: Dossier, now: datetime) -> Dossier:
    """Each act of the applicant keeps the dossier for another thirty days. Raises ChangedMeanwhile."""
    return work.own_dossiers.save(replace(changed, changed_at=now), expected=expected)


def note(work: Work, dossier: Dossier, event: str, *, now: datetime, reason: str = "") -> None:
    """One audit entry of what the applicant did, or was refused, in this dossier."""
    work.audit.add(
        audit.Entry(
            now, roles.OWNER, f"dossier:{event}", f"dossier/{dossier.dossier_id}", reason=reason,
            policy_version=work.policy.version,
        )
    )  # fmt: skip


def note_application(
    work: Work, application: Application, *, act: str, before: Application | None = None, now: datetime
) -> None:
    """One audit entry of what the applicant did with their application."""
    work.audit.add(
        audit.Entry(
            now, roles.OWNER, f"application:{act}:done", application.number.digits,
            before.state.name if before else "", application.state.name, policy_version=work.policy.version,
        )
    )  # fmt: skip
