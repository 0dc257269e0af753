"""Kenes, the help that every page has at hand: answers for that page, the hotline, the video call, a call back."""

from dataclasses import dataclass

from portal.words import Words

_TOPICS = (
    ("/status", "status"),
    ("/not-me", "not_me"),
    ("/bmg", "bmg"),
    ("/call", "call"),
    ("/get/face", "face"),
    ("/get", "get"),
    ("/cabinet", "cabinet"),
    ("/verify", "verify"),
)
TOPICS = ("start", *(topic for _, topic in _TOPICS))
_ANSWERS = (1, 2)


@dataclass(frozen=True, slots=True)
class Answer:
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Help:
    """What the panel shows on one page. `calling`: it leads to a call already; `in_call`: nothing may cover it."""

    answers: tuple[Answer, ...]
    calling: bool
    in_call: bool


def on(path: str, spoken: Words) -> Help:
    """The help for the page at `path`."""
    topic = next((topic for prefix, topic in _TOPICS if path.startswith(prefix)), "start")
    return Help(about(topic, spoken), topic == "call", path == "/call")


def about(topic: str, spoken: Words) -> tuple[Answer, ...]:
    return tuple(
        Answer(spoken.t(f"answers.{topic}.q{number}"), spoken.t(f"answers.{topic}.a{number}"))
        for number in _ANSWERS
    )
