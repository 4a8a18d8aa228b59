"""What became of a button's work: kept by its callback, and said once, in the run that follows, where the button stands."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from mastery_core.errors import MasteryError
from pages import links


@contextmanager
def refusals(place: str) -> Iterator[None]:
    """What is refused in here is said at ``place``. What was typed stays where it is."""
    try:
        yield
    except MasteryError as error:
        st.session_state[f"{place}_refused"] = str(error)


def done(place: str, sentence: str) -> None:
    """Have a sentence (Markdown) said at ``place``."""
    st.session_state[f"{place}_done"] = sentence


def say(place: str) -> None:
    """Say what there is to say at ``place``, once."""
    if sentence := st.session_state.pop(f"{place}_done", None):
        st.success(sentence, icon=":material/check:")
    if refused := st.session_state.pop(f"{place}_refused", None):
        st.error(links.as_label(refused), icon=":material/error:")
