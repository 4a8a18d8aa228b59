"""The tables of the Import screen: the file's first rows, what a check met in it, and how the columns read."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from mastery_core.charts.names import shortened
from mastery_core.ingest.practice_import import DryRun, MetLearner
from mastery_core.ingest.shape import FileShape
from pages import files
from pages.instructor.explained.practice_import import OUTCOMES

HEADING_COLUMNS, READ_WIDTH = 40, 170
KNOWN, MADE = "in the cohort", "will be made"

Table = pd.DataFrame


def headings(columns: Sequence[str]) -> list[str]:
    """The names of a file's columns, short enough to read; one that has none by its place."""
    return shortened([name or f"column {place}" for place, name in enumerate(columns, 1)], HEADING_COLUMNS)


def preview_table(shape: FileShape) -> Table:
    """The first rows as the file has them. The columns are called by their place: two of a file may have one name."""
    width = len(shape.columns)
    rows = [[*row[:width], *[""] * (width - len(row))] for row in shape.rows]
    return pd.DataFrame(rows, columns=[str(place) for place in range(width)], dtype="str")


def preview_order(shape: FileShape, read_as: Mapping[str, str]) -> list[str]:
    """The columns that are read first, in the order of ``read_as``; then the others as the file has them."""
    first = {column: place for place, column in enumerate(read_as)}
    places = range(len(shape.columns))
    return [
        str(place) for place in sorted(places, key=lambda place: (first.get(shape.columns[place], len(first)), place))
    ]


def preview_columns(shape: FileShape, read_as: Mapping[str, str]) -> dict[str, Any]:
    """The names of the columns, and what each is read as."""
    text, names = st.column_config.TextColumn, headings(shape.columns)
    return {
        str(place): text(_heading(name, read_as[column]), width=READ_WIDTH) if column in read_as else text(name)
        for place, (column, name) in enumerate(zip(shape.columns, names, strict=True))
    }


def _heading(name: str, what: str) -> str:
    return name if name.casefold() == what else f"{name} → {what}"


def skipped_table(skipped: Mapping[str, tuple[int, int]]) -> Table:
    """Why rows are skipped, the most frequent reason first."""
    found = sorted(
        ((reason, number, line) for reason, (number, line) in skipped.items()), key=lambda row: (-row[1], row[2])
    )
    return pd.DataFrame(found, columns=["why", "rows", "line"])


def skipped_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "why": column.TextColumn("Why", width=205),
        "rows": column.NumberColumn("Rows", format="localized", help="Rows of the file that say nothing for this reason."),
        "line": column.NumberColumn("First on line", format="localized", help="The line of the file, counted from 1, where it is met first."),
    }  # fmt: skip


def show_skipped(skipped: Mapping[str, tuple[int, int]], cohort: str) -> None:
    st.dataframe(
        skipped_table(skipped), column_config=skipped_columns(), hide_index=True,
        alt="Why rows are skipped, how many for each reason, and the line of the first",
    )  # fmt: skip
    files.downloads("Skipped rows", lambda: skipped_table(skipped), f"import-skipped-{cohort[:8]}")


def learner_table(learners: Sequence[MetLearner]) -> Table:
    """The learners met, those first that will be made, each by name."""
    met = sorted(learners, key=lambda each: (each.person is not None, each.name.casefold(), each.called))
    return pd.DataFrame(
        {
            "name": [each.name for each in met],
            "known": [MADE if each.person is None else KNOWN for each in met],
            "answers": [each.interactions for each in met],
            "called": [each.called for each in met],
        }
    )


def learner_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "name": column.TextColumn("Learner", width=160, pinned=True, help="As the cohort calls them, or will."),
        "known": column.TextColumn("Known", width=110, help="Whether the learner is in the cohort already."),
        "answers": column.NumberColumn("Answers", width=84, format="localized", help="Of this learner in the file, those that are there already among them."),
        "called": column.TextColumn("In the file", width=205, help="What the file calls the learner."),
    }  # fmt: skip


def concept_table(concepts: Mapping[str, int]) -> Table:
    """The concepts met, the most practised first."""
    found = sorted(concepts.items(), key=lambda each: (-each[1], each[0]))
    return pd.DataFrame(found, columns=["concept", "answers"])


def concept_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "concept": column.TextColumn("Concept", width=240),
        "answers": column.NumberColumn("Answers", width=84, format="localized", help="On this concept in the file, those that are there already among them."),
    }  # fmt: skip


def event_table(found: DryRun) -> Table:
    """The first answers as they are understood, the learners by what the cohort calls them."""
    names = {each.called: each.name for each in found.learners}
    return pd.DataFrame(
        {
            "learner": [names[each.learner] for each in found.first_events],
            "concept": [each.concept for each in found.first_events],
            "outcome": [OUTCOMES[each.outcome] for each in found.first_events],
            "at": pd.to_datetime([each.at for each in found.first_events], utc=True),
        }
    )


def event_columns(zone: ZoneInfo) -> dict[str, Any]:
    column = st.column_config
    return {
        "learner": column.TextColumn("Learner", width=150),
        "concept": column.TextColumn("Concept", width=205),
        "outcome": column.TextColumn("Outcome", width=130),
        "at": column.DatetimeColumn("When", width=170, format="D MMM YYYY, HH:mm:ss", timezone=zone.key, help=f"In {zone.key}."),
    }  # fmt: skip
