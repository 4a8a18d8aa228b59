"""How a file with practice is read: what it is, which of its columns says what, and the clock of its times."""

from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from mastery_core.ingest.practice_import import Reading
from mastery_core.ingest.shape import FileShape, fixed_columns
from pages import clock
from pages.instructor.explained import practice_import as explained
from pages.instructor.tables import practice_import as tables

NO_COLUMN = ""  # as a mapping says it


def choose(shape: FileShape, file: str, zone: ZoneInfo, *, disabled: bool) -> Reading | None:
    """The choices for a file, and its first rows under them; None while a column that is needed was not chosen.

    ``file`` tells the choices for this file from those for another one. What is guessed can be changed.
    """
    held: dict[str, Any] = {"disabled": disabled}
    with st.grid(3, min_column_width=220):
        format_ = st.selectbox(
            "What it is", list(explained.FORMATS), list(explained.FORMATS).index(shape.format), help=explained.FORMAT,
            format_func=explained.FORMATS.__getitem__, key=f"practice_format_{file}", **held,
        )  # fmt: skip
        concept = None if format_ == "csv" else _concept(shape, format_, file, held)
        zones = clock.zone_names(zone.key)
        zone_name = st.selectbox(
            "Time zone of the file",
            zones,
            zones.index(zone.key),
            help=explained.ZONE,
            key=f"practice_zone_{file}",
            **held,
        )
    known: dict[str, str | None] = {"concept": concept, **fixed_columns(format_, shape.columns)}
    mapping = _mapping(shape, file, held) if format_ == "csv" else known
    read_as = {column: explained.heading(what) for what in explained.ALL_COLUMNS if (column := mapping.get(what))}
    st.markdown(f":small[{explained.first_rows(len(shape.rows))}]")
    st.dataframe(
        tables.preview_table(shape), column_config=tables.preview_columns(shape, read_as), hide_index=True, placeholder="",
        column_order=tables.preview_order(shape, read_as), key=f"practice_preview_{file}", alt="The first rows of the file, as they stand in it",
    )  # fmt: skip
    if format_ != "csv":
        return Reading(format_, concept, None, zone_name) if concept is not None else None
    complete = all(mapping[what] is not None for what in explained.COLUMNS)
    return (
        Reading(format_, None, {what: column or NO_COLUMN for what, column in mapping.items()}, zone_name)
        if complete
        else None
    )


def _concept(shape: FileShape, format_: str, file: str, held: dict[str, Any]) -> str | None:
    """The concept's column: of those that look like one, chosen already where it is the only one."""
    likely = shape.concept_columns if format_ == shape.format else []
    columns = _columns(likely or shape.columns)
    return st.selectbox(
        "Concept column", columns, 0 if len(likely) == 1 else None, placeholder="Choose a column", help=explained.CONCEPT,
        key=f"practice_concept_{format_}_{file}", **held,
    )  # fmt: skip


def _mapping(shape: FileShape, file: str, held: dict[str, Any]) -> dict[str, str | None]:
    """The column for each thing that a row says: None where one that is needed was not chosen, NO_COLUMN where none is meant."""
    columns = _columns(shape.columns)
    mapping: dict[str, str | None] = {}
    with st.grid(4, min_column_width=200):
        for what, (label, help_text) in explained.COLUMNS.items():
            guessed = shape.mapping.get(what)
            mapping[what] = st.selectbox(
                label, columns, columns.index(guessed) if guessed in columns else None, placeholder="Choose a column",
                help=help_text, key=f"practice_{what}_{file}", **held,
            )  # fmt: skip
    with st.grid(4, min_column_width=200):
        for what, (label, help_text) in explained.MORE_COLUMNS.items():
            options, guessed = [NO_COLUMN, *columns], shape.mapping.get(what, NO_COLUMN)
            mapping[what] = st.selectbox(
                label, options, options.index(guessed), help=help_text, key=f"practice_{what}_{file}",
                format_func=lambda each: each or explained.NO_COLUMN, **held,
            )  # fmt: skip
    return mapping


def _columns(names: list[str]) -> list[str]:
    """Each name once, those that say nothing left out."""
    return [name for name in dict.fromkeys(names) if name]
