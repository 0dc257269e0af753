"""The dialogs: a site is asked about once, a token serves one dialog and one browser, folders stay at home."""

import contextlib
import os
import re
from pathlib import Path, PureWindowsPath

import httpx
import pytest

from qoltanba_keyagent import folders
from tests.keyagent import person
from tests.keyagent.person import SITE, Agent, Person, Site


def test_a_site_is_asked_about_once_and_can_be_taken_back(agent: Agent, site: Site) -> None:
    first = person.announced(agent, site.enrol("createRequest", reference="1"))
    assert first.says("A site wants to use your keys")
    assert first.says(SITE)
    first.send(allow="yes")
    first.send(do="choose", root="0", path="")
    assert site.receive()["status"] is True

    second = person.announced(agent, site.enrol("createRequest", reference="2"))
    assert second.says("Where shall the key be kept?")
    second.send(do="cancel")
    site.receive()

    headers = {"Origin": agent.address}
    httpx.post(f"{agent.address}/withdraw", data={"site": SITE}, headers=headers)
    third = person.announced(agent, site.enrol("createRequest", reference="3"))
    assert third.says("A site wants to use your keys")


def test_the_question_names_this_agents_own_page(agent: Agent, site: Site) -> None:
    asked = person.announced(agent, site.enrol("createRequest"))
    assert asked.says(f"{agent.address}/")
    assert not asked.says("13579")
    assert not asked.says("not protected")


def test_a_site_without_tls_is_asked_about_with_a_warning(agent: Agent) -> None:
    with Site(agent, "http://portal.example") as open_site, Site(agent, "http://127.0.0.1:8080") as near:
        assert person.announced(agent, open_site.enrol("createRequest")).says("not protected")
        assert not person.announced(agent, near.enrol("createRequest")).says("not protected")


def test_a_refused_site_gets_nothing_and_is_asked_about_again(agent: Agent, site: Site) -> None:
    asked = person.announced(agent, site.enrol("createRequest"))
    asked.send(do="cancel")
    assert site.receive() == {"status": False, "code": "agent.cancelled", "message": "agent.cancelled"}
    assert person.announced(agent, site.enrol("createRequest")).says("A site wants")


def test_the_permission_of_one_site_is_none_for_another(agent: Agent, site: Site) -> None:
    person.request_key(agent, site)
    with Site(agent, "https://portal.example:8443") as other:
        assert person.announced(agent, other.enrol("createRequest")).says("A site wants")


def test_presence_is_told_without_asking(site: Site) -> None:
    """Step 7 looks whether the program runs, before anything is wanted of it."""
    assert site.enrol("getVersion")["body"]["name"] == "Qoltanba"
    assert site.enrol("getStorages")["body"] == {
        "storages": ["FILE"],
        "algorithms": ["P-256", "RSA-2048"],
    }


def test_the_address_of_a_dialog_opens_it_in_one_browser_only(agent: Agent, site: Site) -> None:
    asked = person.announced(agent, site.enrol("createRequest"))
    assert httpx.get(f"{agent.address}{asked.address}").status_code == 403
    thief = httpx.post(
        f"{agent.address}{asked.address}", data={"allow": "yes"}, headers={"Origin": agent.address}
    )
    assert thief.status_code == 403


def test_a_finished_dialog_takes_nothing_more(agent: Agent, site: Site) -> None:
    asked = person.announced(agent, site.enrol("createRequest"))
    asked.send(allow="yes").send(do="choose", root="0", path="")
    assert asked.says("The key is made")
    body = site.receive()["body"]
    asked.send(do="choose", step="2", root="0", path="Documents")
    assert asked.says("The key is made")
    assert site.enrol("withdrawRequest", keyId=body["keyId"])["status"] is True


def test_a_form_sent_twice_answers_one_question(agent: Agent, site: Site) -> None:
    asked = person.announced(agent, site.enrol("createRequest"))
    old = asked.page
    asked.send(allow="yes")
    assert asked.says("Where shall the key be kept?")
    asked.page = old
    asked.send(allow="yes")
    assert asked.says("Where shall the key be kept?")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_foreign_form_is_refused(agent: Agent, site: Site, headers: dict[str, str]) -> None:
    """Another port of this computer is the same site to a browser, and still not us."""
    person.request_key(agent, site)
    answer = httpx.post(f"{agent.address}/withdraw", data={"site": SITE}, headers=headers)
    assert answer.status_code == 403
    assert SITE in httpx.get(agent.address).text


def test_a_site_that_left_leaves_no_dialog(agent: Agent) -> None:
    with Site(agent) as site:
        asked = person.announced(agent, site.enrol("createRequest"))
    for _ in range(50):
        asked.open()
        if asked.says("Cancelled"):
            break
    assert asked.says("Cancelled")
    assert "/dialog/" not in httpx.get(agent.address).text


@pytest.fixture
def choosing(agent: Agent, site: Site) -> Person:
    return person.announced(agent, site.enrol("createRequest")).send(allow="yes")


def test_a_folder_is_made_and_chosen(agent: Agent, site: Site, choosing: Person) -> None:
    choosing.send(do="make", root="0", path="Documents", name="Қолтаңба кілттері")
    assert choosing.says("~/Documents/Қолтаңба кілттері")
    choosing.send(do="choose")
    assert site.receive()["body"]["folder"] == "~/Documents/Қолтаңба кілттері"
    assert (agent.home / "Documents" / "Қолтаңба кілттері").is_dir()


@pytest.mark.parametrize("name", ["", "..", "a/b", "..\\x", ".hidden", "a\x00b", "x" * 101, "   "])
def test_a_bad_name_makes_no_folder(agent: Agent, choosing: Person, name: str) -> None:
    before = set(agent.home.rglob("*"))
    choosing.send(do="make", root="0", path="", name=name)
    assert choosing.says("A folder cannot have this name")
    assert set(agent.home.rglob("*")) == before


@pytest.mark.parametrize(
    "place",
    [
        {"root": "0", "path": ".."},
        {"root": "0", "path": "/etc"},
        {"root": "0", "path": "Documents/../.."},
        {"root": "0", "path": "way-out"},
        {"root": "7", "path": ""},
        {"root": "0", "path": "nowhere"},
    ],
)
def test_no_folder_outside_home_is_shown_or_chosen(
    agent: Agent, choosing: Person, place: dict[str, str]
) -> None:
    (agent.home / "way-out").symlink_to("/etc")
    answer = choosing.request("GET", choosing.address, params=place)
    assert answer.status_code == 409
    assert "passwd" not in answer.text
    choosing.send(do="choose", **place)
    assert choosing.says("cannot be opened")


@pytest.mark.parametrize(
    "path", ["//server/share", r"\\server\share", "C:/Users", "D:", "/", "a/../../b", r"a\..\..\b"]
)
def test_a_path_is_refused_by_its_words_before_it_is_looked_at(path: str) -> None:
    """On Windows a look at a network path would show the account to its server."""
    assert not folders.stays_below(PureWindowsPath(path))
    assert folders.stays_below(PureWindowsPath("Documents/keys"))


@pytest.mark.parametrize("path", ["x" * 300, "loop/loop", "a\0b", "/".join("x" * 5000)])
def test_a_path_that_leads_nowhere_is_refused(agent: Agent, choosing: Person, path: str) -> None:
    (agent.home / "loop").symlink_to("loop")
    answer = choosing.request("GET", choosing.address, params={"root": "0", "path": path})
    assert answer.status_code == 409
    assert choosing.open().page


def test_names_that_are_no_text_do_not_stop_the_dialog(agent: Agent, choosing: Person) -> None:
    """Old archives and sticks leave names in one-byte alphabets."""
    Path(os.fsdecode(os.fsencode(agent.home) + b"/\xea\xeb\xfe\xf7\xe8")).mkdir()
    Path(os.fsdecode(os.fsencode(agent.home) + b"/\xea\xeb.p12")).touch()
    assert choosing.open(lang="en").says("Documents")


def test_a_symbolic_link_out_of_home_is_not_listed(agent: Agent, choosing: Person) -> None:
    (agent.home / "way-out").symlink_to("/etc")
    assert not choosing.open(lang="en").says("way-out")


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_pages_speak_the_language_of_the_site(agent: Agent, site: Site, language: str) -> None:
    first = site.enrol("createRequest", language=language)
    page = httpx.get(first["dialog"]["url"]).text
    assert f'<html lang="{language}">' in page


def test_pages_run_no_script_of_their_text(agent: Agent) -> None:
    (agent.home / "<img src=x onerror=alert(1)>").mkdir()
    with Site(agent) as site:
        choosing = person.announced(agent, site.enrol("createRequest")).send(allow="yes")
    assert not choosing.says("<img src=x")


def test_too_many_dialogs_are_refused(agent: Agent) -> None:
    with contextlib.ExitStack() as pages:
        sites = [pages.enter_context(Site(agent, f"https://site{number}.example")) for number in range(9)]
        answers = [site.enrol("createRequest") for site in sites]
    assert [answer.get("code") for answer in answers].count("agent.too_busy") == 1


def test_the_files_of_the_agent_are_its_owners_alone(agent: Agent, site: Site) -> None:
    person.request_key(agent, site)
    assert agent.folder.stat().st_mode & 0o077 == 0
    for path in agent.folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_waiting_key_is_unreadable_without_the_secret(agent: Agent, site: Site) -> None:
    person.request_key(agent, site)
    kept = next((agent.folder / "waiting").glob("*.json")).read_text()
    assert "PRIVATE KEY" not in kept
    assert not re.search(r"MI[GH][A-Za-z0-9+/]{60}", kept)


def test_nothing_secret_is_logged(agent: Agent, site: Site) -> None:
    asked = person.announced(agent, site.enrol("createRequest"))
    asked.send(allow="yes").send(do="choose", root="0", path="")
    log = Path(agent.log).read_text()
    assert asked.address.rpartition("/")[2] not in log
