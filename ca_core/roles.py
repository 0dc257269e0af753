"""Who exists and what each may do. Every operation asks here before it does anything."""

from dataclasses import dataclass
from enum import StrEnum

from ca_core.errors import Refusal


class NotAllowed(Refusal):
    code = "role.not_allowed"


class Role(StrEnum):
    CALL_AGENT = "call_agent"
    MODERATOR = "moderator"
    RA_OFFICER = "ra_officer"
    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What may be done, named as the audit log names it: subject and action."""

    SEARCH_CERTIFICATES = "certificate:search"
    VIEW_HOLDER = "subscriber:view"
    REVEAL_PERSONAL_DATA = "subscriber:reveal"
    REVOKE_WITH_OWNER = "certificate:revoke"
    PROPOSE_BY_LAW = "certificate:propose"
    AGREE_TO_PROPOSAL = "proposal:agree"
    OPEN_RENEWAL = "certificate:renew"
    REISSUE = "certificate:reissue"
    SUBMIT_APPLICATION = "application:submit"
    VIEW_STATISTICS = "statistics:view"
    EXPORT_STATISTICS = "statistics:export"
    TAKE_CALLS = "call:take"
    VIEW_CALLS = "call:list"
    LISTEN_IN = "call:listen"
    SPEAK_IN = "call:speak"
    SETTLE_CALLS = "call:settle"
    VIEW_EVIDENCE = "evidence:view"
    VIEW_REVIEWS = "review:list"
    DECIDE_REVIEWS = "review:decide"
    VIEW_OPERATIONS = "operations:view"
    RETRY_GIVEN_UP = "operations:retry"
    VIEW_POLICY = "policy:view"
    VIEW_AUDIT = "audit:view"
    MANAGE_STAFF = "staff:manage"


_OFFICER = frozenset(
    {
        Permission.SEARCH_CERTIFICATES,
        Permission.VIEW_HOLDER,
        Permission.REVEAL_PERSONAL_DATA,
        Permission.REVOKE_WITH_OWNER,
        Permission.PROPOSE_BY_LAW,
        Permission.AGREE_TO_PROPOSAL,
        Permission.OPEN_RENEWAL,
        Permission.REISSUE,
        Permission.SUBMIT_APPLICATION,
        Permission.VIEW_POLICY,
    }
)

# What a call agent may do for the identified caller of their own call, and for nobody else (F2, R9):
# `records.require_for` asks whose certificates they are.
FOR_THE_CALLER = frozenset(
    {
        Permission.VIEW_HOLDER,
        Permission.REVEAL_PERSONAL_DATA,
        Permission.REVOKE_WITH_OWNER,
        Permission.OPEN_RENEWAL,
        Permission.REISSUE,
    }
)

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.CALL_AGENT: FOR_THE_CALLER | {Permission.TAKE_CALLS, Permission.VIEW_CALLS, Permission.VIEW_POLICY},
    Role.MODERATOR: frozenset({Permission.VIEW_REVIEWS, Permission.DECIDE_REVIEWS, Permission.VIEW_POLICY}),
    Role.RA_OFFICER: _OFFICER,
    Role.ANALYST: frozenset(
        {Permission.VIEW_STATISTICS, Permission.EXPORT_STATISTICS, Permission.VIEW_POLICY}
    ),
    Role.SUPERVISOR: frozenset(
        {
            Permission.VIEW_CALLS,
            Permission.LISTEN_IN,
            Permission.SPEAK_IN,
            Permission.SETTLE_CALLS,
            Permission.VIEW_EVIDENCE,
            Permission.VIEW_REVIEWS,
            Permission.VIEW_STATISTICS,
            Permission.VIEW_OPERATIONS,
            Permission.RETRY_GIVEN_UP,
            Permission.VIEW_POLICY,
            Permission.SEARCH_CERTIFICATES,
            Permission.VIEW_HOLDER,
            Permission.AGREE_TO_PROPOSAL,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.VIEW_OPERATIONS,
            Permission.RETRY_GIVEN_UP,
            Permission.VIEW_POLICY,
            Permission.MANAGE_STAFF,
            Permission.VIEW_AUDIT,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Permission.VIEW_AUDIT,
            Permission.VIEW_CALLS,
            Permission.VIEW_EVIDENCE,
            Permission.VIEW_REVIEWS,
            Permission.VIEW_POLICY,
            Permission.VIEW_OPERATIONS,
            Permission.VIEW_STATISTICS,
            Permission.SEARCH_CERTIFICATES,
            Permission.VIEW_HOLDER,
        }
    ),
}


class Door(StrEnum):
    """The way an operation was asked for."""

    CONSOLE = "console"
    PORTAL = "portal"
    JOB = "job"
    COMMAND_LINE = "command_line"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks: a member of staff with one role, or the system itself (no role, name of the job)."""

    name: str
    role: Role | None
    door: Door
    staff_id: int | None = None
    # R12: what is done at a counter counts for the region of the office. 0 = no office.
    region: int = 0

    @property
    def is_system(self) -> bool:
        return self.role is None and self.door in (Door.JOB, Door.COMMAND_LINE)


OWNER = Actor(name="owner", role=None, door=Door.PORTAL)


def may(actor: Actor, permission: Permission) -> bool:
    """For screens that hide what is off. Operations call `require`."""
    return actor.role is not None and permission in GRANTS[actor.role]


def require(actor: Actor, permission: Permission) -> None:
    """Raises NotAllowed."""
    if not may(actor, permission):
        raise NotAllowed(permission=permission.value)


def require_system(actor: Actor) -> None:
    """For what only a job or the command line does. Raises NotAllowed."""
    if not actor.is_system:
        raise NotAllowed(permission="system")
