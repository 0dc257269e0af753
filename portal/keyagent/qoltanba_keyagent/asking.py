"""What modules ask of the person, in the order in which the pages come."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from qoltanba_keyagent import pages
from qoltanba_keyagent.dialogs import Conversation
from qoltanba_keyagent.folders import Folders
from qoltanba_keyagent.keys import KeyWithCertificate
from qoltanba_keyagent.memory import Memory
from qoltanba_keyagent.pages import FileChoice, KeyUse, NewPassword, Opened, PasswordGiven, SiteConsent, Use
from qoltanba_keyagent.passwords import Owner
from qoltanba_keyagent.strangers import Strangers


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every request may lean on: the disk as it may be shown, and what is remembered."""

    tree: Folders
    memory: Memory
    strangers: Strangers = field(default_factory=Strangers)


async def site(talk: Conversation, around: Surroundings) -> None:
    """A site that is asked for the first time is asked about. Raises Cancelled, AskedTooOften."""
    if around.memory.allows(talk.origin):
        return
    around.strangers.knock(talk.origin, now=clock())
    pages.require_yes(await talk.ask(SiteConsent(talk.origin)))
    around.memory.allow(talk.origin, now=clock())


async def opened_key(
    talk: Conversation,
    around: Surroundings,
    use: Use,
    check: Callable[[KeyWithCertificate], None],
    *,
    rewritten: bool = False,
) -> Opened:
    """A key file of the person's choice, opened with its password. Raises Cancelled."""
    offered = next(iter(around.memory.recent()), None)
    while True:
        path = offered or await _file(talk, around)
        given = await talk.ask(KeyUse(path, around.tree.shown(path), use, check, rewritten))
        if isinstance(given, Opened):
            around.memory.used(path, now=clock())
            return given
        offered = None


async def changed_password(
    talk: Conversation, around: Surroundings, owner: Owner
) -> tuple[Path, KeyWithCertificate, str]:
    """A key file, what it holds, and the password that it shall have. Raises Cancelled."""
    offered = next(iter(around.memory.recent()), None)
    while True:
        path = offered or await _file(talk, around)
        given = await talk.ask(NewPassword(path, around.tree.shown(path), owner, old=True))
        if isinstance(given, PasswordGiven) and given.held is not None:
            around.memory.used(path, now=clock())
            return path, given.held, given.password
        offered = None


async def _file(talk: Conversation, around: Surroundings) -> Path:
    return await talk.ask(FileChoice(around.tree))
