"""The ways from one screen to another. Addresses hold opaque ids, no names.

They keep the range and the moment and, for an instructor, which learner of which cohort is looked at, by which limits; for a researcher,
what is selected.
"""

import re
from collections.abc import Sequence
from typing import NoReturn

import streamlit as st

from mastery_core.charts.names import shortened
from mastery_core.concept import concept_id
from pages.instructor import limits

PROGRESS, CONCEPT, SESSIONS = "student/progress.py", "student/concept.py", "student/sessions.py"
COHORT, GRID, COHORT_CONCEPTS = "instructor/cohort.py", "instructor/grid.py", "instructor/concepts.py"
MANAGE, IMPORT = "instructor/manage.py", "instructor/practice_import.py"
RESEARCH_DATA = "researcher/data.py"
LEARNER = "learner"
# What a researcher has selected of an extract.
IN_COHORTS, ON_CONCEPTS, FROM, TO, MINIMUM = SELECTED = ("in_cohorts", "on_concepts", "from", "to", "minimum")
KEPT = ("range", "as_of", "cohort", *limits.NAMES, LEARNER, *SELECTED)
LABEL_COLUMNS = 90
_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in r"\`*_{}[]()<>#+-.!|~$:^=&"})
# Addresses become links whatever is escaped in them; a word joiner, which is not seen, keeps them text.
_ADDRESSES = re.compile(r"(?<=www)(?=\.)|(?<=http)(?=://)|(?<=https)(?=://)|(?=@)", re.IGNORECASE)
WORD_JOINER = "\u2060"


def concept_link(concept: str) -> None:
    """A link to the screen of a concept, in its own name."""
    [name] = shortened([concept], LABEL_COLUMNS)
    st.page_link(CONCEPT, label=f":blue[{as_label(name)}]", query_params=kept(concept=concept_id(concept)))


def open_concept(concept: str) -> NoReturn:
    _open(CONCEPT, concept=concept_id(concept))


def open_session(session_id: str) -> NoReturn:
    _open(SESSIONS, session=session_id)


def learner_link(person_id: str, name: str, cohort_id: str) -> None:
    """A link to the screens of a learner of a cohort, in their own name."""
    [short] = shortened([name], LABEL_COLUMNS)
    st.page_link(PROGRESS, label=f":blue[{as_label(short)}]", query_params=kept(learner=person_id, cohort=cohort_id))


def open_learner(person_id: str, cohort_id: str, concept: str | None = None) -> NoReturn:
    """Open the screens of a learner of a cohort: Progress, or that of a concept."""
    if concept is None:
        _open(PROGRESS, learner=person_id, cohort=cohort_id)
    _open(CONCEPT, learner=person_id, cohort=cohort_id, concept=concept_id(concept))


def cohort_link(label: str) -> None:
    """A link back from a learner to the cohort."""
    st.page_link(COHORT, label=label, icon=":material/groups:", query_params=kept_without_learner())


def grid_link(label: str) -> None:
    """A link to every learner of the cohort on every concept."""
    st.page_link(GRID, label=label, icon=":material/grid_on:", query_params=kept_without_learner())


def manage_link(label: str, cohort_id: str | None = None) -> None:
    """A link to where cohorts are made and kept."""
    st.page_link(MANAGE, label=label, icon=":material/manage_accounts:", query_params=_of_cohort(cohort_id))


def import_link(label: str, cohort_id: str) -> None:
    """A link to where practice comes into a cohort from a file."""
    st.page_link(IMPORT, label=label, icon=":material/upload_file:", query_params=_of_cohort(cohort_id))


def cohort_concept_link(concept: str) -> None:
    """A link to a concept as a cohort stands on it."""
    [name] = shortened([concept], LABEL_COLUMNS)
    query = kept_without_learner() | {"concept": concept_id(concept)}
    st.page_link(COHORT_CONCEPTS, label=f":blue[{as_label(name)}]", query_params=query)


def open_cohort_concept(concept: str) -> NoReturn:
    _open(COHORT_CONCEPTS, concept=concept_id(concept))


def all_concepts_link() -> None:
    """The way from one concept of a cohort back to all of them."""
    st.page_link(
        COHORT_CONCEPTS, label="All concepts", icon=":material/arrow_back:", query_params=kept_without_learner()
    )


def research_data_link(label: str) -> None:
    """A link to where an extract is made and taken along."""
    st.page_link(RESEARCH_DATA, label=label, icon=":material/dataset:", query_params=kept_without_learner())


def chosen_from(key: str, names: Sequence[str]) -> str | None:
    """The name in the row whose button, in the column with this ``key``, was pressed for this run; the rows have these ``names`` now.

    What was pressed is a row of the table as it was drawn last, which may have had other rows, or in another order.
    """
    pressed, drawn = st.session_state.get(key), st.session_state.get(f"{key}_drawn", names)
    st.session_state[f"{key}_drawn"] = list(names)
    return drawn[pressed["row"]] if pressed and pressed["row"] < len(drawn) else None


def as_label(text: str) -> str:
    """The text so that Streamlit's Markdown shows it letter by letter, in links, labels and buttons."""
    return _ADDRESSES.sub(WORD_JOINER, text).translate(_MARKDOWN)


def kept(**more: str) -> dict[str, str | list[str]]:
    """What every link carries on, and what else it is to say."""
    return {name: st.query_params.get_all(name) for name in KEPT if name in st.query_params} | more


def kept_without_learner() -> dict[str, str | list[str]]:
    """What a link carries on that leads away from the learner who is looked at."""
    return {name: value for name, value in kept().items() if name != LEARNER}


def _of_cohort(cohort_id: str | None) -> dict[str, str | list[str]]:
    return kept_without_learner() | ({} if cohort_id is None else {"cohort": cohort_id})


def _open(screen: str, **to: str) -> NoReturn:
    # Streamlit writes the new address under the screen that is left, and Back leads there: it must go on showing what it did.
    here = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(screen, query_params=here | to)
