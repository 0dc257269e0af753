"""No logger of any library gets an IIN, a phone or a code past the handler (R14)."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest

from runtime import logs, settings

# Fictitious: no such birth date in the first, no such subscriber in the second.
IIN = "991399300000"
PHONE = "+77010000000"


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    # A server that ran in this process before has left its own level there.
    logging.getLogger("uvicorn.access").setLevel(logging.NOTSET)
    yield lambda: capsys.readouterr().err
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def configure(log_format: str = "text", log_level: str = "info") -> None:
    logs.configure(settings.load({"log_format": log_format, "log_level": log_level}), process="jobs")


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        (f"no person {IIN}.", "no person [iin]."),
        (f"iin={IIN}&x", "iin=[iin]&x"),
        ("call +7 (701) 000-00-00 back", "call [phone] back"),
        ("call 8 701 000 00 00 back", "call [phone] back"),
        ("phone:77010000000", "phone:[phone]"),
        ("the code is 123456", "the code is [code]"),
    ],
)
def test_what_looks_like_a_person_is_scrubbed(text: str, scrubbed: str) -> None:
    assert logs.scrub(text) == scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "serial 4f991399300000ab",
        "0x7f1234567890",
        "2026-11-22T10:00:00.123456",
        "port 8501, 20000 certificates",
        "number 9913993000001234",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert logs.scrub(text) == text


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_any_logger_is_scrubbed(written: Callable[[], str], log_format: str) -> None:
    configure(log_format)
    logging.getLogger("uvicorn.access").info('"GET /find?iin=%s HTTP/1.1"', IIN)
    logging.getLogger("some.library").warning("sent to %s", PHONE)
    text = written()
    assert IIN not in text
    assert PHONE not in text
    assert "[iin]" in text
    assert "[phone]" in text


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback_is_scrubbed(written: Callable[[], str], log_format: str) -> None:
    configure(log_format)
    try:
        int(f"{IIN}x {IIN}")
    except ValueError:
        logging.getLogger("some.library").exception("it failed")
    text = written()
    assert "ValueError" in text
    assert f" {IIN}" not in text


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_extras_are_scrubbed_or_hidden(written: Callable[[], str], log_format: str) -> None:
    configure(log_format)
    logging.getLogger("ours").info(
        "sent", extra={"code": "1234", "who": PHONE, "person": int(IIN), "review_id": 17}
    )
    text = written()
    assert "[hidden]" in text
    assert "1234" not in text
    assert PHONE not in text
    assert IIN not in text
    assert "17" in text


def test_json_lines_are_objects_that_name_the_process(written: Callable[[], str]) -> None:
    configure("json")
    logging.getLogger("ours").info("published", extra={"number": 7, "level": "forged"})
    entry = json.loads(written())
    assert entry["message"] == "published"
    assert entry["number"] == 7
    assert entry["process"] == "jobs"
    assert entry["level"] == "info"


def test_the_level_is_a_setting(written: Callable[[], str]) -> None:
    configure(log_level="warning")
    logging.getLogger("ours").info("too small to tell")
    assert written() == ""


def test_configuring_twice_writes_once(written: Callable[[], str]) -> None:
    configure()
    configure()
    logging.getLogger("ours").info("once")
    assert written().count("once") == 1
