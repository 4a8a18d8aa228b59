"""A table as a file to take along: CSV or Excel, numbers as numbers, and no text that a spreadsheet would run."""

from io import BytesIO

import pandas as pd

from mastery_core.export import CSV_ENCODING, FORMULA_STARTS

MIME = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WIDEST_COLUMN = 60


def as_csv(table: pd.DataFrame) -> bytes:
    """The table as RFC 4180 has it, in UTF-8. A text that begins as a formula does has an apostrophe before it."""
    return harmless(table).to_csv(index=False, lineterminator="\r\n").encode(CSV_ENCODING)


def as_excel(table: pd.DataFrame, sheet: str = "Table") -> bytes:
    """The table as a workbook of one sheet. Texts are stored as texts, so that none is a formula or a link, and stay as they are."""
    written = BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with pd.ExcelWriter(written, engine="xlsxwriter", engine_kwargs={"options": plain}) as writer:
        table.to_excel(writer, sheet_name=sheet, index=False, freeze_panes=(1, 0))
        for place, name in enumerate(table.columns):
            longest = max([len(str(name)), *table[name].astype(str).str.len()])
            writer.sheets[sheet].set_column(place, place, min(longest + 2, WIDEST_COLUMN))
    return written.getvalue()


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before every text, of a cell or a heading, that a spreadsheet would take for a formula."""
    texts = table.select_dtypes(include=["object", "str"]).columns
    return table.assign(**{name: table[name].map(_harmless) for name in texts}).rename(columns=_harmless)


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
