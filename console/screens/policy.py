"""Policy: the version in force, and both shipped presets side by side with their differences marked."""

import dataclasses
from datetime import timedelta

import streamlit as st

from ca_core import roles
from ca_core.policy import Policy
from ca_core.roles import Permission
from console import words
from console.widgets import format as formats
from console.widgets import tables
from runtime import procedures
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
    roles.require(staff, Permission.VIEW_POLICY)
    in_force = service.policy
    presets = [procedures.load(name) for name in procedures.PRESETS]
    st.title(words.t("policy.title"), anchor=False)
    st.markdown(words.t("policy.in_force", version=in_force.version, since=in_force.valid_from))
    st.caption(words.t("policy.stored"))
    only_differences = st.toggle(words.t("policy.only_differences"), key="policy_only_differences")
    for group in _GROUPS:
        _group(group, presets, in_force, only_differences)


def _group(group: str, presets: list[Policy], in_force: Policy, only_differences: bool) -> None:
    names = [field.name for field in dataclasses.fields(getattr(in_force, group))]
    lines = [(name, [_value(getattr(getattr(p, group), name)) for p in presets]) for name in names]
    if only_differences:
        lines = [(name, values) for name, values in lines if len(set(values)) > 1]
        if not lines:
            return
    st.subheader(words.t(f"policy.group.{group}"), anchor=False)
    columns: dict[str, list[str]] = {words.t("policy.column.rule"): []}
    headings = [_heading(preset, in_force) for preset in presets]
    columns |= {heading: [] for heading in headings}
    columns[words.t("policy.column.difference")] = []
    for name, values in lines:
        columns[words.t("policy.column.rule")].append(words.t(f"policy.{group}.{name}"))
        for heading, value in zip(headings, values, strict=True):
            columns[heading].append(value)
        differs = len(set(values)) > 1
        columns[words.t("policy.column.difference")].append(words.t("policy.differs") if differs else "")
    tables.show(columns, empty="", config={next(iter(columns)): st.column_config.TextColumn(width="large")})


def _heading(preset: Policy, in_force: Policy) -> str:
    name = words.t(f"policy.preset.{preset.name}")
    return words.t("policy.column.in_force", name=name) if preset.version == in_force.version else name


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
