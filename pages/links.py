"""The ways from one screen to another. Addresses keep the range and the moment, and hold opaque ids, no names."""

import re
from collections.abc import Sequence
from typing import NoReturn

import streamlit as st

from mastery_core.charts.names import shortened
from mastery_core.concept import concept_id

CONCEPT, SESSIONS = "student/concept.py", "student/sessions.py"
KEPT = ("range", "as_of")
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


def session_link(session_id: str, label: str) -> None:
    st.page_link(SESSIONS, label=f":blue[{as_label(label)}]", query_params=kept(session=session_id))


def open_session(session_id: str) -> NoReturn:
    _open(SESSIONS, session=session_id)


def chosen_from(key: str, names: Sequence[str]) -> str | None:
    """The name in the row whose button, in the column with this ``key``, was pressed for this run."""
    pressed = st.session_state.get(key)
    return names[pressed["row"]] if pressed and pressed["row"] < len(names) else None


def as_label(text: str) -> str:
    """The text so that Streamlit's Markdown shows it letter by letter, in links, labels and buttons."""
    return _ADDRESSES.sub(WORD_JOINER, text).translate(_MARKDOWN)


def kept(**more: str) -> dict[str, str]:
    """What every link carries on: the range and the moment, and what else it is to say."""
    return {name: st.query_params[name] for name in KEPT if name in st.query_params} | more


def _open(screen: str, **to: str) -> NoReturn:
    # Streamlit writes the new address under the screen that is left, and Back leads there: it must go on showing what it did.
    here = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(screen, query_params=here | to)
