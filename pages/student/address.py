"""What an address says beyond the range and the moment: opaque ids. It, and not a widget, holds what was chosen.

``bind="query-params"`` writes what a widget's options look like, and an address must not hold names: where options are
ids that show a name, a widget is set from the address (``asked``) before it is drawn, and its ``on_change`` is ``remember``.
"""

from collections.abc import Collection
from typing import Any

import streamlit as st


def asked(name: str, known: Collection[str]) -> list[str]:
    """The ids that the address gives by ``name``, those that are ``known``."""
    return [each for each in st.query_params.get_all(name) if each in known]


def remember(name: str, key: str) -> None:
    """Write what the widget ``key`` says into the address; nothing chosen leaves nothing there."""
    chosen: Any = st.session_state[key]
    if chosen:
        st.query_params[name] = chosen
    else:
        st.query_params.pop(name, None)
