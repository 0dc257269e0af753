"""A hold is no revocation (R10a; RFC 3647 4.9.13-4.9.16).

The owner's button or two officers on a fraud case set it, for the policy's time at most; the owner's code
or two officers lift it; it ends by itself with its time or with the certificate.
"""

from dataclasses import replace
from datetime import datetime

from ca_core import audit, certificate, consent, lifecycle, notices, records, roles, statistics
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import Serial
from ca_core.lifecycle import CertificateState
from ca_core.ports import Work
from ca_core.revocation import reasons, revoke, two_officers
from ca_core.x509 import crl

ACT_HOLD = "hold"
ACT_RELEASE = "release_hold"
PURPOSE_RELEASE = "release_hold"
PURPOSE_NOT_ME = "not_me"
PURPOSE_HOLD = "hold"


class NotValid(Refusal):
    """Only a valid certificate can be put on hold. Facts: status."""

    code = "hold.not_valid"


class NotOnHold(Refusal):
    code = "hold.not_on_hold"


class CaseMissing(Refusal):
    """A hold by officers needs the number of the fraud case."""

    code = "hold.case_missing"


def require_holdable(found: Certificate, *, now: datetime) -> None:
    """Raises NotValid."""
    standing = certificate.status(found, now)
    if standing is not certificate.Status.VALID:
        raise NotValid(status=standing.value)


def require_on_hold(found: Certificate) -> None:
    """Raises NotOnHold."""
    if found.state is not CertificateState.ON_HOLD:
        raise NotOnHold


def propose(work: Work, *, actor: roles.Actor, serial: Serial, case: str, now: datetime) -> int:
    """First of two officers. Raises NotAllowed, CertificateUnknown, NotValid, CaseMissing."""
    roles.require(actor, roles.Permission.PROPOSE_BY_LAW)
    require_holdable(records.certificate(work, serial), now=now)
    return two_officers.propose(work, actor=actor, act=ACT_HOLD, serial=serial, payload=_case(case), now=now)


def propose_release(work: Work, *, actor: roles.Actor, serial: Serial, case: str, now: datetime) -> int:
    """First of two officers. Raises NotAllowed, CertificateUnknown, NotOnHold, CaseMissing."""
    roles.require(actor, roles.Permission.PROPOSE_BY_LAW)
    require_on_hold(records.certificate(work, serial))
    return two_officers.propose(
        work, actor=actor, act=ACT_RELEASE, serial=serial, payload=_case(case), now=now
    )


def _case(case: str) -> tuple[tuple[str, str], ...]:
    if len(case.strip()) < 3:
        raise CaseMissing
    return (("case", case.strip()),)


def agree(work: Work, *, actor: roles.Actor, proposal_id: int, now: datetime) -> Certificate:
    """Second of two officers. Raises as `revoke.agree_by_law`, and NotValid."""
    agreed = two_officers.agree(work, actor=actor, act=ACT_HOLD, proposal_id=proposal_id, now=now)
    found = records.certificate(work, Serial.parse(agreed.subject))
    why = f"case {dict(agreed.payload)['case']}; asked by {agreed.asked_by_name}"
    return place(work, actor=actor, found=found, why=why, now=now)


def agree_release(work: Work, *, actor: roles.Actor, proposal_id: int, now: datetime) -> Certificate:
    """Second of two officers. Raises as `revoke.agree_by_law`, and NotOnHold."""
    agreed = two_officers.agree(work, actor=actor, act=ACT_RELEASE, proposal_id=proposal_id, now=now)
    found = records.certificate(work, Serial.parse(agreed.subject))
    why = f"case {dict(agreed.payload)['case']}; asked by {agreed.asked_by_name}"
    return lift(work, actor=actor, found=found, why=why, now=now)


def by_owner(
    work: Work, *, actor: roles.Actor, serial: Serial, owner: consent.OwnerConsent, now: datetime
) -> Certificate:
    """The owner's button at their own door: "it was not me" (R14).

    Raises NotAllowed, ConsentMissing, CertificateUnknown, NotValid.
    """
    if actor != roles.OWNER:
        raise roles.NotAllowed(permission="owner")
    consent.require(owner, purpose=PURPOSE_NOT_ME, subject=serial.hex, now=now)
    return place(
        work, actor=actor, found=records.certificate(work, serial), why=f"owner by {owner.by}", now=now
    )


def with_owner(
    work: Work, *, actor: roles.Actor, serial: Serial, owner: consent.OwnerConsent, now: datetime
) -> Certificate:
    """The owner, helped by staff on the line, on the code sent to the owner's BMG phone (R4, R10a).

    Raises NotAllowed, NotTheCaller, ConsentMissing, CertificateUnknown, NotValid.
    """
    found = _for_owner(work, actor, serial)
    consent.require(owner, purpose=PURPOSE_HOLD, subject=serial.hex, now=now)
    return place(work, actor=actor, found=found, why=f"owner by {owner.by}", now=now)


def release_by_owner(
    work: Work, *, actor: roles.Actor, serial: Serial, owner: consent.OwnerConsent, now: datetime
) -> Certificate:
    """The owner's code lifts it, in the cabinet or with staff on the line.

    Raises NotAllowed, NotTheCaller, ConsentMissing, CertificateUnknown, NotOnHold.
    """
    found = _for_owner(work, actor, serial)
    consent.require(owner, purpose=PURPOSE_RELEASE, subject=serial.hex, now=now)
    return lift(work, actor=actor, found=found, why=f"owner by {owner.by}", now=now)


def _for_owner(work: Work, actor: roles.Actor, serial: Serial) -> Certificate:
    permission = roles.Permission.REVOKE_WITH_OWNER
    if actor != roles.OWNER:
        roles.require(actor, permission)
    found = records.certificate(work, serial)
    records.require_for_owner(work, actor, permission, subscriber_id=found.subscriber_id)
    return found


def expire(work: Work, *, actor: roles.Actor, serial: Serial, now: datetime) -> Certificate:
    """The hold's time is over: it lifts by itself. Raises NotAllowed, NotOnHold."""
    roles.require_system(actor)
    return lift(work, actor=actor, found=records.certificate(work, serial), why="time is over", now=now)


def place(work: Work, *, actor: roles.Actor, found: Certificate, why: str, now: datetime) -> Certificate:
    """Raises NotValid."""
    require_holdable(found, now=now)
    held = replace(
        found,
        state=lifecycle.CERTIFICATE.after("hold", found.state),
        held_at=now,
        # A hold never outlives the certificate.
        hold_until=min(now + work.policy.certificates.hold_at_most, found.not_after),
    )
    work.certificates.save(held, expected=found)
    entry = crl.entry(found.serial.number, now, reasons.flag(reasons.Reason.CERTIFICATE_HOLD))
    work.certificates.keep_crl_entry(found.certificate_id, entry)
    work.rollups.apply(statistics.held(found, at=now))
    _after_change(work, actor, found, held, notices.NoticeKind.HELD, "hold", why, now)
    return held


def lift(work: Work, *, actor: roles.Actor, found: Certificate, why: str, now: datetime) -> Certificate:
    """Back to what it was before, accepted or not. Raises NotOnHold."""
    require_on_hold(found)
    act = "release_hold" if found.accepted_at else "release_hold_unaccepted"
    free = replace(found, state=lifecycle.CERTIFICATE.after(act, found.state), held_at=None, hold_until=None)
    work.certificates.save(free, expected=found)
    work.certificates.keep_crl_entry(found.certificate_id, None)
    work.rollups.apply(statistics.released(found, at=now))
    _after_change(work, actor, found, free, notices.NoticeKind.RELEASED, "release_hold", why, now)
    return free


def _after_change(
    work: Work,
    actor: roles.Actor,
    before: Certificate,
    after: Certificate,
    notice: notices.NoticeKind,
    act: str,
    why: str,
    now: datetime,
) -> None:
    revoke.recount_cover(work, before.subscriber_id, now=now)
    work.commands.add(revoke.publish_command(before.serial, now), now=now)
    words = {"serial": before.serial.hex}
    records.tell_owner(work, before.subscriber_id, kind=notice, words=words, now=now)
    work.certificates.tell(before.certificate_id, at=now, event=act, by=actor.name, note=why)
    work.audit.add(
        audit.Entry(
            now, actor, f"certificate:{act}:done", before.serial.hex, before.state.name, after.state.name,
            why, work.policy.version,
        )
    )  # fmt: skip
