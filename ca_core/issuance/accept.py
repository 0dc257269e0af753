"""The subscriber takes the certificate (RFC 3647 4.4)."""

from dataclasses import replace
from datetime import datetime

from ca_core import audit, consent, lifecycle, records, roles
from ca_core.certificate import Certificate, Kind
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Serial
from ca_core.issuance import renew
from ca_core.ports import Work

PURPOSE_TAKE = "take_renewed"


class NotIssuedYet(Refusal):
    """There is no certificate of this application to take. Facts: state."""

    code = "accept.not_issued"


def by_owner(work: Work, *, actor: roles.Actor, serial: Serial, now: datetime) -> Certificate:
    """An officer writes down that the owner took it over. Raises NotAllowed, NotTheCaller,
    CertificateUnknown, TransitionRefused.
    """
    roles.require(actor, roles.Permission.REISSUE)
    found = records.certificate(work, serial)
    records.require_for(work, actor, roles.Permission.REISSUE, subscriber_id=found.subscriber_id)
    return _accepted(work, actor, found, now)


def installed(work: Work, *, number: ApplicationId, now: datetime) -> Certificate:
    """Step 16: the key agent has installed the certificate of this application under its owner's password (R15).

    The same again changes nothing. One that was put on hold meanwhile is taken, and stays on hold (R10a); one that
    was revoked is not.

    Raises ApplicationUnknown, NotIssuedYet, TransitionRefused.
    """
    wanted = records.application(work, number)
    found = work.certificates.of_application(number)
    if found is None or found.issued_at is None:
        raise NotIssuedYet(state=wanted.state.name)
    # Taken before: a hold or a revocation since then does not change that.
    if found.accepted_at is not None:
        return found
    return _accepted(work, roles.OWNER, found, now)


def renewed(work: Work, *, serial: Serial, owner: consent.OwnerConsent, now: datetime) -> Certificate:
    """The owner's key agent has put the renewed certificate beside its key (R8). Else as `installed`.

    Raises ConsentMissing, CertificateUnknown, NotARenewal, KeyElsewhere, NotIssuedYet, TransitionRefused.
    """
    consent.require(owner, purpose=PURPOSE_TAKE, subject=serial.hex, now=now)
    found = records.certificate(work, serial)
    if found.facets.kind is not Kind.RENEWAL:
        raise renew.NotARenewal
    renew.require_key_in_file(found)
    return installed(work, number=ApplicationId.of(found.application_id), now=now)


def _accepted(work: Work, actor: roles.Actor, found: Certificate, now: datetime) -> Certificate:
    act = "accept_held" if lifecycle.CERTIFICATE.allows("accept_held", found.state) else "accept"
    accepted = replace(found, state=lifecycle.CERTIFICATE.after(act, found.state), accepted_at=now)
    work.certificates.save(accepted, expected=found)
    wanted = records.application(work, ApplicationId.of(found.application_id))
    closed = replace(wanted, state=lifecycle.APPLICATION.after("accept", wanted.state), changed_at=now)
    work.applications.save(closed, expected=wanted)
    work.certificates.tell(found.certificate_id, at=now, event="accepted", by=actor.name)
    work.audit.add(
        audit.Entry(
            now, actor, "certificate:accept:done", found.serial.hex, found.state.name, accepted.state.name,
            policy_version=work.policy.version,
        )
    )  # fmt: skip
    return accepted
