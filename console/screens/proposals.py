"""What waits for officers (R9, R9a, R10a): each line leads to the holder's page, where it is taken up or agreed to."""

from urllib.parse import urlencode

import streamlit as st

from ca_core import overview, roles
from ca_core.overview import OpenProposal
from console import words
from console.screens.holder import proposals as on_holders_page
from console.widgets import format as formats
from console.widgets import tables
from runtime.service import Service


def show(service: Service, staff: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        waiting = overview.proposals(work, actor=staff, now=now)
    st.title(words.t("proposals.title"), anchor=False)
    st.caption(words.t("proposals.rule"))
    link = words.t("proposals.column.open")
    tables.show(
        {
            link: [_link(one) for one in waiting],
            words.t("proposals.column.act"): [
                words.t(f"proposals.act.{one.proposal.act}") for one in waiting
            ],
            words.t("proposals.column.serial"): [formats.grouped(one.proposal.subject) for one in waiting],
            words.t("proposals.column.asked_by"): [_asked_by(one, staff) for one in waiting],
            words.t("proposals.column.waits"): [formats.span(now - one.proposal.asked_at) for one in waiting],
            words.t("proposals.column.expires"): [
                # R9a: a report waits as long as its certificate could be used.
                "–" if one.proposal.is_report else formats.span(one.proposal.expires_at - now)
                for one in waiting
            ],
        },
        empty=words.t("proposals.empty"),
        config={link: st.column_config.LinkColumn(display_text=words.t("proposals.open"), width="small")},
        key="proposals",
    )


def _link(one: OpenProposal) -> str | None:
    if one.subscriber_id is None:
        return None
    return "/holder?" + urlencode({"subscriber": one.subscriber_id, "serial": one.proposal.subject})


def _asked_by(one: OpenProposal, staff: roles.Actor) -> str:
    """One's own stand in the list too, so that nobody wonders where they went."""
    if one.proposal.asked_by == staff.staff_id:
        return words.t("proposals.yours", name=one.proposal.asked_by_name)
    return on_holders_page.asker(one.proposal)
