"""A researcher's Calibration: whether scores are right as often as they say, beside other forecasts, and what would forecast better."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.database import EmbeddedDatabase
from mastery_core.errors import Unavailable
from mastery_core.identity.installation import extract_folder
from mastery_core.research.refit import Parameters, Quality, Refit, as_sql
from mastery_core.research.selection import Selection
from mastery_core.research_service import ResearchService
from pages.researcher.explained import calibration as explained
from tests.pages.conftest import Offered
from tests.pages.reading import figures, said, table
from tests.pages.test_every_number_is_explained import unexplained

SCREEN = "researcher/calibration.py"
BUTTON = "work_out_proposal"
NOW = Parameters(0.95, 1.0, 0.5, {"correct": 0.1, "incorrect": -0.05})
THEN = Parameters(0.98, 1.0, 0.5, {"correct": 0.12, "incorrect": -0.05})
FOUND = Refit(
    NOW, THEN, Quality(0.6, 0.2, 0.61), Quality(0.55, 0.19, 0.66), 45, 720, 15, 240, 0.98, 0.05, 0.03, 0.07, clear=True
)
Screen = Callable[..., AppTest]


@pytest.fixture
def researcher(of_eighty: str) -> str:
    return of_eighty


@pytest.fixture
def measured(researcher: str, database: EmbeddedDatabase) -> dict[str, pd.DataFrame]:
    """The tables of the measure, asked of the service itself."""
    return ResearchService(database.acting_as(researcher), extract_folder()).tables("calibration", Selection())


def proposing(monkeypatch: pytest.MonkeyPatch, found: Refit) -> list[Selection]:
    """Have that proposed, and tell which selections it was asked of: the search itself has its own tests."""
    asked: list[Selection] = []

    def propose(self: ResearchService, selection: Selection) -> Refit:
        asked.append(selection)
        return found

    monkeypatch.setattr(ResearchService, "proposal", propose)
    return asked


def test_figures_are_those_of_the_measure(screen: Screen, researcher: str, measured: dict[str, pd.DataFrame]) -> None:
    app = screen(researcher, SCREEN)
    scores, reliable = measured["scores"], measured["reliability"]
    shown = [row for row in table(app) if not row["says"]]
    told = reliable[~reliable["withheld"]]
    assert [row["rate"] for row in shown] == pytest.approx((told["rate"] * 100).round(1).tolist())
    assert [row["answers"] for row in shown] == told["answers"].tolist()
    rows = table(app, 1)
    assert [row["forecaster"] for row in rows] == scores["forecaster"].tolist()
    assert [row["log_loss"] for row in rows] == pytest.approx(scores["log_loss"].tolist(), abs=1e-4)
    answers, learners = scores["answers"].iloc[0], scores["learners"].iloc[0]
    assert figures(app)["Judged on"] == f"{answers:,}"
    assert f"answers of {learners} learners" in said(app)
    assert figures(app)["AUC"] == f"{scores['auc'].iloc[0]:.3f}"
    assert figures(app)["Log loss"] == f"{scores['log_loss'].iloc[0]:.3f}"
    assert unexplained(app) == []


def test_a_proposal_is_worked_out_when_it_is_asked_for_and_told_beside_what_is_in_force(
    screen: Screen, researcher: str, monkeypatch: pytest.MonkeyPatch, offered: Offered
) -> None:
    asked = proposing(monkeypatch, FOUND)
    app = screen(researcher, SCREEN)
    assert len(app.dataframe) == 2
    assert asked == []
    app = app.button(key=BUTTON).click().run()
    assert not app.exception
    assert asked == [Selection()]
    qualities = {row["measure"]: row for row in table(app, 2)}
    assert (qualities["Log loss"]["now"], qualities["Log loss"]["proposed"]) == (0.6, 0.55)
    assert {row["better"] for row in qualities.values()} == {"proposed"}
    parameters = {row["parameter"]: row for row in table(app, 3)}
    assert (parameters["worth of correct"]["now"], parameters["worth of correct"]["proposed"]) == (0.1, 0.12)
    assert parameters["worth of incorrect"]["change"] == 0
    assert figures(app)["Scores given again"] == "98.0%"
    assert "clearly better" in said(app)
    assert unexplained(app) == []
    name, make = offered["Proposal as SQL"]
    assert name.endswith(".sql")
    assert make() == as_sql(FOUND)
    app.run()
    assert asked == [Selection()], "it is kept"


def test_a_proposal_that_is_not_clear_says_so_and_one_that_changes_nothing_is_no_file(
    screen: Screen, researcher: str, monkeypatch: pytest.MonkeyPatch, offered: Offered
) -> None:
    proposing(
        monkeypatch, replace(FOUND, proposed=NOW, then=FOUND.now, improvement=0.0, low=-0.01, high=0.01, clear=False)
    )
    app = screen(researcher, SCREEN).button(key=BUTTON).click().run()
    assert "not clear" in said(app)
    assert "there is nothing to change" in said(app)
    assert "Proposal as SQL" not in offered


def test_what_is_refused_is_said_where_the_button_stands(
    screen: Screen, researcher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: ResearchService, selection: Selection) -> Refit:
        raise Unavailable("Come back later")

    monkeypatch.setattr(ResearchService, "proposal", refuse)
    app = screen(researcher, SCREEN).button(key=BUTTON).click().run()
    assert not app.exception
    assert "Come back later" in app.error[0].value


def test_the_figure_goes_along_as_numbers_and_as_a_document(screen: Screen, researcher: str, offered: Offered) -> None:
    screen(researcher, SCREEN)
    assert offered["Reliability as CSV"][1]()
    assert b"<html" in offered["Reliability as HTML"][1]()


def test_tables_of_a_proposal_hold_what_is_not_known() -> None:
    unknown = replace(FOUND, now=Quality(0.6, 0.2), then=Quality(0.6, 0.21))
    rows = explained.quality_table(unknown).set_index("measure")
    assert rows["better"].to_dict() == {"Log loss": "the same", "Brier score": "now", "AUC": ""}
    assert rows.loc[["AUC"], ["now", "proposed", "change"]].isna().all(axis=None)
