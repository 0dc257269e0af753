"""The details of a history entry: the core writes them in a few fixed forms, the page says them in its language."""

import re

from console import words

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"owner by sms_code"), "by_code"),
    (re.compile(r"owner by (?:not_me|link in a message)"), "by_link"),
    (re.compile(r"case (?P<case>.+); asked by (?P<name>.+)"), "case"),
    (re.compile(r"by law: (?P<document>.+); asked by (?P<name>.+)"), "by_law"),
    (re.compile(r"time is over"), "time_is_over"),
)


def worded(note: str) -> str:
    """A form that nobody knows is shown as it is."""
    for form, key in _FORMS:
        found = form.fullmatch(note)
        if found:
            return words.t(f"holder.note.{key}", **found.groupdict())
    return note
