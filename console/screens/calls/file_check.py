"""The sealed files against what was stored of them: asked for by a button, one answer a file, nothing good unseen."""

from datetime import datetime

import streamlit as st

from ca_core.errors import Refusal
from console import words
from console.screens.calls.case import File
from console.widgets import format as formats
from console.widgets import refusals, tables
from runtime import calling
from runtime.calling import CheckedFile

_CHECKED = "calls.file.checked"
# ○ nothing to compare with yet, or no more; the word says the same.
_ICONS = {"unchanged": "✓", "no_digest": "○", "erased": "○"}


def forget() -> None:
    st.session_state.pop(_CHECKED, None)


def draw(file: File) -> None:
    if st.button(
        words.t("calls.files.check"), key="file_check", icon=":material/fingerprint:",
        help=words.t("calls.files.rule"),
    ):  # fmt: skip
        _check(file)
    of, checked, at = st.session_state.get(_CHECKED, (0, (), file.now))
    if of == file.call.call_id:
        _shown(checked, at)


def _check(file: File) -> None:
    forget()
    try:
        with st.spinner(words.t("calls.files.checking")):
            checked = calling.check_files(
                file.service, actor=file.staff, call_id=file.call.call_id, reason=file.reason
            )
    except Refusal as refusal:
        refusals.show(refusal)
        return
    st.session_state[_CHECKED] = (file.call.call_id, checked, file.service.now())


def _shown(checked: tuple[CheckedFile, ...], at: datetime) -> None:
    if not checked:
        st.info(words.t("calls.files.none"), icon=":material/inbox:")
        return
    bad = [one for one in checked if one.is_bad]
    unsure = [one for one in checked if not one.is_unchanged and not one.is_bad]
    facts = {"n": len(checked), "at": formats.clock(at)}
    if bad:
        named = "  \n".join(f"✕ {_kind(one)} `{one.evidence.name}`: {_found(one)}" for one in bad)
        st.error(
            f"{words.t('calls.files.not_good', bad=len(bad), **facts)}  \n{named}", icon=":material/gpp_bad:"
        )
    elif unsure:
        st.warning(
            words.t("calls.files.not_known", bad=len(unsure), **facts), icon=":material/hourglass_empty:"
        )
    else:
        st.success(words.t("calls.files.all_good", **facts), icon=":material/verified:")
    tables.show(
        {
            words.t("calls.files.column.kind"): [_kind(one) for one in checked],
            words.t("calls.files.column.name"): [one.evidence.name for one in checked],
            words.t("calls.files.column.taken"): [formats.clock(one.evidence.taken_at) for one in checked],
            words.t("calls.files.column.found"): [
                f"{_ICONS.get(one.found.value, '✕')} {_found(one)}" for one in checked
            ],
        },
        empty=words.t("calls.files.none"),
        key="file_checked",
    )


def _kind(one: CheckedFile) -> str:
    return words.t(f"calls.files.kind.{one.evidence.kind.value}")


def _found(one: CheckedFile) -> str:
    return words.t(f"calls.files.found.{one.found.value}")
