"""States as people see them: an icon, a word and a colour; never a colour alone."""

from dataclasses import dataclass

from ca_core.certificate import Status
from console import words


@dataclass(frozen=True, slots=True)
class Look:
    """`colour` is one of the theme's; both themes have it."""

    icon: str
    colour: str


# Green valid, amber attention, red revoked, blue hold, grey what is over or not there yet.
CERTIFICATE: dict[Status, Look] = {
    Status.VALID: Look("●", "green"),
    Status.ON_HOLD: Look("‖", "blue"),
    Status.REVOKED: Look("✕", "red"),
    Status.EXPIRED: Look("○", "gray"),
    Status.NOT_YET_VALID: Look("◔", "orange"),
    Status.NOT_ISSUED: Look("–", "gray"),
}


def word(status: Status) -> str:
    return words.t(f"status.{status.value}")


def plain(status: Status) -> str:
    """For tables, which know no colour: ● valid."""
    return f"{CERTIFICATE[status].icon} {word(status)}"


def badge(status: Status) -> str:
    """For running text, as Markdown."""
    look = CERTIFICATE[status]
    return f":{look.colour}-badge[{look.icon} {word(status)}]"
