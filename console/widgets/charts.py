"""Charts: options for ECharts without a colour in them; the theme has the colours, for light and dark."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

_TOOLTIP = {"trigger": "axis", "axisPointer": {"type": "shadow"}, "valueFormatter": "%d"}
# Without a comma, which two of our languages read as the beginning of a fraction.
_WHOLE = {"formatter": "{value}"}


def stacked(categories: Sequence[str], series: Sequence[tuple[str, Sequence[int | None]]]) -> dict[str, Any]:
    """Bars on top of each other, one a category; a value that is not shown leaves a gap."""
    return {
        "animation": False,
        "tooltip": _TOOLTIP,
        "legend": {"top": 0, "itemWidth": 14, "itemHeight": 10},
        "grid": {"left": 8, "right": 8, "top": 34, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "category", "data": list(categories)},
        "yAxis": {"type": "value", "axisLabel": _WHOLE},
        "series": [
            {"name": name, "type": "bar", "stack": "all", "barMaxWidth": 46, "data": list(values)}
            for name, values in series
        ],
    }


def bars(name: str, values: Sequence[tuple[str, int | None]]) -> dict[str, Any]:
    """Lying bars, the longest on top, each with its number: readable without a colour."""
    ordered = sorted(values, key=lambda pair: pair[1] or 0)
    return {
        "animation": False,
        "tooltip": _TOOLTIP,
        "grid": {"left": 8, "right": 52, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": {
            "type": "value",
            "splitNumber": 3,
            "axisLabel": {"hideOverlap": True, **_WHOLE},
        },
        "yAxis": {"type": "category", "data": [label for label, _ in ordered], "axisLabel": {"interval": 0}},
        "series": [
            {
                "name": name,
                "type": "bar",
                "barMaxWidth": 18,
                "data": [value for _, value in ordered],
                "label": {"show": True, "position": "right", "fontSize": 11},
            }
        ],
    }


def show(option: dict[str, Any], *, alt: str, height_px: int, key: str) -> None:
    st.echarts_chart(option, height=height_px, alt=alt, key=key)
