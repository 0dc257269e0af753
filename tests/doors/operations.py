"""Finds every public operation of the core that is told who asks, and calls it as anybody."""

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import ca_core
from ca_core import roles
from ca_core.roles import Actor, Door, Role

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ACTORS = {
    **{role.value: Actor("somebody", role, Door.CONSOLE, 7) for role in Role},
    "nobody": Actor("somebody", None, Door.CONSOLE, 7),
    "owner": roles.OWNER,
    "job": Actor("job", None, Door.JOB),
}
_WHO = ("actor", "by")


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    function: Callable[..., Any]
    who: str


class Anything:
    """Has every attribute and can be called: the operation is to get as far as its check of the actor."""

    def __getattr__(self, name: str) -> "Anything":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> "Anything":
        return self

    def __iter__(self) -> Iterator["Anything"]:
        return iter(())


class Reached(Exception):
    """The operation went to the database."""


class Work:
    """What an operation may find before it asks who the actor is; everything else counts as having got in."""

    def __init__(self, **found: object) -> None:
        self._found = found

    def __getattr__(self, name: str) -> object:
        try:
            return self._found[name]
        except KeyError:
            raise Reached(name) from None


def every() -> Iterator[Operation]:
    for info in pkgutil.walk_packages(ca_core.__path__, "ca_core."):
        module = importlib.import_module(info.name)
        for name, function in sorted(vars(module).items()):
            if (
                not inspect.isfunction(function)
                or function.__module__ != module.__name__
                or name.startswith("_")
            ):
                continue
            hints = typing.get_type_hints(function)
            for who in _WHO:
                if hints.get(who) is Actor:
                    yield Operation(f"{module.__name__.removeprefix('ca_core.')}.{name}", function, who)


def lets_in(
    operation: Operation, actor: Actor, work: Work, arguments: Mapping[str, object] | None = None
) -> bool:
    """Whether the actor gets past the question who may. What else is wrong with the arguments comes after it."""
    hints = typing.get_type_hints(operation.function)
    given = {
        name: actor if name == operation.who else work if name == "work" else _example(hints[name])
        for name in inspect.signature(operation.function).parameters
    }
    given.update(arguments or {})
    try:
        positional = [
            given.pop(name)
            for name, parameter in inspect.signature(operation.function).parameters.items()
            if parameter.kind is not parameter.KEYWORD_ONLY
        ]
        operation.function(*positional, **given)
    except roles.NotAllowed:
        return False
    except Exception:  # noqa: BLE001  # nonsense was handed over: any failure but this refusal is further in
        return True
    return True


def _example(kind: Any) -> object:
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return next(iter(kind))
    return {datetime: NOW, int: 1, str: "a reason", bool: False, bytes: b"x"}.get(kind, Anything())
