"""The versions of the policy that can be looked at: those that are shipped, and those that were ever in force here."""

from dataclasses import dataclass
from datetime import datetime

from ca_core import roles
from ca_core.policy import Policy, PolicyInvalid
from ca_core.roles import Permission
from runtime import procedures
from runtime.service import Service


@dataclass(frozen=True, slots=True)
class Version:
    """`in_force_since`: from when on decisions were made under it here; None for one that never was in force."""

    policy: Policy
    in_force_since: datetime | None
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Versions:
    """Oldest first. `unreadable`: kept texts of a time when the policy had fewer values."""

    known: tuple[Version, ...]
    unreadable: tuple[str, ...]


def known(service: Service, *, actor: roles.Actor) -> Versions:
    """Raises NotAllowed."""
    roles.require(actor, Permission.VIEW_POLICY)
    with service.look() as work:
        kept = work.policies.all()
    policies = {one.version: one for one in (*map(procedures.load, procedures.PRESETS), service.policy)}
    unreadable = []
    for one in kept:
        try:
            policies.setdefault(one.version, procedures.parse(one.source))
        except PolicyInvalid:
            unreadable.append(one.version)
    since = {one.version: one.in_force_since for one in kept}
    found = [
        Version(one, since.get(version), version == service.policy.version)
        for version, one in policies.items()
    ]
    oldest_first = sorted(
        found, key=lambda one: (one.policy.valid_from, one.policy.name, one.policy.revision)
    )
    return Versions(tuple(oldest_first), tuple(unreadable))
