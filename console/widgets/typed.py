"""What people typed, put into running text as it stands: never as Markdown, a directive, an icon or a link."""

import re

_SPECIAL = re.compile(r"([\\`*_\[\](){}<>#$~|:@&!])")
# Streamlit turns addresses into links after the escapes are gone: a word joiner, which nobody sees, prevents it.
_JOINER = "\u2060"


def plain(text: str) -> str:
    """Shows every character itself, on one line."""
    escaped = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    apart = re.sub(r"\\([:@])(?=\S)", rf"\\\1{_JOINER}", escaped)
    return re.sub(r"(?i)(www)\.", rf"\1{_JOINER}.", apart)
