"""Half of an enrolment's code, shown to the administrator whose half it is, until they say that they handed it over.

It is nowhere else: who closes the page before has the other one ask again.
"""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from console import words
from console.widgets import typed

_KEY = "staff_half"
_GROUP = 4


@dataclass(frozen=True, slots=True)
class Half:
    letters: str
    name: str
    which: Literal["first", "second"]


def keep(half: Half) -> None:
    st.session_state[_KEY] = half


def show() -> None:
    half: Half | None = st.session_state.get(_KEY)
    if half is None:
        return
    with st.container(border=True, key="staff_half_box"):
        st.markdown(f"**{words.t(f'staff.code.{half.which}', name=typed.plain(half.name))}**")
        st.code(grouped(half.letters), language=None, wrap_lines=False)
        st.caption(words.t("staff.code.rule"))
        if st.button(words.t("staff.code.handed"), key="staff_handed", type="primary"):
            del st.session_state[_KEY]
            st.rerun()


def grouped(letters: str) -> str:
    return " ".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
