"""One concept's curve as a figure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from mastery_core.charts.concept import FEW_MARKS, concept_curve
from mastery_core.charts.kinds import KIND_COLOURS, KIND_SYMBOLS, KIND_WORDS
from mastery_core.curve import MasteryCurve, projection, trace
from mastery_core.what_if import outlook

AS_OF = 1_700_000_000.0
NOW = datetime.fromtimestamp(AS_OF, UTC)
DAY = 86_400.0
KINDS = list(KIND_WORDS)


def curve(kinds: list[str] = KINDS, score: float = 0.6) -> MasteryCurve:
    """A curve of the last ten days with a step of each of these kinds, all of +0.1 and up to ``score``."""
    at = AS_OF - np.linspace(9, 1, len(kinds)) * DAY
    scores, delta = np.full(len(kinds), score), np.full(len(kinds), 0.1)
    times, shares = trace(at, scores, delta, 0.95, since=AS_OF - 10 * DAY, until=AS_OF)
    ahead, forgotten = projection(float(shares[-1]), 0.95, since=AS_OF, until=AS_OF + 14 * DAY)
    return MasteryCurve("Sampling", times, shares, ahead, forgotten, at, scores, delta, kinds)


def drawn(figure: go.Figure) -> dict[str, Any]:
    """The traces by their names, once Plotly has checked all of the figure property by property."""
    go.Figure(figure.to_dict())
    return {each.name: each for each in figure.data}


def two_right_answers(now: float = 0.57) -> Any:
    return outlook(now, 2, at=NOW, worth=0.1, threshold=0.5, decay_factor=0.95)


def test_every_step_is_marked_by_its_kind_in_shape_and_colour() -> None:
    traces = drawn(concept_curve(curve(), as_of=AS_OF))
    for number, (kind, words) in enumerate(KIND_WORDS.items()):
        marks = traces[words]
        assert marks.x.tolist() == [round(curve().step_at[number] * 1000)]
        assert marks.y.tolist() == [0.6]
        assert (marks.marker.symbol, marks.marker.color) == (KIND_SYMBOLS[kind], KIND_COLOURS[kind])
    assert len({(traces[words].marker.symbol, traces[words].marker.color) for words in KIND_WORDS.values()}) == 5


def test_no_step_is_lost_among_many() -> None:
    few, many = (drawn(concept_curve(curve(["correct"] * n), as_of=AS_OF)) for n in (FEW_MARKS, 800))
    assert many["right answer"].x.size == 800
    assert many["right answer"].marker.size < few["right answer"].marker.size


def test_what_is_ahead_goes_on_for_two_weeks() -> None:
    ahead = drawn(concept_curve(curve(), as_of=AS_OF))["if not practised"]
    assert ahead.line.dash == "dot"
    assert ahead.x[-1] == (AS_OF + 14 * DAY) * 1000
    assert np.array_equal(ahead.y, curve().projected_score)


def test_what_right_answers_would_make_of_it_is_a_dashed_line_above() -> None:
    then = two_right_answers()
    figure = concept_curve(curve(), as_of=AS_OF, what_if=then, decay_factor=0.95)
    line = drawn(figure)["after 2 right answers"]
    assert line.line.dash == "dash"
    assert line.y[0] == then.score
    assert line.y[-1] == pytest.approx(then.score * 0.95**14)
    none = outlook(0.57, 0, at=NOW, worth=0.1, threshold=0.5, decay_factor=0.95)
    assert not [name for name in drawn(concept_curve(curve(), as_of=AS_OF, what_if=none)) if name and "after" in name]


def test_days_on_which_the_lines_fall_below_are_marked_and_named() -> None:
    falls = NOW + timedelta(days=2)
    marks = drawn(
        concept_curve(curve(), as_of=AS_OF, weak=0.4, falls_below=falls, what_if=two_right_answers(), decay_factor=0.95)
    )["falls below 40%"]
    then = two_right_answers().falls_below
    assert marks.x.tolist() == [falls.timestamp() * 1000, round(then.timestamp() * 1000)]
    assert [text.removeprefix("<br>") for text in marks.text] == ["16 Nov", f"{then.day} Nov"]
    assert set(marks.y) == {0.4}


def test_a_day_beyond_the_figure_is_not_marked() -> None:
    figure = concept_curve(curve(), as_of=AS_OF, falls_below=NOW + timedelta(days=15))
    assert "falls below 50%" not in drawn(figure)


def test_sessions_are_shaded_at_their_times_and_can_be_seen_however_short() -> None:
    long, short = (AS_OF - 5 * DAY, AS_OF - 4 * DAY), (AS_OF - 2 * DAY, AS_OF - 2 * DAY)
    shade = drawn(concept_curve(curve(), as_of=AS_OF, sessions=[long, short]))["session"]
    assert shade.x.reshape(-1, 6)[:, [0, 2]].tolist() == [[at * 1000 for at in each] for each in (long, short)]
    assert shade.line.width > 0
    assert "session" not in drawn(concept_curve(curve(), as_of=AS_OF))


def test_without_data_enough_the_curve_is_grey_and_its_marks_are_hollow() -> None:
    figure = concept_curve(curve(["correct"]), as_of=AS_OF, enough=False)
    assert drawn(figure)["right answer"].marker.symbol == "circle-open"
    assert figure.data[0].line.color == "#7d8590"


def test_all_is_on_the_viewers_wall_clock() -> None:
    falls = NOW + timedelta(days=2)
    utc, kolkata = (
        concept_curve(
            curve(), as_of=AS_OF, zone=zone, falls_below=falls, what_if=two_right_answers(),
            decay_factor=0.95, sessions=[(AS_OF - DAY, AS_OF)],
        )
        for zone in ("UTC", "Asia/Kolkata")
    )  # fmt: skip
    for here, there in zip(utc.data, kolkata.data, strict=True):
        assert set((there.x - here.x)[~np.isnan(here.x)]) == {5.5 * 3_600_000}
    assert kolkata.layout.shapes[0].x0 - utc.layout.shapes[0].x0 == 5.5 * 3_600_000


def test_both_thresholds_are_drawn_and_named() -> None:
    figure = concept_curve(curve(), as_of=AS_OF, weak=0.4, mastered=0.9)
    levels = {shape.label.text: shape.y0 for shape in figure.layout.shapes if shape.label.text}
    assert levels == {"review below 40%": 0.4, "mastered from 90%": 0.9}
    assert figure.layout.annotations[0].text.startswith("as of 14 Nov 2023")


def test_the_axis_stands_still_while_minutes_pass() -> None:
    def at(moment: float) -> MasteryCurve:
        times, shares = projection(0.9, 0.95, since=moment - 30 * DAY, until=moment)
        ahead, forgotten = projection(0.2, 0.95, since=moment, until=moment + 14 * DAY)
        return MasteryCurve("x", times, shares, ahead, forgotten, *([np.empty(0)] * 3), [])

    now, later = (concept_curve(at(moment), as_of=moment).layout.xaxis.range for moment in (AS_OF, AS_OF + 600))
    assert now == later
    first, last = (datetime.fromisoformat(end).replace(tzinfo=UTC) for end in now)
    assert NOW - timedelta(days=32) < first <= NOW - timedelta(days=30)
    assert NOW + timedelta(days=14) <= last < NOW + timedelta(days=15)


def test_a_concept_with_nothing_in_the_range_is_its_forgetting_alone() -> None:
    at = np.linspace(AS_OF - 7 * DAY, AS_OF, 20)
    ahead, forgotten = projection(0.4, 0.95, since=AS_OF, until=AS_OF + 14 * DAY)
    quiet = MasteryCurve("x", at, np.linspace(0.5, 0.4, 20), ahead, forgotten, *([np.empty(0)] * 3), [])
    assert not set(KIND_WORDS.values()) & set(drawn(concept_curve(quiet, as_of=AS_OF)))
