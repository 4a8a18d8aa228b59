"""What an address says, which is all that a screen remembers: it, and not a widget, holds what was chosen.

A widget is given what the address says before it is drawn, and writes what is chosen instead back: ``**held(…)``. So one
step in the browser's history is one choice, going back undoes it, and a link shows the same view. (A widget's own
``bind="query-params"`` writes what options look like, which may be names, and leaves further steps in the history when
another screen is opened.)
"""

from collections.abc import Collection
from datetime import date
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

CHOICE, TOLD = "_choice", "_told"


def asked(name: str, known: Collection[str]) -> list[str]:
    """The ids or words that the address gives by ``name``, those that are ``known``."""
    return [each for each in st.query_params.get_all(name) if each in known]


def one_of(name: str, known: Collection[str], usual: str) -> str:
    """The one of ``known`` that the address asks for; else the ``usual`` one."""
    return next(iter(asked(name, known)), usual)


def number(name: str, lowest: int, highest: int, usual: int | None) -> int | None:
    """The whole number that the address asks for, where it lies between the two; else the ``usual`` one."""
    text = st.query_params.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 and lowest <= int(text) <= highest else usual


def day(name: str, first: date, last: date, usual: date) -> date:
    """The day (YYYY-MM-DD) that the address asks for, where it lies between the two; else the ``usual`` one."""
    try:
        wanted = date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        return usual
    return wanted if first <= wanted <= last else usual


def held(name: str, value: Any, usual: Any = None, labels: Any = None) -> dict[str, Any]:
    """What makes a widget show ``value``, and write what is chosen instead into the address by ``name``.

    The ``usual`` choice is not written. ``labels``: what the options look like, where that may change; the browser knows them by
    nothing else, and would go on with one that there is no more.
    """
    key, told = f"{name}{CHOICE}", f"{name}{TOLD}"
    is_told = (
        key in st.session_state
        and st.session_state[key] == value
        and st.session_state.get(told, (None, None))[1] == labels
    )
    if not is_told:  # set anew, it would lose what is half typed
        st.session_state[key] = value
    st.session_state[told] = value, labels
    return {"key": key, "on_change": remember, "args": (name, usual)}


def let_go() -> None:
    """Forget what the widgets of another screen held: one of the same name on this screen is set anew."""
    for key in [key for key in st.session_state if str(key).endswith(CHOICE)]:
        del st.session_state[key]


def remember(name: str, usual: Any = None) -> None:
    """Write what the widget held by ``name`` says into the address; nothing, or the ``usual``, leaves nothing there."""
    key = f"{name}{CHOICE}"
    if _is_beat():  # It left the browser before what the screen holds now came there: nobody chose this.
        st.session_state[key] = st.session_state[f"{name}{TOLD}"][0]
        return
    chosen = st.session_state[key]
    if chosen in (None, [], usual):
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = [str(each) for each in chosen] if isinstance(chosen, list) else str(chosen)


def _is_beat() -> bool:
    """Whether only a fragment runs. None holds a widget of the address: what is chosen runs the whole screen."""
    run = get_script_run_ctx()
    return run is not None and bool(run.fragment_ids_this_run)
