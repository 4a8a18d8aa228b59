"""Tables to take along, as CSV and as Excel, and what a table is known by whose rows can be ticked."""

from collections.abc import Callable, Iterable

import pandas as pd
import streamlit as st

from mastery_core.table_file import MIME, as_csv, as_excel

WRITERS = {"csv": as_csv, "xlsx": as_excel}


def downloads(what: str, table: Callable[[], pd.DataFrame], stem: str) -> None:
    """The table as CSV and as Excel, side by side."""
    with st.container(horizontal=True):
        pair(what, table, stem)


def pair(what: str, table: Callable[[], pd.DataFrame], stem: str) -> None:
    """As ``downloads``, beside what stands there already."""
    download(f"{what} as CSV", table, f"{stem}.csv")
    download(f"{what} as Excel", table, f"{stem}.xlsx")


def download(label: str, table: Callable[[], pd.DataFrame], file_name: str) -> None:
    """A button that makes the file when it is pressed; its ending says which kind."""
    ending = file_name.rpartition(".")[2]
    st.download_button(
        label, lambda: WRITERS[ending](table()), file_name=file_name, mime=MIME[ending], on_click="ignore",
        icon=":material/download:",
    )  # fmt: skip


def key_of(table: str, ids: Iterable[str]) -> str:
    """What a table of these rows is known by: a new key whenever others are shown, or in another order, so that none is ticked then.

    A key that had been used before would bring back what was ticked, which the browser shows no more.
    """
    rows = " ".join(ids)
    last, number = st.session_state.get(f"{table}_rows", ("", 0))
    if rows != last:
        number += 1
        st.session_state[f"{table}_rows"] = rows, number
    return f"{table}_{number}"
