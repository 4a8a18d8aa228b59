"""The one way a screen draws a figure."""

import re
from typing import Any

import streamlit as st

from mastery_core.charts.figure import STILL, ZOOMED, Figure, zoomable

# What phones and tablets call themselves: there a finger that moves over a chart means to scroll.
TOUCH = re.compile(r"Mobi|Android|iPad|iPhone")


def show(
    figure: Figure,
    *,
    key: str,
    alt: str,
    zooms: bool = False,
    height: int | None = None,
    on_select: Any = "ignore",
) -> Any:
    """Draw ``figure`` with a text alternative. ``zooms``: dragging looks closer at a stretch of time, a double click ends it."""
    closer = zooms and not TOUCH.search(st.context.headers.get("User-Agent", ""))
    choice = {} if on_select == "ignore" else {"on_select": on_select, "selection_mode": "points"}
    return st.plotly_chart(
        zoomable(figure) if closer else figure,
        config=ZOOMED if closer else STILL,
        key=key,
        alt=alt,
        height=height or "content",
        **choice,
    )
