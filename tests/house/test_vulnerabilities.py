"""The audit for known weaknesses: what was not asked or not answered is never taken for good."""

import json
import sys
from typing import Any

import pytest

from tests.house import vulnerabilities
from tests.house.vulnerabilities import NoAnswer, Report


def told(*packages: dict[str, Any]) -> Report:
    return vulnerabilities.read(json.dumps({"dependencies": packages, "fixes": []}))


GOOD = {"name": "one", "version": "1.0", "vulns": []}
SKIPPED = {"name": "two", "skip_reason": "not found"}
WEAK = {
    "name": "three",
    "version": "3.0",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-2026-1"], "fix_versions": ["3.1"]}],
}


def test_three_answers_and_only_one_of_them_is_good() -> None:
    assert vulnerabilities.verdict(told(GOOD))[0] == 0
    assert vulnerabilities.verdict(told(GOOD, WEAK, SKIPPED))[0] == 1
    assert vulnerabilities.verdict(told(GOOD, SKIPPED))[0] == 2
    assert vulnerabilities.verdict(told())[0] == 2


def test_an_accepted_weakness_is_known_by_any_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vulnerabilities.ACCEPTED, "CVE-2026-1", "the function is never called here")
    assert vulnerabilities.verdict(told(GOOD, WEAK))[0] == 0


@pytest.mark.parametrize("said", ["", "[]", "{}", "No known vulnerabilities found", "null"])
def test_what_cannot_be_read_is_no_answer(said: str) -> None:
    with pytest.raises(NoAnswer):
        vulnerabilities.read(said)


def test_a_tool_that_does_not_run_is_said_loudly_and_fails_where_it_must(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert vulnerabilities.main([]) == 0
    assert "!!! DEPENDENCIES NOT AUDITED" in capsys.readouterr().out
    assert vulnerabilities.main(["--must"]) == 2


def test_every_pin_of_the_lock_is_asked_about() -> None:
    lock = vulnerabilities.LOCK.read_text(encoding="utf-8")
    asked = vulnerabilities.pins(lock)
    assert len(asked) == lock.count("==") - sum(line.count("==") > 1 for line in lock.splitlines())
    assert not [pin for pin in asked if "--hash" in pin or "\\" in pin]
