"""Logging: lines for people or JSON for machines, on standard error, and never an IIN, a phone or a code.

Code logs a constant sentence and puts values into `extra=` (ids, not people). The scrubbing here is the
second line of defence: it also sees what libraries log, and what stands in a traceback.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from runtime.settings import Settings

# Alone between other characters: neither part of a longer number nor of a word such as a hexadecimal serial.
_IIN = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_PHONE = re.compile(
    r"(?<![0-9A-Za-z])(?:\+?7|8)[ (\-]{0,2}7\d{2}[ )\-]{0,2}\d{3}[ \-]?\d{2}[ \-]?\d{2}(?![0-9A-Za-z])"
)
_CODE = re.compile(r"(?<![0-9A-Za-z.:])\d{6}(?![0-9A-Za-z])")
_SCRUBBED = ((_IIN, "[iin]"), (_PHONE, "[phone]"), (_CODE, "[code]"))

# Names under which a value is hidden whatever it looks like.
_PRIVATE = frozenset(
    (
        "iin",
        "phone",
        "code",
        "sms_code",
        "otp",
        "password",
        "secret",
        "token",
        "email",
        "key",
        "pin",
        "cookie",
    )
)

# What every record has; the rest came by `extra=`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


def configure(settings: Settings, *, process: str) -> None:
    """Send every logger of this process through one scrubbing handler; may be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process) if settings.log_format == "json" else TextLines())
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        # Started with `log_config=None` they have no handlers of their own and come here too.
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # At debug it writes down headers of sockets, with their cookies and secrets (R14).
    logging.getLogger("uvicorn.error").setLevel(max(logging.INFO, logging.getLogger().level))
    # They tell at length what they will do, some with all that goes over the wire; what they did is told by whoever
    # asked for it.
    for name in ("alembic", "httpx", "httpcore", "websockets", "aioice", "aiortc"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def scrub(text: str) -> str:
    """The text without anything that looks like an IIN, a phone number or a one-time code."""
    for pattern, label in _SCRUBBED:
        text = pattern.sub(label, text)
    return text


def _extras(record: logging.LogRecord) -> dict[str, str | int | float | bool | None]:
    return {
        name: _shown(name, value)
        for name, value in vars(record).items()
        if name not in _STANDARD and not name.startswith("_")
    }


def _shown(name: str, value: object) -> str | int | float | bool | None:
    if name in _PRIVATE:
        return "[hidden]"
    if isinstance(value, int) and len(str(abs(value))) in (11, 12):
        return scrub(str(value))
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(str(value))


class TextLines(logging.Formatter):
    """`12:03:04 INFO    runtime.jobs: CRL published  number=17`"""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        extras = "".join(f"  {name}={value}" for name, value in _extras(record).items())
        line = f"{time} {record.levelname:<7} {record.name}: {scrub(record.getMessage())}{extras}"
        trace = _trace(self, record)
        return f"{line}\n{trace}" if trace else line


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        # What every entry has goes before an extra of the same name.
        entry = {**_extras(record), **entry}
        trace = _trace(self, record)
        if trace:
            entry["trace"] = trace
        return json.dumps(entry, ensure_ascii=False)


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    if record.stack_info:
        parts.append(record.stack_info)
    return scrub("\n".join(parts))
