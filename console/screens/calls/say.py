"""What to say in this step: in the caller's language, large, to be read aloud; in the agent's own, small."""

from html import escape

import streamlit as st

from ca_core.call import Call
from console import language as languages
from console import words


def sentence(call: Call, name: str, *, headed: bool = True, **facts: object) -> None:
    """`headed` says in which language, once a step."""
    key = f"calls.say.{name}"
    own = languages.current()
    head = words.t("calls.say_in", tongue=words.t(f"calls.in.{call.language}"))
    lines = [
        *([f'<div class="what">{escape(head)}</div>'] if headed else []),
        f'<div class="large" lang="{escape(call.language)}">«{escape(words.say(call.language, key, **facts))}»</div>',
    ]
    if own != call.language:
        lines.append(f'<div class="small">{escape(words.t(key, **facts))}</div>')
    st.html(f'<div class="qb-say">{"".join(lines)}</div>')
