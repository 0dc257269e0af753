"""Security features: the caller tilts the document, the agent ticks the groups that are seen (3 of 4)."""

import streamlit as st

from ca_core.call import Call, Gate
from ca_core.registration import checklist
from ca_core.registration.checklist import Feature
from console import words
from console.screens.calls import attempts, say, stills
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
    for feature in Feature:
        st.checkbox(
            f"{_ICONS[feature]} **{words.t(f'calls.feature.{feature.value}')}** — "
            + words.t(f"calls.feature_look.{feature.value}"),
            key=_key(feature, call.call_id),
        )
    seen = _seen(call.call_id)
    st.button(
        words.t("calls.features.done", seen=len(seen), needed=needed),
        key="features_done",
        type="primary",
        icon=":material/check:",
        shortcut="G",
        on_click=_done,
        args=(snapshot, call.call_id),
    )
    st.caption(words.t("calls.features.rule"))


def _key(feature: Feature, call_id: int) -> str:
    return f"feature_{feature.value}_{call_id}"


def _seen(call_id: int) -> list[Feature]:
    """As it is ticked now: a quick click comes before the page is drawn with the last tick."""
    return [feature for feature in Feature if st.session_state.get(_key(feature, call_id))]


def _done(snapshot: Snapshot, call_id: int) -> None:
    seen = _seen(call_id)
    done = attempts.act(
        snapshot, call_id, Gate.FEATURES.value,
        lambda work: checklist.features(
            work, actor=snapshot.staff, call_id=call_id, seen=seen, now=snapshot.service.now()
        ),
    )  # fmt: skip
    if done:
        stills.show_nothing()
