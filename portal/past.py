"""What a step that is done shows to who looks back: what was entered, masked where it identifies a person (R14)."""

from collections.abc import Callable, Sequence
from datetime import datetime

from ca_core.dossier import Acceptance, AgreementKind, Way
from portal import agreements
from portal.agreements import Agreement
from portal.words import Words

Line = tuple[str, str]

KINDS = {"access": AgreementKind.ACCESS, "agreement": AgreementKind.TERMS}


def lines(slug: str, way: Way, spoken: Words, acceptance: Acceptance | None = None) -> list[Line]:
    """Label and value, both in words."""
    if acceptance is not None:
        return _at("accepted", acceptance.at, spoken)
    return _LINES.get(slug, _nothing)(way, spoken)


def acceptance(slug: str, accepted: Sequence[Acceptance]) -> Acceptance | None:
    """What was accepted at steps 11 and 12."""
    kind = KINDS.get(slug)
    return next((one for one in reversed(accepted) if one.text.kind is kind), None)


def agreement(acceptance: Acceptance | None) -> Agreement | None:
    """The very text that was accepted, whichever is in force now."""
    return agreements.accepted(acceptance.text) if acceptance is not None else None


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
    return [(spoken.t("get.storage"), spoken.t(f"storage_offered.{way.application.storage.name.lower()}"))]


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
