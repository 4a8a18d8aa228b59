"""A researcher's Learning curves: over all concepts, each concept with its category, one opened beside the model, and how the model fits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.concept import concept_id
from mastery_core.database import EmbeddedDatabase
from mastery_core.identity.installation import extract_folder
from mastery_core.research.learning_curves import Category
from mastery_core.research.selection import Selection
from mastery_core.research_service import ResearchService
from tests.pages.conftest import Offered, Rows
from tests.pages.reading import everything, figures, links, opened_as_csv, said, table, traces, unpacked
from tests.pages.test_every_number_is_explained import unexplained

SCREEN = "researcher/learning_curves.py"
LEARNERS, ANSWERS = 12, 6
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
# Whether a learner is wrong at an opportunity (from 0): fewer and fewer are, as many all the way, hardly any from the first on.
LEARNT, FLAT, KNOWN, FEW = "Bayes", "<b>Box plots</b>", "Sampling", "Of four alone"
WRONG: dict[str, Callable[[int, int], bool]] = {
    LEARNT: lambda number, answer: number > 2 * answer,
    FLAT: lambda number, answer: (number + answer) % 2 == 0,
    KNOWN: lambda number, answer: (number, answer) == (0, 0),
    FEW: lambda number, answer: answer == 0,
}
CURVE, MODEL = 1, 2

Screen = Callable[..., AppTest]
Row = Callable[..., dict[str, object]]
Tables = dict[str, pd.DataFrame]


@pytest.fixture
def extract_of(researcher_of: Callable[..., str], import_row: Row) -> Callable[..., str]:
    """Make somebody a researcher with an extract of a cohort of twelve learners, who are wrong on concepts as is said, and return their id."""

    def rows(wrong: dict[str, Callable[[int, int], bool]]) -> Rows:
        return [
            import_row(
                learner, concept, "incorrect" if is_wrong(number, answer) else "correct",
                MONDAY + timedelta(days=answer * 2, minutes=number),
            )
            for number, learner in enumerate(str(uuid4()) for _ in range(LEARNERS))
            for concept, is_wrong in wrong.items()
            for answer in range(ANSWERS)
            if concept != FEW or number < 4
        ]  # fmt: skip

    return lambda wrong: researcher_of(f"curves of {len(wrong)}", partial(rows, wrong))


@pytest.fixture
def researcher(extract_of: Callable[..., str]) -> str:
    return extract_of(WRONG)


@pytest.fixture
def measured(researcher: str, database: EmbeddedDatabase) -> Tables:
    """The tables of the measure, asked of the service itself."""
    return ResearchService(database.acting_as(researcher), extract_folder()).tables("curves", Selection())


def concepts_of(app: AppTest) -> dict[str, dict[str, object]]:
    """The rows of the table of concepts, by name."""
    [frame] = [each.value for each in app.dataframe if "category" in each.value]
    return {row["concept"]: row for row in frame.to_dict("records")}


def test_the_curve_of_all_concepts_is_that_of_the_measure(screen: Screen, researcher: str, measured: Tables) -> None:
    app, overall = screen(researcher, SCREEN), measured["overall"]
    curve = traces(app)[CURVE]
    assert unpacked(curve["x"]) == overall["opportunity"].tolist() == list(range(1, ANSWERS + 1))
    assert unpacked(curve["y"]) == pytest.approx(overall["error_rate"].tolist())
    assert [row["answers"] for row in table(app)] == overall["answers"].tolist()
    assert [row["low"] for row in table(app)] == pytest.approx((overall["low"] * 100).tolist(), abs=0.05)


def test_concepts_stand_with_category_learning_rate_ease_and_counts(
    screen: Screen, researcher: str, measured: Tables, offered: Offered
) -> None:
    app = screen(researcher, SCREEN)
    rows, expected = concepts_of(app), measured["concepts"].set_index("concept")
    assert set(rows) == {LEARNT, FLAT, KNOWN}
    assert rows[KNOWN]["category"] == Category.LOW_AND_FLAT.value
    assert rows[LEARNT]["category"] == Category.GOOD.value
    for concept, row in rows.items():
        told = expected.loc[concept]
        assert row["category"] == told["category"]
        assert (row["learners"], row["answers"]) == (LEARNERS, LEARNERS * ANSWERS)
        for name in ("learning_rate", "learning_rate_low", "learning_rate_high", "intercept", "intercept_low"):
            assert row[name] == pytest.approx(told[name])
    shown = figures(app)
    assert sum(int(shown[each.capitalize()]) for each in Category) == len(rows)
    assert set(opened_as_csv(offered, "Every concept")["concept"]) == set(rows)


def test_moved_limits_move_the_categories_and_stand_in_the_address(screen: Screen, researcher: str) -> None:
    app = screen(researcher, SCREEN, limit_learners="20")
    assert {row["category"] for row in concepts_of(app).values()} == {Category.TOO_LITTLE_DATA.value}
    app = screen(researcher, SCREEN, limit_low="100")
    assert {row["category"] for row in concepts_of(app).values()} == {Category.LOW_AND_FLAT.value}
    [low] = [slider for slider in app.slider if slider.label.startswith("Low and flat")]
    app = low.set_value(20).run()
    assert "limit_low" not in app.query_params
    assert concepts_of(app)[LEARNT]["category"] == Category.GOOD.value
    [slope] = [slider for slider in app.slider if slider.label.startswith("No learning")]
    app = slope.set_value(0).run()
    assert app.query_params["limit_slope"] in ("0", ["0"])
    assert "a learning rate of 0 or less" in said(app)


def test_a_concept_is_opened_with_its_curve_and_the_models(
    screen: Screen, researcher: str, measured: Tables, offered: Offered
) -> None:
    app = screen(researcher, SCREEN, curve=concept_id(LEARNT))
    told = measured["concepts"].set_index("concept").loc[LEARNT]
    points = measured["curves"][measured["curves"]["concept"] == LEARNT]
    assert app.header[0].value == LEARNT
    assert links(app) == ["All concepts"]
    curve, model = (traces(app)[number] for number in (CURVE, MODEL))
    assert unpacked(curve["y"]) == pytest.approx(points["error_rate"].tolist())
    first = unpacked(model["y"])[0]
    assert f"{1 - first:.0%}" == figures(app)["Right at first"]
    assert figures(app)["Category"] == "Good"
    assert figures(app)["Learning rate"] == f"{told['learning_rate']:+.3f}"
    assert table(app)[0]["model"] == pytest.approx(first * 100, abs=0.05)
    csv = opened_as_csv(offered, "This figure")
    assert csv["errors"].tolist() == points["errors"].tolist()


def test_a_concept_that_is_not_there_is_said_with_a_way_back(screen: Screen, researcher: str) -> None:
    for curve in ("nothing", concept_id(FEW)):
        app = screen(researcher, SCREEN, curve=curve)
        assert "no such concept" in said(app)
        assert links(app) == ["All concepts"]


def test_names_are_shown_letter_by_letter(screen: Screen, researcher: str) -> None:
    app = screen(researcher, SCREEN, curve=concept_id(FLAT))
    assert app.header[0].value == r"\<b\>Box plots\</b\>"


def test_fewer_than_five_learners_are_nowhere(screen: Screen, researcher: str) -> None:
    assert FEW not in everything(screen(researcher, SCREEN))


def test_how_the_model_fits_is_told_with_its_figures(screen: Screen, researcher: str, measured: Tables) -> None:
    app, [fit] = screen(researcher, SCREEN), measured["model"].to_dict("records")
    shown, helps = figures(app), {metric.label: metric.help for metric in app.metric}
    assert shown["AIC"] == f"{fit['aic']:,.1f}"
    assert shown["BIC"] == f"{fit['bic']:,.1f}"
    assert shown["RMSE"] == f"{fit['rmse']:.4f}"
    assert shown["Cross-validated"] == f"{fit['cross_validated_rmse']:.4f}"
    assert f"2 × {fit['parameters']}" in helps["AIC"]
    assert f"ln({fit['answers']})" in helps["BIC"]


def test_where_all_answers_are_right_it_is_said(screen: Screen, extract_of: Callable[..., str]) -> None:
    app = screen(extract_of({LEARNT: lambda number, answer: False}), SCREEN)
    assert "All answers are right" in said(app)


def test_every_number_says_what_it_means(screen: Screen, researcher: str) -> None:
    for address in ({}, {"curve": concept_id(LEARNT)}):
        app = screen(researcher, SCREEN, **address)
        assert app.metric
        assert app.dataframe
        assert app.get("plotly_chart")
        assert unexplained(app) == []
