"""Policy: the version in force, and any two dated versions side by side, with what differs between them."""

import dataclasses
from datetime import timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ca_core import roles
from console import words
from console.widgets import format as formats
from console.widgets import tables
from runtime import policy_versions
from runtime.policy_versions import Version
from runtime.service import Service

_GROUPS = (
    "codes",
    "identification",
    "calls",
    "verification",
    "reviews",
    "certificates",
    "publication",
    "retention",
)


def show(service: Service, staff: roles.Actor) -> None:
    versions = policy_versions.known(service, actor=staff)
    in_force = service.policy
    st.title(words.t("policy.title"), anchor=False)
    st.markdown(words.t("policy.in_force", version=in_force.version, since=in_force.valid_from))
    st.caption(words.t("policy.stored"))
    pair = _pair(versions.known)
    if versions.unreadable:
        st.caption(words.t("policy.unreadable", versions=", ".join(versions.unreadable)))
    only_differences = st.toggle(
        words.t("policy.only_differences"), value=True, key="policy_only_differences"
    )
    drawn = [_group(group, pair, only_differences) for group in _GROUPS]
    if not any(drawn):
        st.info(words.t("policy.alike"), icon=":material/inbox:")


def _pair(known: tuple[Version, ...]) -> tuple[Version, Version]:
    """What is in force, beside the newest of the others."""
    by_version = {one.policy.version: one for one in known}
    in_force = next(version for version, one in by_version.items() if one.is_in_force)
    others = [version for version in by_version if version != in_force]
    sides = zip(st.columns(2), ("first", "second"), (in_force, *others[-1:]), strict=True)
    first, second = (_side(column, side, by_version, version) for column, side, version in sides)
    return first, second


def _side(column: DeltaGenerator, side: str, known: dict[str, Version], version: str) -> Version:
    versions = list(known)
    with column:
        chosen = st.selectbox(
            words.t(f"policy.{side}"), versions, index=versions.index(version), key=f"policy_{side}"
        )
        st.caption(_dates(known[chosen]))
    return known[chosen]


def _dates(one: Version) -> str:
    dates = words.t("policy.valid_from", since=one.policy.valid_from)
    if one.is_in_force:
        return words.t("policy.column.in_force", name=dates)
    if one.in_force_since is not None:
        return words.t("policy.was_in_force", name=dates, at=formats.instant(one.in_force_since))
    return words.t("policy.never_in_force", name=dates)


def _group(group: str, pair: tuple[Version, Version], only_differences: bool) -> bool:
    """Whether there was anything to draw."""
    first, second = (getattr(one.policy, group) for one in pair)
    lines = [
        (field.name, _value(getattr(first, field.name)), _value(getattr(second, field.name)))
        for field in dataclasses.fields(first)
    ]
    if only_differences:
        lines = [line for line in lines if line[1] != line[2]]
    if not lines:
        return False
    st.subheader(words.t(f"policy.group.{group}"), anchor=False)
    rule = words.t("policy.column.rule")
    columns = {rule: [words.t(f"policy.{group}.{name}") for name, _, _ in lines]}
    # Two of the same name are two columns all the same.
    for sign, one, values in (
        ("1", pair[0], [a for _, a, _ in lines]),
        ("2", pair[1], [b for _, _, b in lines]),
    ):
        columns[f"{sign} · {one.policy.version}"] = values
    columns[words.t("policy.column.difference")] = [
        words.t("policy.differs") if a != b else "" for _, a, b in lines
    ]
    tables.show(columns, empty="", config={rule: st.column_config.TextColumn(width="large")})
    return True


def _value(value: object) -> str:
    if isinstance(value, bool):
        return words.t("policy.yes" if value else "policy.no")
    if isinstance(value, timedelta) and value < timedelta(seconds=1):
        return words.t("policy.milliseconds", n=value // timedelta(milliseconds=1))
    if isinstance(value, timedelta):
        return formats.span(value)
    if isinstance(value, float):
        return formats.fraction(value)
    return formats.anything(value)
