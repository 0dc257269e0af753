"""`qoltanba simulate caller`: a rendered person calls in, so that one person at one machine can take a call."""

import asyncio
import re
import ssl
from datetime import datetime
from functools import partial

import httpx
from rich.console import Console

from runtime import settings, wiring
from runtime.demo import caller, callers, rendered
from runtime.demo.caller import TurnedAway
from runtime.demo.caller_media import Stage
from runtime.demo.caller_talk import Caller
from runtime.demo.rendered import RenderedPerson
from runtime.demo.rendered.specimens import Fault
from runtime.service import Service
from runtime.settings import Settings

_LANGUAGES = ("kk", "ru", "en")
_CODE = re.compile(r"(?<![…\w.-])\d{6}(?![\w-])")
_DONE, _FAILED, _MISUSED = 0, 1, 2


def run(
    configured: Settings, out: Console, *, person: str, language: str = "", document: str = "good"
) -> int:
    """One call from the portal's form to the decision; the process's exit code. Raises SettingRefused."""
    settings.refuse_printed_codes(configured)
    if person == "list":
        _print_people(out)
        return _DONE
    problem = _misuse(person, language, document)
    if problem:
        out.print(problem)
        return _MISUSED
    service = wiring.make_service(configured)
    try:
        callers.ensure(service)
        return _called(service, out, _chosen(service, person), language=language, fault=Fault(document))
    finally:
        service.close()


def _misuse(person: str, language: str, document: str) -> str:
    if person and rendered.by_name(person) is None:
        return f"nobody is called {person}: choose of {_names()}"
    if language and language not in _LANGUAGES:
        return f"the portal does not speak {language}: choose of {', '.join(_LANGUAGES)}"
    if document not in list(Fault):
        return f"there is no document {document}: choose of {', '.join(Fault)}"
    return ""


def _names() -> str:
    return ", ".join(one.name for one in rendered.PEOPLE)


def _print_people(out: Console) -> None:
    for one in rendered.PEOPLE:
        person = one.person
        out.print(f"{one.name:10} {person.surname} {person.given_name}, {person.language}, {one.phone.full}")


def _chosen(service: Service, name: str) -> RenderedPerson:
    """Whom was asked for; else the first who is not in the BMG yet, else the first."""
    named = rendered.by_name(name)
    if named is not None:
        return named
    with service.look() as work:
        unknown = (one for one in rendered.PEOPLE if work.bmg.of_iin(one.person.iin) is None)
        return next(unknown, rendered.PEOPLE[0])


def _called(service: Service, out: Console, who: RenderedPerson, *, language: str, fault: Fault) -> int:
    out.print(f"{who.name} calls, and will say: IIN {who.person.iin.digits}, phone {who.phone.full}")
    other = next(one for one in rendered.PEOPLE if one is not who)
    calling = Caller(who, language or who.person.language, Stage.of(who, fault, other=other))
    talked = caller.call(
        service.settings.portal_url,
        calling,
        read_codes=partial(_codes, service, who),
        tell=lambda what: out.print(f"{who.name}: {what}", markup=False),
        trusted=_trusted(service.settings),
    )
    try:
        ended = asyncio.run(talked)
    except KeyboardInterrupt:
        out.print(f"{who.name} hung up")
        return _DONE
    except (TurnedAway, httpx.HTTPError) as problem:
        out.print(f"{who.name} did not get through: {problem}", markup=False)
        return _FAILED
    out.print(
        f"{who.name}: the call is over, cause {ended.cause or 'unknown'}, decision {ended.decision or 'none'}"
    )
    return _DONE


def _codes(service: Service, who: RenderedPerson, since: datetime) -> list[str]:
    """As the owner reads them on the demo's phone, newest first."""
    with service.look() as work:
        messages = [
            one for one in work.demo_messages.of(who.phone.digits) if one.at >= since.replace(microsecond=0)
        ]
    return [found.group() for one in messages if (found := _CODE.search(one.text))]


def _trusted(configured: Settings) -> ssl.SSLContext | None:
    """A certificate that the operator made for this machine is trusted by the machine's own caller."""
    if configured.tls_certificate_file is None:
        return None
    context = ssl.create_default_context()
    context.load_verify_locations(configured.tls_certificate_file)
    return context
