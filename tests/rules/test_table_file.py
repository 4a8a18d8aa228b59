"""A table as a file: it opens with the same numbers, and nothing in it runs."""

from io import BytesIO

import pandas as pd
import pytest
from openpyxl import load_workbook

from mastery_core.table_file import as_csv, as_excel

RUN = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", '=HYPERLINK("http://x.example")']
TABLE = pd.DataFrame(
    {
        "name": [*RUN, "Ana, “the first”\nof two", "https://x.example", ""],
        "mean": [0.1 + 0.2, -1.5, float("nan"), 1e-17, 1 / 3, 0.0, 7.0, 8.0, 9.0, 10.0, 11.0],
        "weak": range(11),
    }
)


def test_csv_opens_with_the_same_numbers() -> None:
    again = pd.read_csv(BytesIO(as_csv(TABLE)), encoding="utf-8-sig")
    pd.testing.assert_frame_equal(again[["mean", "weak"]], TABLE[["mean", "weak"]].astype({"weak": "int64"}))


def test_excel_opens_with_the_same_numbers_and_texts() -> None:
    again = pd.read_excel(BytesIO(as_excel(TABLE)), keep_default_na=False, na_values={"mean": ["", "nan"]})
    pd.testing.assert_frame_equal(again[["mean", "weak"]], TABLE[["mean", "weak"]].astype({"weak": "int64"}))
    # A workbook writes a carriage return so, which a spreadsheet undoes and pandas does not.
    assert [text.replace("_x000D_", "\r") for text in again["name"]] == list(TABLE["name"])


@pytest.mark.parametrize("text", RUN)
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    [cell] = pd.read_csv(BytesIO(as_csv(pd.DataFrame({"name": [text]}))), encoding="utf-8-sig")["name"]
    assert cell.startswith("'")


def test_no_cell_of_a_workbook_is_a_formula_or_a_link() -> None:
    sheet = load_workbook(BytesIO(as_excel(TABLE))).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert not any(cell.hyperlink for cell in cells)


def test_a_heading_runs_no_more_than_a_cell() -> None:
    assert as_csv(pd.DataFrame({"=1+1": [1]})).decode("utf-8-sig").startswith("'=1+1")


def test_an_empty_table_keeps_its_columns() -> None:
    empty = TABLE.head(0)
    assert list(pd.read_csv(BytesIO(as_csv(empty)), encoding="utf-8-sig")) == list(TABLE)
    assert list(pd.read_excel(BytesIO(as_excel(empty)))) == list(TABLE)
