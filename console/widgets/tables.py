"""Tables as all screens show them: rows of 32 px, named columns, a sentence where there is nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

ROW_HEIGHT_PX = 32
# Taller than the screen, a table scrolls by itself and its heading stays in view.
_MOST_ROWS = 18


def show(
    columns: Mapping[str, Sequence[object]],
    *,
    empty: str,
    config: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> None:
    """`columns`: heading in the reader's language to values. `empty` says what will appear here, and when."""
    rows = max((len(values) for values in columns.values()), default=0)
    if not rows:
        st.info(empty, icon=":material/inbox:")
        return
    st.dataframe(
        pd.DataFrame(dict(columns)),
        hide_index=True,
        row_height=ROW_HEIGHT_PX,
        height=ROW_HEIGHT_PX * (min(rows, _MOST_ROWS) + 1) + 2,
        width="stretch",
        column_config=dict(config or {}),
        key=key,
    )
