"""What became of a button's work: kept by its callback, and said once, in the run that follows, where the button stands."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from mastery_core.errors import MasteryError
from pages import links

DONE, REFUSED = "done", "refused"


@contextmanager
def refusals(place: str) -> Iterator[None]:
    """What is refused in here is said at ``place``. What was typed stays where it is."""
    try:
        yield
    except MasteryError as error:
        _kept()[place, REFUSED] = str(error)


def done(place: str, sentence: str) -> None:
    """Have a sentence (Markdown) said at ``place``."""
    _kept()[place, DONE] = sentence


def say(place: str) -> None:
    """Say what there is to say at ``place``, once."""
    kept = _kept()
    if sentence := kept.pop((place, DONE), None):
        st.success(sentence, icon=":material/check:")
    if refused := kept.pop((place, REFUSED), None):
        st.error(links.as_label(refused), icon=":material/error:")


def drop() -> None:
    """Let go what was not said, where the screen that it belongs to cannot be drawn: it is not for a later one, of another cohort."""
    _kept().clear()


def _kept() -> dict[tuple[str, str], str]:
    kept: dict[tuple[str, str], str] = st.session_state.setdefault("replies", {})
    return kept
