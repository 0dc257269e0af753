"""Role by operation: allowed exactly where `roles.py` says so, in the core, at the console's doors, on its screens."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from ca_core import roles
from ca_core.roles import GRANTS, Permission, Role
from console import gate, pages, routes
from console.gate import Gate
from console.sessions import Sessions
from runtime.service import Service
from tests.console.conftest import empty_database, person, service  # noqa: F401  # fixtures
from tests.doors import crawl, operations, placed
from tests.doors.operations import ACTORS, Operation, Work

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = {operation.name: operation for operation in operations.every()}
_SAME_SITE = {"origin": "http://console.test", "sec-fetch-site": "same-origin"}

# Which permission opens which of the console's own addresses; the others need a session alone, or nothing.
OPENED_BY = {
    "POST /calls/ticket": {Permission.TAKE_CALLS},
    "POST /calls/present": {Permission.TAKE_CALLS},
    "POST /calls/{call_id:int}/listening": {Permission.LISTEN_IN},
    "GET /evidence/stills/{evidence_id:int}": {Permission.VIEW_EVIDENCE, Permission.TAKE_CALLS},
    "GET /evidence/recordings/{evidence_id:int}/{side}": {Permission.VIEW_EVIDENCE},
    "GET /evidence/portrait/{call_id:int}": {Permission.SETTLE_CALLS, Permission.TAKE_CALLS},
    "POST /reviews/next": {Permission.DECIDE_REVIEWS},
    "POST /reviews/{review_id:int}/present": {Permission.DECIDE_REVIEWS},
    "POST /reviews/{review_id:int}/decision": {Permission.DECIDE_REVIEWS},
    "POST /reviews/{review_id:int}/undo": {Permission.DECIDE_REVIEWS},
    "POST /reviews/{review_id:int}/release": {Permission.DECIDE_REVIEWS},
    "GET /reviews/{review_id:int}/revealed": {Permission.DECIDE_REVIEWS, Permission.VIEW_EVIDENCE},
    "GET /reviews/{review_id:int}/live": {Permission.DECIDE_REVIEWS},
    "GET /reviews/{review_id:int}/portrait": {Permission.DECIDE_REVIEWS},
    "GET /reviews/{review_id:int}/frames/{place:int}": {Permission.DECIDE_REVIEWS},
}
_FOR_EVERYBODY = {
    *("GET /sign-in", "POST /sign-in", "GET /enrol", "POST /enrol", "POST /enrol/finish"),
    *("GET /health", "GET /ready", "GET /live/session"),
}

# Written out, not computed: this is what a reader of the screens may rely on.
SCREENS = {
    "home": set(Role),
    "calls": {Role.CALL_AGENT, Role.SUPERVISOR, Role.AUDITOR},
    "reviews": {Role.MODERATOR, Role.SUPERVISOR, Role.AUDITOR},
    "certificates": {Role.RA_OFFICER, Role.SUPERVISOR, Role.AUDITOR},
    "holder": {Role.CALL_AGENT, Role.RA_OFFICER, Role.SUPERVISOR, Role.AUDITOR},
    "proposals": {Role.RA_OFFICER, Role.SUPERVISOR},
    "statistics": {Role.ANALYST, Role.SUPERVISOR, Role.AUDITOR},
    "operations": {Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR},
    "audit": {Role.ADMINISTRATOR, Role.AUDITOR},
    "staff_accounts": {Role.ADMINISTRATOR},
    "policy": set(Role),
    "my_account": set(Role),
}


def holders(*permissions: Permission) -> set[str]:
    return {role.value for role in Role if GRANTS[role] & set(permissions)}


def expected(name: str) -> set[str]:
    if name in placed.BY_PERMISSION:
        return holders(*placed.BY_PERMISSION[name])
    if name in placed.ALSO_BY_THE_OWNER:
        return holders(placed.ALSO_BY_THE_OWNER[name]) | {"owner"}
    if name in placed.ALSO_BY_THE_SYSTEM:
        return holders(placed.ALSO_BY_THE_SYSTEM[name]) | {"job"}
    return {"owner"} if name in placed.BY_THE_OWNER else {"job"}


GUARDED = sorted(
    {
        *placed.BY_PERMISSION,
        *placed.ALSO_BY_THE_OWNER,
        *placed.ALSO_BY_THE_SYSTEM,
        *placed.BY_THE_OWNER,
        *placed.BY_THE_SYSTEM,
    }
)


def test_every_operation_has_its_place() -> None:
    """An operation that is told who asks, and that nobody has placed, is one that nobody has thought about."""
    assert set(OPERATIONS) == {*GUARDED, *placed.BY_ANYBODY, *placed.INNER, *placed.CHECKS}


@pytest.mark.parametrize("name", GUARDED)
def test_an_operation_lets_in_exactly_these(name: str) -> None:
    operation, work = OPERATIONS[name], placed.FOUND.get(name, Work())
    let_in = {
        who
        for who, actor in ACTORS.items()
        if operations.lets_in(operation, actor, work, placed.GIVEN.get(name))
    }
    assert let_in == expected(name)


def test_every_permission_opens_something_and_somebody_holds_it() -> None:
    used = {each for permissions in placed.BY_PERMISSION.values() for each in permissions}
    used |= {*placed.ALSO_BY_THE_OWNER.values(), *placed.ALSO_BY_THE_SYSTEM.values()}
    # These two open pages: of the calls' list and of the policy, which hold nothing of anybody.
    assert set(Permission) - used == {Permission.VIEW_CALLS, Permission.VIEW_POLICY}
    assert set(Permission) == frozenset().union(*GRANTS.values())


def test_no_door_reaches_past_an_operation_to_its_parts() -> None:
    """A part has no question of its own who may: only operations of the core may call it."""
    assert [found for found in _reached_from_doors() if found[1] in placed.INNER] == []


def _reached_from_doors() -> Iterator[tuple[str, str]]:
    for room in ("video", "runtime", "console", "portal"):
        for file in (ROOT / room).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            known = _imported(tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    module = known.get(node.value.id, "")
                    yield str(file.relative_to(ROOT)), f"{module}.{node.attr}"


def _imported(tree: ast.AST) -> dict[str, str]:
    """By which name a module of the core is known here."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}".removeprefix("ca_core.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "ca_core"
        for alias in node.names
    }


def test_the_search_for_doors_sees_what_they_call() -> None:
    """Otherwise the test above could not fail."""
    assert ("console/screens/calls/case.py", "registration.evidence.listed") in set(_reached_from_doors())


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.screen)
def test_a_screen_opens_for_exactly_these_roles(page: pages.Page) -> None:
    opens = {role for role in Role if page.opens_for(ACTORS[role.value])}
    assert opens == SCREENS[page.screen]


def test_every_screen_is_in_the_table() -> None:
    assert {page.screen for page in pages.PAGES} == set(SCREENS)


def made(service: Service) -> list[Route]:  # noqa: F811
    return [route for route in routes.make(service) if isinstance(route, Route)]


@pytest.fixture
def console(service: Service) -> Iterator[TestClient]:  # noqa: F811
    inner = Starlette(routes=list(routes.make(service)))
    guarded = Gate(inner, settings=service.settings, sessions=Sessions(service), page_paths=pages.PATHS)
    with TestClient(guarded, base_url="http://console.test", follow_redirects=False) as opened:
        yield opened


@pytest.mark.parametrize("role", list(Role))
def test_the_consoles_addresses_refuse_whoever_may_not(
    console: TestClient,
    service: Service,  # noqa: F811
    role: Role,
) -> None:
    """Nothing exists behind these numbers: who may is told so (404 or the like), who may not gets 403 or no more."""
    found = crawl.addresses(made(service))
    assert {str(address) for address in found} == set(OPENED_BY) | _FOR_EVERYBODY
    console.cookies.set(gate.cookie_name(service.settings), person(service, role).token())
    for address in found:
        if str(address) not in OPENED_BY:
            continue
        body = {"json": {}} if address.way == "POST" else {}
        answer = console.request(
            address.way, address.example, params={"reason": "a reason"}, headers=_SAME_SITE, **body
        )
        if GRANTS[role] & OPENED_BY[str(address)]:
            assert answer.text != '{"code":"role.not_allowed"}', str(address)
            assert answer.status_code != 401, str(address)
        else:
            assert answer.status_code in (400, 403, 404), (str(address), answer.text)
            assert set(answer.json()) <= {"code", "facts", "status"}, (str(address), answer.text)


def test_nobody_is_the_same_as_a_stranger() -> None:
    """An actor without a role has no permission, whatever the door."""
    for permission in Permission:
        assert not any(roles.may(ACTORS[who], permission) for who in ("nobody", "owner", "job"))


def test_the_matrix_would_see_an_open_operation() -> None:
    """An operation without a question lets everybody in."""

    def open_to_all(*, actor: roles.Actor) -> None:
        assert actor

    operation = Operation("open", open_to_all, "actor")
    assert all(operations.lets_in(operation, actor, Work()) for actor in ACTORS.values())
