"""What the tables of an export are, as a table."""

from typing import Any

import pandas as pd
import streamlit as st

from mastery_core.export import COLUMNS


def export_table() -> pd.DataFrame:
    """Every column of every table, and what it says."""
    rows = [(table, column, what) for table, columns in COLUMNS.items() for column, what in columns.items()]
    return pd.DataFrame(rows, columns=["table", "column", "what"])


def export_columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "table": column.TextColumn("Table"),
        "column": column.TextColumn("Column"),
        "what": column.TextColumn("What it is", width="large"),
    }
