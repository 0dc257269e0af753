"""Rendered people: fictitious faces made by code alone, told apart by the face matcher. Demo mode only.

`python -m runtime.demo.rendered.render` draws the portraits and measures everybody against everybody.
"""

import functools
import json
import tomllib
from dataclasses import dataclass
from importlib import resources

from ca_core.identifiers import Iin, Phone, Sex
from ca_core.subscriber import DocumentKind, Person
from runtime.demo.rendered.look import Look


@dataclass(frozen=True, slots=True)
class RenderedPerson:
    """An entry of the state register with a face, and the phone that the person would register."""

    name: str
    person: Person
    phone: Phone

    def portrait(self) -> bytes:
        """The register's portrait, as JPEG."""
        return resources.files(__name__).joinpath("pictures", f"{self.name}.jpg").read_bytes()

    def live(self) -> bytes:
        """The person before a camera at home, as JPEG."""
        return resources.files(__name__).joinpath("pictures", f"{self.name}-live.jpg").read_bytes()

    @property
    def look(self) -> Look:
        return _looks()[self.name]


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")


@functools.cache
def _looks() -> dict[str, Look]:
    return {
        one["name"]: Look(
            sex=Sex(one["sex"]),
            grain=one["grain"],
            values=one["values"],
            relief=tuple(one["relief"]),
            tint=tuple(one["tint"]),
        )
        for one in json.loads(_text("looks.json"))
    }


def _people() -> tuple[RenderedPerson, ...]:
    people = []
    for name, known in tomllib.loads(_text("people.toml")).items():
        iin, phone = Iin.parse(known.pop("iin")), Phone.parse(known.pop("phone"))
        person = Person(
            iin=iin, born_on=iin.birth_date, sex=iin.sex, document_kind=DocumentKind.PASSPORT, **known
        )
        people.append(RenderedPerson(name, person, phone))
    return tuple(people)


PEOPLE = _people()


def by_name(name: str) -> RenderedPerson | None:
    return next((one for one in PEOPLE if one.name == name), None)
