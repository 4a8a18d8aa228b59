"""The mastery grid, as a figure."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest
from numpy.typing import NDArray

from mastery_core.charts.figure import RULE
from mastery_core.charts.grid import (
    DEVELOPING_SCALE,
    LEAST_ROW,
    MASTERED_SCALE,
    MOST_NUMBERED,
    ON_SCALE,
    ROW,
    WEAK_SCALE,
    mastery_grid,
)
from tests.charts.test_palette import THEME, VISION, contrast, lab, linear

MOST_BYTES = 600_000
SCORES = np.array([[0.498, 0.5, 0.799, 0.8], [0.2, 0.9, np.nan, 0.554]])
OBSERVATIONS = np.array([[3, 300, 4, 5], [1, 2, 0, 3]])
SCALES = {"weak": WEAK_SCALE, "developing": DEVELOPING_SCALE, "mastered": MASTERED_SCALE}


def drawn(
    score: NDArray[np.float64] = SCORES,
    observations: NDArray[np.int64] = OBSERVATIONS,
    learners: list[str] | None = None,
    concepts: list[str] | None = None,
    *,
    weak: float = 0.5,
    mastered: float = 0.8,
) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    rows, columns = score.shape
    learners = learners or [f"Learner {number}" for number in range(rows)]
    concepts = concepts or [f"Concept {number}" for number in range(columns)]
    figure = mastery_grid(score, observations, learners, concepts, weak=weak, mastered=mastered)
    go.Figure(figure.to_dict())
    return figure


def classroom(learners: int, concepts: int, most: int = 200) -> go.Figure:
    random = np.random.default_rng(1)
    observations = random.integers(0, most + 1, (learners, concepts))
    score = np.where(observations > 0, random.random((learners, concepts)), np.nan)
    return drawn(score, observations, [f"Learner {n} of a long name" for n in range(learners)])


def steps(scale: tuple[str, str]) -> list[str]:
    """Colours of a band from its lower end to its upper one."""
    ends = [np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) for colour in scale]
    mixed = [np.round(ends[0] + (ends[1] - ends[0]) * share).astype(int) for share in np.linspace(0, 1, 9)]
    return ["#{:02x}{:02x}{:02x}".format(*rgb) for rgb in mixed]


def test_scores_are_whole_points_on_the_side_of_the_threshold_they_are_on() -> None:
    scores = drawn().data[1]
    assert scores.z == ([49.99, 50.01, 79.99, 80.01], [None, None, None, 55])
    assert [f"{point:.0f}" for point in scores.z[0]] == ["50", "50", "80", "80"]
    assert scores.customdata.tolist() == [[3, 300, 4, 5], [0, 0, 0, 3]]


def test_too_few_observations_are_grey_and_none_is_empty() -> None:
    few, scores, *_ = drawn().data
    assert few.z.tolist() == [[0, 0, 0, 0], [1, 2, 0, 0]]
    colours = dict(few.colorscale)
    assert (colours[0], colours[1]) == ("rgba(0, 0, 0, 0)", RULE)
    assert RULE not in [colour for _, colour in scores.colorscale]
    assert not scores.hoverongaps, "what is not known has the label of the grey cells"


def test_every_cell_that_was_practised_can_be_clicked_and_says_what_it_is() -> None:
    known, few = drawn().data[2:4]
    assert list(zip(known.x.tolist(), known.y.tolist(), strict=True)) == [(0, 0), (1, 0), (2, 0), (3, 0), (3, 1)]
    assert known.customdata.tolist() == [[50, 3], [50, 300], [80, 4], [80, 5], [55, 3]]
    assert "%{customdata[0]:.0f}% from %{customdata[1]:,} observations" in known.hovertemplate
    assert list(zip(few.x.tolist(), few.y.tolist(), strict=True)) == [(0, 1), (1, 1)]
    assert "not enough data: %{customdata[0]} of 3 observations" in few.hovertemplate


def test_rows_too_low_to_be_hit_are_not_clicked_but_say_what_they_are() -> None:
    few, scores, *others = classroom(300, 5).data
    assert "not enough data: %{z} of 3 observations" in few.hovertemplate
    assert "%{z:.0f}% from" in scores.hovertemplate
    assert len(others) == 1


def test_a_score_without_observations_is_not_drawn() -> None:
    few, scores, *_ = drawn(np.array([[np.nan, 0.5]]), np.array([[7, 0]])).data
    assert scores.z == ([None, None],)
    assert few.z.tolist() == [[0, 0]]


def test_the_scale_breaks_at_the_thresholds() -> None:
    scale = drawn(weak=0.4, mastered=0.9).data[1].colorscale
    assert [stop for stop, _ in scale] == [0, 0.4, 0.4, 0.9, 0.9, 1]
    assert [colour for _, colour in scale] == [*WEAK_SCALE, *DEVELOPING_SCALE, *MASTERED_SCALE]


@pytest.mark.parametrize(
    ("thresholds", "named"),
    [((0.5, 0.8), ["50%", "80%", "0%", "100%"]), ((0.5, 0.55), ["50%", "0%", "100%"]), ((0.1, 0.9), ["10%", "90%"])],
)
def test_numbers_of_the_scale_do_not_run_into_each_other(thresholds: tuple[float, float], named: list[str]) -> None:
    bar = drawn(weak=thresholds[0], mastered=thresholds[1]).data[1].colorbar
    assert list(bar.ticktext) == named
    assert [f"{tick:.0f}%" for tick in bar.tickvals] == named


@pytest.mark.parametrize(
    ("vision", "apart"), [("usual", 40), ("protanopia", 25), ("deuteranopia", 25), ("tritanopia", 10)]
)
def test_bands_can_be_told_apart_whatever_the_score_in_them(vision: str, apart: float) -> None:
    seen = [[lab(VISION[vision] @ linear(colour)) for colour in steps(scale)] for scale in SCALES.values()]
    for number, band in enumerate(seen):
        others = [colour for other in seen[number + 1 :] for colour in other]
        assert all(np.linalg.norm(one - other) >= apart for one in band for other in others)


def test_the_higher_the_score_the_lighter_the_cell() -> None:
    colours = [colour for scale in SCALES.values() for colour in steps(scale)]
    assert all(lab(linear(dark))[0] <= lab(linear(light))[0] for dark, light in pairwise(colours))
    for scale in SCALES.values():
        assert lab(linear(scale[1]))[0] - lab(linear(scale[0]))[0] >= 7


@pytest.mark.parametrize("page", ["light", "dark"])
def test_cells_stand_out_from_the_page_and_from_grey_ones(page: str) -> None:
    background = THEME[page]["backgroundColor"]
    share = float(RULE.split(",")[-1].strip(" )"))
    parts = [int(background[place : place + 2], 16) * (1 - share) for place in (1, 3, 5)]
    grey = "#{:02x}{:02x}{:02x}".format(
        *(round(part + share * own) for part, own in zip(parts, (128, 136, 148), strict=True))
    )
    for scale in SCALES.values():
        for colour in steps(scale):
            assert contrast(colour, background) >= 1.8
            for matrix in VISION.values():
                assert np.linalg.norm(lab(matrix @ linear(colour)) - lab(matrix @ linear(grey))) >= 25


def test_numbers_in_cells_can_be_read_and_stand_only_where_there_is_room() -> None:
    black = ON_SCALE.replace("0", "00")
    assert all(contrast(colour, black) >= 4.5 for scale in SCALES.values() for colour in steps(scale))
    assert classroom(12, MOST_NUMBERED).data[1].texttemplate == "%{z:.0f}"
    assert classroom(12, MOST_NUMBERED + 1).data[1].texttemplate is None
    assert classroom(41, 3).data[1].texttemplate is None


@pytest.mark.parametrize("most", [200, 60_000])
def test_a_thousand_learners_on_sixty_concepts_are_small_enough_to_send(most: int) -> None:
    figure = classroom(1_000, 60, most)
    assert len(plotly.io.to_json(figure, validate=False, engine="orjson").encode()) < MOST_BYTES


@pytest.mark.parametrize(
    ("learners", "row"), [(1, ROW), (40, ROW), (60, 15.5), (100, 10), (1_000, LEAST_ROW), (3_000, LEAST_ROW)]
)
def test_rows_get_lower_the_more_there_are(learners: int, row: float) -> None:
    layout = classroom(learners, 2).layout
    assert (layout.height - layout.margin.t - layout.margin.b) / learners == pytest.approx(row, abs=0.3)


@pytest.mark.parametrize(("learners", "named"), [(1, True), (40, True), (66, True), (75, False), (1_000, False)])
def test_learners_are_named_where_rows_are_high_enough(learners: int, named: bool) -> None:  # noqa: FBT001
    layout = classroom(learners, 2).layout
    assert len(layout.yaxis2.ticktext) == (learners if named else 0)
    assert len(layout.yaxis.ticktext) == learners, "labels under the pointer name everybody"
    assert not layout.yaxis.showticklabels


def test_the_first_learner_is_on_top_and_the_first_concept_on_the_left() -> None:
    layout = drawn(learners=["Zoë", "Ann"], concepts=["d", "c", "b", "a"]).layout
    assert (list(layout.yaxis.range), list(layout.yaxis.ticktext)) == ([1.5, -0.5], ["Zoë", "Ann"])
    assert (list(layout.xaxis.range), list(layout.xaxis.ticktext)) == ([-0.5, 3.5], ["d", "c", "b", "a"])
    assert list(layout.xaxis2.categoryarray) == ["d", "c", "b", "a"]
    assert layout.xaxis2.range == layout.xaxis.range
    assert layout.yaxis2.range == layout.yaxis.range


def test_names_are_shown_letter_by_letter_short_beside_cells_and_whole_in_labels() -> None:
    long = "<i>" + "long " * 20 + "$x$ %{y}"
    layout = drawn(learners=[long, "🎲 {Bo}"], concepts=[long, "<b>a</b>", "🎲", "<b>a"]).layout
    for short, whole in (
        (layout.yaxis2.ticktext, layout.yaxis.ticktext),
        (layout.xaxis2.categoryarray, layout.xaxis.ticktext),
    ):
        assert short[0].startswith("&lt;i&gt;long")
        assert short[0].endswith("…")
        assert whole[0].count("long") == 20
        assert "&#36;x&#36; &#37;&#123;y}" in whole[0]
    assert layout.yaxis2.ticktext[1] == "🎲 &#123;Bo}"
    assert list(layout.xaxis2.categoryarray[1:]) == ["&lt;b&gt;a&lt;/b&gt;", "🎲", "&lt;b&gt;a"]


def test_two_learners_of_one_name_are_two_rows() -> None:
    figure = drawn(learners=["Ann", "Ann"])
    assert len(figure.data[1].z) == 2
    assert list(figure.layout.yaxis.tickvals) == [0, 1]


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (1, 1)])
def test_holds_no_learners_and_no_concepts(shape: tuple[int, int]) -> None:
    figure = drawn(np.full(shape, np.nan), np.zeros(shape, dtype=np.int64))
    assert figure.layout.height > 0
    assert all(each is None for row in figure.data[1].z for each in row)
