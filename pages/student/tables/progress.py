"""The tables beside the charts: the same numbers, as numbers, and how the columns read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import streamlit as st

from mastery_core.charts.palette import BAND_GLYPHS, BAND_WORDS
from mastery_core.charts.standing import in_order
from mastery_core.curve import MasteryCurve
from mastery_core.model import ConceptMastery
from mastery_core.standing import ENOUGH_OBSERVATIONS, Band, bands
from mastery_core.trend import WINDOW_DAYS
from pages.words import KINDS, TRENDS

OPENS = "every_concept_opens"
NAME_WIDTH = 205  # of 356 on a phone: over six tenths of a table Streamlit lets a pinned column scroll away
STEP_COLUMNS = ("at", "concept", "what", "score", "change")
WEEK = f"{WINDOW_DAYS:.0f} days"


def band_legend(weak: float) -> str:
    """What the colours and signs of the bars mean."""
    meaning = BAND_WORDS | {Band.WEAK: f"below {weak:.0%}"}
    bands_in_colour = " · ".join(
        f":{colour}[{BAND_GLYPHS[band]} {meaning[band]}]"
        for band, colour in zip(BAND_WORDS, ("orange", "blue", "green", "gray"), strict=True)
    )
    return f":small[{bands_in_colour} · pale: forgotten since you last practised it]"


def standing_table(masteries: Sequence[ConceptMastery], zone: ZoneInfo, weak: float, mastered: float) -> pd.DataFrame:
    """Every concept, weakest first. Scores and changes are percent and points; ``now`` is empty without data enough."""
    rows = in_order(masteries)
    band = bands([m.mastery_score for m in rows], [m.observations for m in rows], weak=weak, mastered=mastered)
    known = np.array([m.observations >= ENOUGH_OBSERVATIONS for m in rows], dtype=bool)
    return pd.DataFrame(
        {
            "concept": [m.concept_tag for m in rows],
            "now": np.where(known, _percent([m.mastery_score for m in rows]), np.nan),
            "standing": [f"{BAND_GLYPHS[each]} {BAND_WORDS[each]}" for each in band],
            "due": _days([m.due_at if enough else None for m, enough in zip(rows, known, strict=True)], zone),
            "practised": _days([m.last_assessed_at for m in rows], zone),
            "stored": _percent([m.stored_score for m in rows]),
            "trend": [TRENDS[m.trend] if enough else "" for m, enough in zip(rows, known, strict=True)],
            "change": _percent([m.recent_delta for m in rows]),
            "forgotten": _percent([m.recent_forgetting for m in rows]),
            "observations": [m.observations for m in rows],
        }
    )


def standing_columns(weak: float, mastered: float) -> dict[str, Any]:
    column = st.column_config
    return {
        "concept": column.ButtonColumn(
            "Concept", width=NAME_WIDTH, pinned=True, type="tertiary", alignment="left", key=OPENS, help="Opens the concept."
        ),
        "now": column.ProgressColumn(
            "Now", min_value=0, max_value=100, format="%.1f%%", width=110,
            help="Score when last practised × share kept a day ^ days since then.",
        ),
        "standing": column.TextColumn(
            "Standing", width=118,
            help=f"Below {weak:.0%}, on the way, or mastered from {mastered:.0%}. "
            f"It takes {ENOUGH_OBSERVATIONS} observations to tell.",
        ),
        "due": column.DateColumn(
            f"Falls below {weak:.0%}", format="D MMM YYYY", width=112,
            help="When, if it is not practised before. Empty where it already has, or where there is not enough data.",
        ),
        "practised": column.DateColumn("Last practised", format="D MMM YYYY", width=102),
        "stored": column.NumberColumn("Score then", format="%.1f%%", width=80, help="Right after the last practice."),
        "trend": column.TextColumn(
            "Trend", width=98,
            help=f"Improving where practice of the last {WEEK} came to more than +5 points, declining below −5. "
            "It takes 2 observations.",
        ),
        "change": column.NumberColumn(
            "Change", format="%+.1f", width=70,
            help=f"Points won and lost by practice in the last {WEEK}, without forgetting.",
        ),
        "forgotten": column.NumberColumn(
            "Forgotten", format="%+.1f", width=78,
            help=f"Points that time had taken away when the concept was practised again in the last {WEEK}.",
        ),
        "observations": column.NumberColumn("Observations", width=92, help="Times answered, asked about or read."),
    }  # fmt: skip


def curve_table(curves: Sequence[MasteryCurve], zone: ZoneInfo) -> pd.DataFrame:
    """What the curves are drawn from: the practice steps, where each concept stands, and where it will in two weeks."""
    pieces = [_steps(curve) for curve in curves] + [_ends(curve) for curve in curves]
    columns = {name: np.concatenate([piece[name] for piece in pieces] or [np.empty(0)]) for name in STEP_COLUMNS}
    columns["at"] = pd.DatetimeIndex(columns["at"].astype("datetime64[s]"), tz="UTC").tz_convert(zone)
    return pd.DataFrame(columns).sort_values("at", ascending=False, kind="stable", ignore_index=True)


def curve_columns(zone: ZoneInfo) -> dict[str, Any]:
    column = st.column_config
    return {
        "at": column.DatetimeColumn("When", format="D MMM YYYY, HH:mm", timezone=zone.key),
        "concept": column.TextColumn("Concept", width="large"),
        "what": column.TextColumn("What"),
        "score": column.NumberColumn(
            "Score after", format="%.1f%%", help="The score right after it, or where the line ends."
        ),
        "change": column.NumberColumn("Change", format="%+.1f", help="In points, by practice."),
    }


def _steps(curve: MasteryCurve) -> dict[str, Any]:
    return {
        "at": curve.step_at,
        "concept": np.full(curve.step_at.size, curve.concept_tag, dtype=object),
        "what": np.array([KINDS.get(kind, kind) for kind in curve.step_kind], dtype=object),
        "score": _percent(curve.step_score),
        "change": _percent(curve.step_delta),
    }


def _ends(curve: MasteryCurve) -> dict[str, Any]:
    return {
        "at": curve.projected_at[[0, -1]],
        "concept": np.full(2, curve.concept_tag, dtype=object),
        "what": np.array(["as of", "if not practised"], dtype=object),
        "score": _percent([curve.score[-1], curve.projected_score[-1]]),
        "change": np.full(2, np.nan),
    }


def _percent(shares: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.round(np.asarray(shares, dtype=np.float64) * 100, 1) + 0.0


def _days(moments: Sequence[datetime | None], zone: ZoneInfo) -> pd.Series:
    """The viewer's calendar days, without a time."""
    local = [None if moment is None else moment.astimezone(zone).date() for moment in moments]
    return pd.Series(pd.to_datetime(pd.Series(local, dtype=object)))
