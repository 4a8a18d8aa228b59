"""A researcher's Velocity: how it lies among learners, told apart by groups, and two cohorts compared."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.database import EmbeddedDatabase
from mastery_core.identity.installation import extract_folder
from mastery_core.research.findings import VELOCITIES
from mastery_core.research.selection import Selection
from mastery_core.research.velocity import VelocityDifference
from mastery_core.research_service import ResearchService
from tests.pages.conftest import Offered, Rows
from tests.pages.reading import everything, figures, opened_as_csv, said, table, traces
from tests.pages.test_every_number_is_explained import unexplained

SCREEN = "researcher/velocity.py"
CONCEPTS = ("Bayes", "<b>Box plots</b>")
LEARNERS, ANSWERS = 8, 6
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
# Of so many answers one is wrong, in the first cohort and in the second.
SLOWER, FASTER = 2, 5
FEW = "Of four alone"
TRACKS, NAMES = 0, 4

Screen = Callable[..., AppTest]
Row = Callable[..., dict[str, object]]
Measured = Callable[..., pd.DataFrame]


@pytest.fixture
def extract_of(researcher_of: Callable[..., str], import_row: Row) -> Callable[..., str]:
    """Make somebody a researcher with an extract of as many cohorts as there are numbers, of eight learners each, and return their id.

    Each answers six times on either concept, over two weeks; of so many answers as the number says one is wrong.
    """

    def rows(wrong_each: int) -> Rows:
        return [
            import_row(
                learner, concept, "incorrect" if (number + answer + place) % wrong_each == 0 else "correct",
                MONDAY + timedelta(days=answer * 2 + number % 2, minutes=number + place),
            )
            for number, learner in enumerate(str(uuid4()) for _ in range(LEARNERS))
            for place, concept in enumerate((*CONCEPTS, FEW))
            for answer in range(ANSWERS)
            if concept != FEW or number < 4
        ]  # fmt: skip

    def make(*wrong_each: int) -> str:
        return researcher_of(f"velocity {wrong_each}", *(partial(rows, each) for each in wrong_each))

    return make


@pytest.fixture
def researcher(extract_of: Callable[..., str]) -> str:
    return extract_of(SLOWER, FASTER)


@pytest.fixture
def asked(researcher: str, database: EmbeddedDatabase) -> ResearchService:
    return ResearchService(database.acting_as(researcher), extract_folder())


@pytest.fixture
def measured(asked: ResearchService) -> Measured:
    """The rows of the measure for a kind of velocity, asked of the service itself."""

    def measure(kind: str, *by: str) -> pd.DataFrame:
        rows = asked.tables("velocity", Selection(), by)["velocity"]
        return rows[rows["velocity"] == VELOCITIES[kind]].reset_index(drop=True)

    return measure


def points(share: float, digits: int = 2) -> str:
    return f"{share * 100:+.{digits}f}".replace("-", "−")


def test_figures_and_table_are_those_of_the_measure(screen: Screen, researcher: str, measured: Measured) -> None:
    app, [total] = screen(researcher, SCREEN), measured("per_10").to_dict("records")
    shown = figures(app)
    assert shown["Learners"] == f"{2 * LEARNERS}"
    assert shown["Median"] == points(total["p50"])
    assert shown["Mean"] == points(total["mean"])
    assert shown["The middle half"] == f"{points(total['p25'], 0)} to {points(total['p75'], 0)}"
    [row] = table(app)
    assert row["group"] == "All learners"
    assert row["events"] == total["events"] == 2 * LEARNERS * 2 * ANSWERS
    for name in ("mean", "standard_deviation", "p10", "p25", "p50", "p75", "p90"):
        assert row[name] == pytest.approx(total[name] * 100, abs=1e-3)


def test_the_address_says_which_velocity(screen: Screen, researcher: str, measured: Measured) -> None:
    app = screen(researcher, SCREEN)
    app = app.segmented_control(key="velocity_choice").set_value("per_day").run()
    assert app.query_params["velocity"] in ("per_day", ["per_day"])
    [total] = measured("per_day").to_dict("records")
    assert figures(app)["Median"] == points(total["p50"])
    again = screen(researcher, SCREEN, velocity="per_day")
    assert figures(again) == figures(app)
    assert "points a day" in traces(again)[TRACKS]["hovertext"][0]


@pytest.mark.parametrize("by", ["cohort", "concept", "week"])
def test_groups_are_rows_of_the_chart_and_the_table(
    screen: Screen, researcher: str, measured: Measured, by: str
) -> None:
    app, rows = screen(researcher, SCREEN, by=by), measured("per_10", by)
    told = rows[~rows["withheld"].astype(bool)]
    assert len(told) >= 2
    assert len(traces(app)[NAMES]["text"]) == len(table(app)) == len(told)
    assert sorted(round(row["p50"], 2) for row in table(app)) == sorted(round(each * 100, 2) for each in told["p50"])
    if by == "week":
        assert [row["group"] for row in table(app)][:2] == ["week of 2 Mar 2026", "week of 9 Mar 2026"]
    else:
        assert {row["group"] for row in table(app)} == set(told[by])
        assert [row["p50"] for row in table(app)] == sorted((row["p50"] for row in table(app)), reverse=True)


def test_fewer_than_five_learners_are_nowhere(screen: Screen, researcher: str) -> None:
    app = screen(researcher, SCREEN, by="concept")
    assert FEW not in everything(app)
    assert all(row["learners"] >= 5 for row in table(app))


def test_names_are_shown_letter_by_letter(screen: Screen, researcher: str) -> None:
    app = screen(researcher, SCREEN, by="concept")
    assert "&lt;b&gt;Box plots&lt;/b&gt;" in traces(app)[NAMES]["text"]


def test_two_cohorts_are_compared_with_their_interval_and_effect_size(
    screen: Screen, researcher: str, asked: ResearchService, offered: Offered
) -> None:
    app = screen(researcher, SCREEN)
    one, other = (each.name for each in asked.choices().cohorts)
    found = asked.velocity_difference(Selection(), one, other, "per_10")
    shown = figures(app)
    assert found.compared
    assert found.clear
    assert shown["Difference"] == points(found.difference)
    assert shown["Hedges' g"] == f"{found.hedges_g:+.2f}".replace("-", "−")
    assert {points(found.mean_first), points(found.mean_second)} <= set(shown.values())
    assert "more than chance would do" in said(app)
    [row] = opened_as_csv(offered, "This comparison").to_dict("records")
    assert (row["first"], row["second"], row["learners_first"]) == (one, other, LEARNERS)
    assert row["difference"] == pytest.approx(found.difference * 100)
    turned = screen(researcher, SCREEN, one=other, other=one)
    assert figures(turned)["Difference"] == points(-found.difference)


def test_the_lines_of_python_on_the_screen_give_the_same_comparison(
    screen: Screen, researcher: str, asked: ResearchService, capsys: pytest.CaptureFixture[str]
) -> None:
    app = screen(researcher, SCREEN, velocity="per_day")
    one, other = (each.name for each in asked.choices().cohorts)
    [program] = [each.value for each in app.code if "velocity_difference" in each.value]
    capsys.readouterr()
    exec(program.replace('"DIR"', repr(str(extract_folder()))), {})
    told = eval(capsys.readouterr().out, {"VelocityDifference": VelocityDifference})
    found = asked.velocity_difference(Selection(), one, other, "per_day")
    assert asdict(told) == pytest.approx(asdict(found))


def test_a_single_cohort_is_compared_with_none(
    screen: Screen, extract_of: Callable[..., str], researcher: str, asked: ResearchService
) -> None:
    [one, _] = asked.choices().cohorts
    app = screen(researcher, SCREEN, in_cohorts=one.name)
    assert "but one cohort" in said(app)
    assert "Difference" not in figures(app)
    app = screen(extract_of(3), SCREEN)
    assert "but one cohort" in said(app)


def test_what_the_address_cannot_mean_leaves_the_usual(screen: Screen, researcher: str) -> None:
    app = screen(researcher, SCREEN, velocity="warp", by="gender", one="nobody", other="nobody", velocity_page="99")
    assert figures(app) == figures(screen(researcher, SCREEN))


def test_every_number_says_what_it_means(screen: Screen, researcher: str) -> None:
    for by in ("all", "cohort", "week"):
        app = screen(researcher, SCREEN, by=by)
        assert app.metric
        assert app.dataframe
        assert unexplained(app) == []
