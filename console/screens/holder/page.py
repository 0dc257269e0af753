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


def say(sentence: str) -> None:
    """What was done, shown after the page was drawn anew."""
    st.session_state[_SAID] = sentence


def said() -> None:
    sentence = st.session_state.pop(_SAID, None)
    if sentence:
        st.success(sentence, icon=":material/check_circle:")
