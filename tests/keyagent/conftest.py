"""The agent under test, and a key file that it installed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.keyagent import person
from tests.keyagent.authority import Authority
from tests.keyagent.person import Agent, Site


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    with person.running(tmp_path) as running:
        yield running


@pytest.fixture
def site(agent: Agent) -> Iterator[Site]:
    with Site(agent) as connected:
        yield connected


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.make()


@dataclass(frozen=True)
class Installed:
    """An agent with one installed certificate, and the site that it is for."""

    agent: Agent
    file: Path
    chain: list[str]


@pytest.fixture(scope="module", params=["P-256", "RSA-2048"])
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[Installed]:
    with person.running(tmp_path_factory.mktemp("keyagent")) as agent, Site(agent) as site:
        body = person.request_key(agent, site, algorithm=request.param)
        chain = authority.certify(body["request"])
        file = person.install(agent, site, body["keyId"], chain)["file"]
        yield Installed(agent, agent.home / file.removeprefix("~/"), chain)
