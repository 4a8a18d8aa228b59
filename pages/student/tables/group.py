"""The table beside the group's chart: the same numbers, as numbers, and how the columns read."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mastery_core.charts.palette import BAND_GLYPHS, BAND_WORDS
from mastery_core.placing import Place
from mastery_core.standing import ENOUGH_OBSERVATIONS, Band, bands

OPENS = "group_open"
PLACES = {Place.BELOW: "below it", Place.WITHIN: "within it", Place.ABOVE: "above it"}
QUARTILES = "of the learners with enough data is"


def legend(weak: float) -> str:
    """What the marks of the chart mean."""
    meaning = BAND_WORDS | {Band.WEAK: f"below {weak:.0%}"}
    you = " ".join(
        f":{colour}[{BAND_GLYPHS[band]} {meaning[band]}]"
        for band, colour in zip(BAND_WORDS, ("orange", "blue", "green", "gray"), strict=True)
    )
    return f":small[Grey band: the middle half of your group, **|** its middle · You: {you}]"


def group_table(rows: pd.DataFrame, weak: float, mastered: float) -> pd.DataFrame:
    """Every concept of the group in the chart's order. Scores in percent; ``you`` is empty without data enough."""
    known = rows["place"] != Place.UNKNOWN
    band = bands(rows["score"], rows["observations"], weak=weak, mastered=mastered)
    unknown = np.where(rows["observations"] > 0, "not enough data", "not begun")
    return pd.DataFrame(
        {
            "concept": rows["concept"],
            "you": (rows["score"] * 100).round(1).where(known),
            "standing": [f"{BAND_GLYPHS[each]} {BAND_WORDS[each]}" for each in band],
            "place": [PLACES.get(place, apart) for place, apart in zip(rows["place"], unknown, strict=True)],
            "away": (rows["away"] * 100).round(0).where(known) + 0.0,
            "lower": (rows["lower"] * 100).round(0),
            "middle": (rows["middle"] * 100).round(0),
            "upper": (rows["upper"] * 100).round(0),
            "learners": rows["learners"],
            "observations": rows["observations"],
        }
    )


def group_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "concept": column.ButtonColumn(
            "Concept", type="tertiary", alignment="left", width=200, pinned=True, key=OPENS, help="Opens the concept."
        ),
        "you": column.NumberColumn(
            "You", format="%.1f%%", width=70,
            help=f"Your score on that day. Empty with fewer than {ENOUGH_OBSERVATIONS} observations.",
        ),
        "standing": column.TextColumn("Standing", width=120, help="Of your own score."),
        "place": column.TextColumn("Middle half", width=110, help="Where your score is beside the middle half."),
        "away": column.NumberColumn(
            "Away", format="%+d", width=70,
            help="Points from your score, rounded to 5, to the nearer end of the middle half; 0 within it.",
        ),
        "lower": column.NumberColumn(
            "Lower quartile", format="%d%%", width=100, help=f"A quarter {QUARTILES} below it, to 5 points."
        ),
        "middle": column.NumberColumn(
            "Middle", format="%d%%", width=70, help=f"Half {QUARTILES} below it, to 5 points."
        ),
        "upper": column.NumberColumn(
            "Upper quartile", format="%d%%", width=100, help=f"A quarter {QUARTILES} above it, to 5 points."
        ),
        "learners": column.NumberColumn(
            "Learners", width=80, help=f"How many had {ENOUGH_OBSERVATIONS} observations or more; you too, if you had."
        ),
        "observations": column.NumberColumn(
            "Yours", width=70, help="How often you had answered it, asked about it or read it."
        ),
    }  # fmt: skip
