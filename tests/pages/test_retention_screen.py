"""A researcher's Retention: right answers by gap, and half-lives beside the one in force."""

from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.charts.retention import WITHHELD
from mastery_core.database import EmbeddedDatabase
from mastery_core.identity.installation import extract_folder
from mastery_core.research.retention import GAP_NAMES
from mastery_core.research.selection import Selection
from mastery_core.research_service import ResearchService
from pages.researcher.explained.retention import half_life_table, kept_back
from tests.pages.conftest import Offered
from tests.pages.reading import figures, table, traces
from tests.pages.test_every_number_is_explained import opened, unexplained

SCREEN = "researcher/retention.py"
Screen = Callable[..., AppTest]


@pytest.fixture
def researcher(of_eighty: str) -> str:
    return of_eighty


@pytest.fixture
def measured(researcher: str, database: EmbeddedDatabase) -> dict[str, pd.DataFrame]:
    """The tables of the measure, asked of the service itself."""
    return ResearchService(database.acting_as(researcher), extract_folder()).tables("retention", Selection())


def test_rates_are_those_of_the_measure_and_classes_without_any_are_withheld(
    screen: Screen, researcher: str, measured: dict[str, pd.DataFrame]
) -> None:
    app = screen(researcher, SCREEN)
    told = measured["by gap"][~measured["by gap"]["withheld"]].set_index("gap")
    assert len(told) > 0
    rows = {row["gap"]: row for row in table(app)}
    assert list(rows) == list(GAP_NAMES)
    for gap, row in rows.items():
        if gap in told.index:
            assert row["rate"] == pytest.approx(told.loc[gap, "rate"] * 100, abs=0.06)
            assert row["answers"] == told.loc[gap, "answers"]
        else:
            assert row["says"] == "withheld"
            assert pd.isna(row["rate"])
            assert pd.isna(row["answers"])
    assert figures(app)["Answers after a gap"] == f"{told['answers'].sum():,}"
    assert WITHHELD in traces(app)[5]["text"]


def test_half_lives_are_those_of_the_measure_beside_the_one_in_force(
    screen: Screen, researcher: str, measured: dict[str, pd.DataFrame]
) -> None:
    app = screen(researcher, SCREEN)
    fitted = measured["half-lives"].set_index("concept")
    rows = table(app, 1)
    assert {row["concept"] for row in rows} == set(fitted.index)
    for row in rows:
        expected = fitted.replace(float("inf"), float("nan")).loc[row["concept"]]
        assert row["half_life_days"] == pytest.approx(expected["half_life_days"], abs=1e-4, nan_ok=True)
        assert row["reason"] == expected["reason"]
        assert row["half_life_in_force"] == pytest.approx(expected["half_life_in_force"], abs=1e-4)
    assert figures(app)["With a half-life"] == f"{int(fitted['clear'].sum())} of {len(fitted)}"


def test_what_is_withheld_takes_its_counts_along() -> None:
    gaps = pd.DataFrame(
        {"answers": [40, 4], "right": [30, 1], "learners": [9, 3], "gap_days": [0.01, 3.0], "gap": ["1 to 10 minutes", "2 to 4 days"],
         "rate": [0.75, float("nan")], "low": [0.6, float("nan")], "high": [0.86, float("nan")], "withheld": [False, True]}
    )  # fmt: skip
    kept = kept_back(gaps).set_index("gap")
    assert list(kept.index) == list(GAP_NAMES)
    assert kept.loc["1 to 10 minutes", "right"] == 30
    assert kept.drop("1 to 10 minutes").drop(columns="withheld").isna().all(axis=None)
    assert kept["withheld"].sum() == len(GAP_NAMES) - 1
    assert kept_back(gaps.iloc[:0])["withheld"].all()


def test_what_has_no_end_is_left_empty_in_the_table() -> None:
    no_end = float("inf")
    told = {"half_life_days": [12.5, no_end], "low": [4.25] * 2, "high": [no_end] * 2, "half_life_in_force": [13.5] * 2}
    others = {"initial": 0.8, "answers": 60, "learners": 9, "clear": True, "reason": ""}
    rows = half_life_table(pd.DataFrame({"concept": ["Sampling", "Sets"], **told, **others}))
    assert rows["low"].tolist() == [4.25, 4.25]
    assert rows["high"].isna().all()
    assert rows["half_life_days"].isna().tolist() == [False, True]


def test_both_figures_go_along_as_numbers_and_as_documents(screen: Screen, researcher: str, offered: Offered) -> None:
    screen(researcher, SCREEN)
    for what in ("Right answers by gap", "Half lives"):
        assert offered[f"{what} as CSV"][1]()
        assert b"<html" in offered[f"{what} as HTML"][1]()


def test_every_number_says_what_it_means(screen: Screen, researcher: str) -> None:
    app = opened(screen(researcher, SCREEN))
    assert app.metric
    assert len(app.dataframe) == len(app.get("plotly_chart")) == 2
    assert unexplained(app) == []
