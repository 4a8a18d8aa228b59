"""What a researcher's screen shows: which part of the extract. One selection governs all of them, and lies in the address."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import pandas as pd
import streamlit as st

from mastery_core.charts.as_html import MIME, as_html
from mastery_core.charts.figure import Figure
from mastery_core.charts.names import shortened
from mastery_core.concept import concept_id
from mastery_core.errors import InvalidInput
from mastery_core.identity.directory import Person
from mastery_core.research.extract import Manifest
from mastery_core.research.selection import MINIMUMS, Choice, Choices, Held, Selection
from mastery_core.research_service import ResearchService
from pages import address, clock, files, links, signed_in
from pages.researcher.explained import view as explained

OPTION_COLUMNS = 60
NAMES_WIDTH, MONTH_WIDTH = 215, 115
KEPT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class View:
    """Who looks at which selection of which extract: what can be chosen, and what the selection holds. ``made_at`` is on the viewer's clock."""

    person: Person
    service: ResearchService
    selection: Selection
    choices: Choices
    held: Held
    manifest: Manifest
    made_at: datetime


def open_screen(title: str) -> View:
    """The head of a screen: its title, what is selected and how much that is. Stops the run where there is nothing to show."""
    person, service = signed_in.person(), signed_in.research_service()
    st.title(title, anchor=False)
    manifest = _extract(service)
    try:
        offered = service.choices()
    except InvalidInput as error:
        _refuse(error)
    if not offered.months:
        st.subheader("Nothing can be told yet", anchor=False)
        st.markdown(explained.NOTHING_TO_CHOOSE)
        links.research_data_link("What is in the extract")
        st.stop()
    try:
        selection = _asked(offered)
        held = service.held(selection)
    except InvalidInput as error:
        st.info(links.as_label(str(error)), icon=":material/info:")
        st.button("Select everything", icon=":material/filter_alt_off:", on_click=_select_everything)
        st.stop()
    st.markdown(explained.held(held), help=explained.HELD)
    made_at = datetime.fromisoformat(manifest.made_at).astimezone(clock.viewer_zone(person))
    return View(person, service, selection, offered, held, manifest, made_at)


def tables(view: View, name: str, by: tuple[str, ...] = ()) -> dict[str, pd.DataFrame]:
    """The tables of a measure of what is selected. Where there are none it is said why, and the run stops."""
    try:
        return _tables(view.manifest.made_at, name, view.selection, by, signed_in.session_key(), view.service)
    except InvalidInput as error:
        _refuse(error)


def told_apart(*groups: str) -> str | None:
    """Which of these ``groups`` the address tells figures apart by, None for none of them, and the widget that chooses another."""
    offered = [explained.TOGETHER, *groups]
    by = address.one_of("by", offered, explained.TOGETHER)
    st.segmented_control(
        "Told apart by", offered, format_func=explained.GROUPS.__getitem__, required=True, **address.held("by", by, explained.TOGETHER)
    )  # fmt: skip
    return None if by == explained.TOGETHER else by


def figure_files(view: View, figure: Figure, table: pd.DataFrame, stem: str, title: str | None = None) -> None:
    """The numbers of a figure as CSV and the figure itself as a document that loads nothing, side by side.

    ``stem``: what it shows, like-this; ``title``: what the document is called where that is not the same.
    """
    name = f"{stem}-{view.made_at:%Y-%m-%d}"
    what = "This figure" if title else stem.replace("-", " ").capitalize()
    notes = explained.notes(view.held, view.selection, view.manifest)
    with st.container(horizontal=True):
        files.download(f"{what} as CSV", lambda: table, f"{name}.csv")
        st.download_button(
            f"{what} as HTML", lambda: as_html(figure, title=title or what, notes=notes), file_name=f"{name}.html", mime=MIME,
            on_click="ignore", icon=":material/download:",
        )  # fmt: skip


def reproduce(view: View, command: str, by: tuple[str, ...] = ()) -> None:
    """The end of a screen: the command line that gives the same numbers, and how to cite them."""
    st.subheader("Reproduce and cite", anchor=False)
    st.markdown(explained.REPRODUCE)
    st.code(explained.command_line(command, view.selection, by), language=None, wrap_lines=True)
    st.markdown(explained.cite(view.manifest), help=explained.FINGERPRINT)


def _extract(service: ResearchService) -> Manifest:
    """What the extract says of itself. Asks the database who looks, in every run: what is kept below does not."""
    manifest = service.get_manifest()
    if manifest is None or not manifest.complete or not manifest.rows:
        st.subheader("There is nothing to measure yet", anchor=False)
        st.markdown(explained.no_extract(manifest))
        links.research_data_link("Make an extract" if manifest is None else "Look at the extract")
        st.stop()
    return manifest


def _asked(offered: Choices) -> Selection:
    """What the address selects, and the widgets that select something else. Raises InvalidInput as ``Selection`` does."""
    cohorts = {choice.name: choice for choice in offered.cohorts}
    concepts = {concept_id(choice.name): choice for choice in offered.concepts}
    months = [choice.name for choice in offered.months]
    minimums = [str(each) for each in MINIMUMS]
    with st.container(horizontal=True, gap="small"):
        in_cohorts = _several("Cohorts", links.IN_COHORTS, cohorts, explained.COHORTS)
        on_concepts = _several("Concepts", links.ON_CONCEPTS, concepts, explained.CONCEPTS)
        first = address.one_of(links.FROM, months, months[0])
        st.selectbox(
            "From", months, width=MONTH_WIDTH, help=explained.MONTHS, **address.held(links.FROM, first, months[0], labels=months)
        )  # fmt: skip
        last = address.one_of(links.TO, months, months[-1])
        st.selectbox(
            "To", months, width=MONTH_WIDTH, help=explained.MONTHS, **address.held(links.TO, last, months[-1], labels=months)
        )  # fmt: skip
        minimum = address.one_of(links.MINIMUM, minimums, minimums[0])
        st.segmented_control(
            "Observations, at least", minimums, required=True, help=explained.MINIMUM,
            **address.held(links.MINIMUM, minimum, minimums[0]),
        )  # fmt: skip
    _say_what_is_unknown({links.IN_COHORTS: cohorts, links.ON_CONCEPTS: concepts, links.FROM: months, links.TO: months})
    return Selection(
        tuple(sorted(cohorts[each].name for each in in_cohorts)),
        tuple(sorted(concepts[each].name for each in on_concepts)),
        None if first == months[0] else first,
        None if last == months[-1] else last,
        int(minimum),
    )


def _several(label: str, name: str, there: Mapping[str, Choice], about: str) -> list[str]:
    """Those of ``there`` that the address chooses, none for all of them, and the widget that chooses others."""
    short = shortened([choice.name for choice in there.values()], OPTION_COLUMNS)
    labels = {key: explained.option(text, there[key]) for key, text in zip(there, short, strict=True)}
    chosen = list(dict.fromkeys(address.asked(name, there)))
    st.multiselect(
        label, list(there), format_func=labels.__getitem__, placeholder="All", select_all=False, width=NAMES_WIDTH, help=about,
        **address.held(name, chosen, labels=labels),
    )  # fmt: skip
    return chosen


def _say_what_is_unknown(known: Mapping[str, Collection[str]]) -> None:
    unknown = [each for name, there in known.items() for each in st.query_params.get_all(name) if each not in there]
    if unknown:
        st.info(explained.UNKNOWN, icon=":material/link_off:")


def _select_everything() -> None:
    for name in links.SELECTED:
        st.query_params.pop(name, None)


def _refuse(error: InvalidInput) -> NoReturn:
    st.error(links.as_label(str(error)), icon=":material/error:")
    links.research_data_link("Look at the extract")
    st.stop()


# Kept for the session that asked: the next extract has another moment, and so another key.


@st.cache_data(scope="session", ttl=KEPT_SECONDS, max_entries=20, show_spinner="Measuring …")
def _tables(
    made_at: str,  # noqa: ARG001 - a key of the cache
    name: str,
    selection: Selection,
    by: tuple[str, ...],
    asked_by: str | None,  # noqa: ARG001 - a key of the cache
    _service: ResearchService,
) -> dict[str, pd.DataFrame]:
    return _service.tables(name, selection, by)
