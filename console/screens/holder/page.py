"""What the parts of the holder page share: who looks at whom, and what was said to have been done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import streamlit as st

from ca_core import certificate, roles
from ca_core.certificate import Certificate, Status
from ca_core.lookup import HolderPage
from ca_core.subscriber import Subscriber
from runtime.service import Service

CHOSEN = "holder_chosen"
_SAID = "holder.said"
_OPEN = "holder.act"


class NewestList(Protocol):
    """The newest published list of the issuing CA."""

    @property
    def number(self) -> int: ...
    @property
    def this_update(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Page:
    service: Service
    staff: roles.Actor
    holder: HolderPage
    now: datetime
    newest_list: NewestList | None

    @property
    def subscriber(self) -> Subscriber:
        return self.holder.subscriber

    def status(self, found: Certificate) -> Status:
        return certificate.status(found, self.now)

    def by_id(self, certificate_id: int | None) -> Certificate | None:
        return next((c for c in self.holder.certificates if c.certificate_id == certificate_id), None)


def done(sentence: str) -> None:
    """What was done, shown once the page is drawn anew; its panel closes."""
    st.session_state[_SAID] = sentence
    close_act()


def open_act(act: str, serial: str) -> None:
    st.session_state[_OPEN] = (act, serial)


def close_act() -> None:
    st.session_state.pop(_OPEN, None)


def act_open_for(serial: str) -> str | None:
    """The act whose panel is open, if it is this certificate's."""
    act, of = st.session_state.get(_OPEN, (None, ""))
    return act if of == serial else None


def said() -> None:
    sentence = st.session_state.pop(_SAID, None)
    if sentence:
        st.success(sentence, icon=":material/check_circle:")
