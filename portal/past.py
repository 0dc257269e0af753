"""What a step that is done shows to who looks back: what was entered, masked where it identifies a person (R14)."""

from collections.abc import Callable
from datetime import datetime

from ca_core.dossier import AgreementKind, Way
from portal import agreements
from portal.agreements import Agreement
from portal.words import Words

Line = tuple[str, str]

KINDS = {"access": AgreementKind.ACCESS, "agreement": AgreementKind.TERMS}


def lines(slug: str, way: Way, spoken: Words) -> list[Line]:
    """Label and value, both in words."""
    return _LINES.get(slug, _nothing)(way, spoken)


def agreement(slug: str, way: Way) -> Agreement | None:
    """The text of steps 11 and 12, in the language of the way."""
    kind = KINDS.get(slug)
    return agreements.in_force(kind, way.dossier.language) if kind is not None else None


def _nothing(_way: Way, _spoken: Words) -> list[Line]:
    return []


def _begun(way: Way, spoken: Words) -> list[Line]:
    return _at("begun", way.dossier.opened_at, spoken)


def _camera(way: Way, spoken: Words) -> list[Line]:
    camera = way.dossier.camera
    return [(spoken.t("get.past_camera"), spoken.t(f"get.camera_{camera.value}"))] if camera else []


def _iin(way: Way, spoken: Words) -> list[Line]:
    dossier = way.dossier
    company = [(spoken.t("get.who"), spoken.t(f"get.who_{dossier.company.value}"))] if dossier.company else []
    return [(spoken.t("get.iin"), dossier.iin.masked if dossier.iin else ""), *company]


def _code(way: Way, spoken: Words) -> list[Line]:
    return _at("signed_in", way.dossier.signed_in_at, spoken)


def _agent(way: Way, spoken: Words) -> list[Line]:
    return _at("agent", way.dossier.agent_at, spoken)


def _proceed(way: Way, spoken: Words) -> list[Line]:
    return _at("opened", way.application.opened_at if way.application else None, spoken)


def _identify(way: Way, spoken: Words) -> list[Line]:
    return _at("confirmed", way.dossier.confirmed_at, spoken)


def _contact(way: Way, spoken: Words) -> list[Line]:
    if way.application is None:
        return []
    return [(spoken.t("get.storage"), spoken.t(f"get.storage_{way.application.storage.name.lower()}"))]


def _number(way: Way, spoken: Words) -> list[Line]:
    return [(spoken.t("get.number"), str(way.application.number))] if way.application else []


def _at(what: str, at: datetime | None, spoken: Words) -> list[Line]:
    return [(spoken.t(f"get.past_{what}"), spoken.moment(at).text)] if at else []


_LINES: dict[str, Callable[[Way, Words], list[Line]]] = {
    "start": _begun,
    "camera": _camera,
    "iin": _iin,
    "code": _code,
    "agent": _agent,
    "proceed": _proceed,
    "identify": _identify,
    "contact": _contact,
    "key": _number,
    "password": _number,
}
