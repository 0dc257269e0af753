"""What was given up is tried again by who runs the system, and that is on record."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ca_core import given_up, roles
from ca_core.audit import Entry
from ca_core.given_up import Retried
from ca_core.roles import Actor, Door, Role
from tests import builders
from tests.core.x509.authorities import NOW


@dataclass
class Pile:
    dead: int

    def retry_dead(self, now: object) -> int:
        waiting, self.dead = self.dead, 0
        return waiting


@dataclass
class Log:
    entries: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)


@dataclass
class Work:
    commands: Pile = field(default_factory=lambda: Pile(3))
    outbox: Pile = field(default_factory=lambda: Pile(2))
    audit: Log = field(default_factory=Log)


def staff() -> Iterator[Actor]:
    for role in Role:
        yield Actor("Somebody", role, Door.CONSOLE, staff_id=1)


@pytest.mark.parametrize("actor", [builders.JOB, *staff()])
def test_who_runs_the_system_has_it_tried_again_and_nobody_else(actor: Actor) -> None:
    work = Work()
    if actor.role not in (None, Role.SUPERVISOR, Role.ADMINISTRATOR):
        with pytest.raises(roles.NotAllowed):
            given_up.retry(work, actor=actor, now=NOW)
        assert (work.commands.dead, work.outbox.dead, work.audit.entries) == (3, 2, [])
        return
    assert given_up.retry(work, actor=actor, now=NOW) == Retried(commands=3, messages=2)
    (entry,) = work.audit.entries
    assert (entry.event, entry.subject, entry.actor) == ("operations:retry:done", "given up", actor)
    assert entry.details == {"commands": "3", "messages": "2"}
