"""The tables of the Concept screen: its curve and its attempts as numbers, how the columns read, and the attempts as a file."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from mastery_core import MasteryService
from mastery_core.charts.kinds import KIND_GLYPHS, KIND_WORDS
from mastery_core.curve import MasteryCurve
from mastery_core.export import CSV_ENCODING, plain_text
from mastery_core.model import Attempt
from mastery_core.what_if import Outlook
from pages.student.tables.progress import curve_columns, curve_table

OPENS = "attempts_session"
ATTEMPTS_AT_ONCE = 1_000
CSV_COLUMNS = (
    "concept", "number", "at", "what", "outcome", "score_before_percent", "change_points", "score_after_percent",
    "forgotten_before_points", "session", "interaction",
)  # fmt: skip


def attempts_table(attempts: Sequence[Attempt], zone: ZoneInfo) -> pd.DataFrame:
    """The attempts as they come, times in ``zone``, scores and changes in percent and points."""
    return pd.DataFrame(
        {
            "number": pd.Series([each.opportunity for each in attempts], dtype="int64"),
            "at": pd.DatetimeIndex([each.at for each in attempts], tz="UTC").tz_convert(zone),
            "what": pd.Series([f"{KIND_GLYPHS[each.kind]} {KIND_WORDS[each.kind]}" for each in attempts], dtype=object),
            "before": _percent([each.before for each in attempts]),
            "change": _percent([each.delta for each in attempts]),
            "after": _percent([each.after for each in attempts]),
            "forgotten": _percent([each.forgotten for each in attempts]),
            "session": pd.Series(["Open" if each.session_id else None for each in attempts], dtype=object),
        }
    )


def attempts_columns(zone: ZoneInfo) -> dict[str, Any]:
    column = st.column_config
    return {
        "number": column.NumberColumn(
            "No.", width=50, pinned=True, help="Which observation of this concept it was. A score set anew counts as none."
        ),
        "at": column.DatetimeColumn("When", format="D MMM YYYY, HH:mm", timezone=zone.key, width=142),
        "what": column.TextColumn("What", width=158),
        "before": column.NumberColumn(
            "Score before", format="%.1f%%", width=98, help="The score when it came, what was forgotten taken off."
        ),
        "change": column.NumberColumn("Change", format="%+.1f", width=76, help="What it was worth, in points."),
        "after": column.NumberColumn("Score after", format="%.1f%%", width=90, help="Score before + change."),
        "forgotten": column.NumberColumn(
            "Forgotten before", format="%.1f", width=118,
            help="Points that time without practice had taken since the attempt before; the score before has them off.",
        ),
        "session": column.ButtonColumn("Session", type="tertiary", width=76, key=OPENS, help="Opens its session."),
    }  # fmt: skip


def points_table(
    curve: MasteryCurve, zone: ZoneInfo, weak: float, falls_below: datetime | None, then: Outlook | None, at: datetime
) -> pd.DataFrame:
    """What the figure is drawn from: the steps, where the score stands and where it goes, with and without more answers."""
    drawn = curve_table([curve], zone).drop(columns="concept")
    falls, threshold = f"falls below {weak:.0%}", round(weak * 100, 1)
    ahead: list[dict[str, Any]] = []
    if falls_below:
        ahead.append({"at": falls_below, "what": f"{falls}, if not practised", "score": threshold})
    if then and then.right_answers:
        answers = f"{then.right_answers} more right answer{'' if then.right_answers == 1 else 's'}"
        ahead.append({"at": at, "what": f"after {answers}", "score": round(then.score * 100, 1)})
        if then.falls_below:
            ahead.append({"at": then.falls_below, "what": f"{falls}, after {answers}", "score": threshold})
    if not ahead:
        return drawn
    frame = pd.DataFrame(ahead, columns=["at", "what", "score", "change"]).astype({"score": float, "change": float})
    frame["at"] = pd.DatetimeIndex(frame["at"]).tz_convert(zone).as_unit(drawn["at"].dt.unit)
    return pd.concat([drawn, frame]).sort_values("at", ascending=False, kind="stable", ignore_index=True)


def points_columns(zone: ZoneInfo) -> dict[str, Any]:
    return curve_columns(zone) | {"what": st.column_config.TextColumn("What", width="large")}


def attempts_csv(service: MasteryService, person_id: str, concept: str, at: datetime, zone: ZoneInfo) -> bytes:
    """All attempts by ``at``, newest first, as the table shows them: times with their offset, numbers as numbers."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for each in _all_attempts(service, person_id, concept, at):
        shown = _percent([each.before, each.delta, each.after, each.forgotten])
        writer.writerow([
            plain_text(concept), each.opportunity, each.at.astimezone(zone).isoformat(), KIND_WORDS[each.kind],
            each.outcome, *shown, each.session_id, each.interaction_id,
        ])  # fmt: skip
    return text.getvalue().encode(CSV_ENCODING)


def _all_attempts(service: MasteryService, person_id: str, concept: str, at: datetime) -> Iterator[Attempt]:
    skip = 0
    while attempts := service.get_attempts(person_id, concept, ATTEMPTS_AT_ONCE, skip, at=at):
        yield from attempts
        skip += len(attempts)


def _percent(shares: Sequence[float]) -> list[float]:
    return [round(share * 100, 1) + 0.0 for share in shares]
