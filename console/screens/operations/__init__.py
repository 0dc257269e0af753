"""State of the CA: what keeps it from its work, how each part of it stands, what the job runner did and gave up."""

import streamlit as st

from ca_core import overview, roles
from console import words
from console.screens.operations import jobs, standing
from console.widgets import troubles as troubles_
from runtime import ca_standing
from runtime.service import Service


def show(service: Service, staff: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        health = overview.health(work, actor=staff)
    found = ca_standing.of(service, actor=staff)
    st.title(words.t("operations.title"), anchor=False)
    troubles_.show(service, staff)
    for_standing, for_jobs = st.tabs([words.t("operations.standing"), words.t("operations.jobs")])
    with for_standing:
        standing.show(service, found, health.lists, now)
    with for_jobs:
        jobs.show(service, staff, found.state, health, now)
