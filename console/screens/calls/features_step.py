"""Security features: the caller tilts the document, the agent ticks the groups that are seen (3 of 4)."""

import streamlit as st

from ca_core.call import Call, Gate
from ca_core.registration import checklist
from ca_core.registration.checklist import Feature
from console import words
from console.screens.calls import attempts, say
from console.screens.calls.snapshot import Snapshot

_ICONS = {
    Feature.OPTICALLY_VARIABLE: "◐",
    Feature.GHOST_IMAGE: "◌",
    Feature.MICROPRINT: "≡",
    Feature.PHOTO_EDGE: "▣",
}


def draw(snapshot: Snapshot, call: Call) -> None:
    needed = snapshot.service.policy.calls.features_of_four
    say.sentence(call, "features")
    seen = [
        feature
        for feature in Feature
        if st.checkbox(
            f"{_ICONS[feature]} **{words.t(f'calls.feature.{feature.value}')}** — "
            + words.t(f"calls.feature_look.{feature.value}"),
            key=f"feature_{feature.value}_{call.call_id}",
        )
    ]
    st.button(
        words.t("calls.features.done", seen=len(seen), needed=needed),
        key="features_done",
        type="primary",
        icon=":material/check:",
        shortcut="G",
        on_click=_done,
        args=(snapshot, call.call_id, seen),
    )
    st.caption(words.t("calls.features.rule"))


def _done(snapshot: Snapshot, call_id: int, seen: list[Feature]) -> None:
    attempts.act(
        snapshot, call_id, Gate.FEATURES.value,
        lambda work: checklist.features(
            work, actor=snapshot.staff, call_id=call_id, seen=seen, now=snapshot.service.now()
        ),
    )  # fmt: skip
