"""Progress curves as a figure."""

import numpy as np
import plotly.graph_objects as go
import pytest

from mastery_core.charts.figure import INK
from mastery_core.charts.palette import COLOURS, slots
from mastery_core.charts.progress import MOST_MARKS, progress_curves
from mastery_core.curve import MasteryCurve, projection, trace

AS_OF = 1_700_000_000.0
DAY = 86_400.0


def curve(concept: str = "Sampling", steps: int = 3, score: float = 0.6) -> MasteryCurve:
    """A curve of the last ten days with so many steps of +0.1 that each end at ``score``."""
    at = AS_OF - np.linspace(9, 1, steps) * DAY
    scores, delta = np.full(steps, score), np.full(steps, 0.1)
    times, shares = trace(at, scores, delta, 0.95, since=AS_OF - 10 * DAY, until=AS_OF)
    ahead, forgotten = projection(float(shares[-1]), 0.95, since=AS_OF, until=AS_OF + 14 * DAY)
    return MasteryCurve(concept, times, shares, ahead, forgotten, at, scores, delta, ["quiz"] * steps)


def valid(figure: go.Figure) -> go.Figure:
    """The same figure, checked by Plotly property by property."""
    return go.Figure(figure.to_dict())


def test_figure_is_one_that_plotly_accepts() -> None:
    valid(progress_curves([curve(), curve("Correlation")], as_of=AS_OF, zone="Europe/Berlin"))
    valid(progress_curves([], as_of=AS_OF))


def test_every_point_is_drawn_and_every_step_marked() -> None:
    drawn = curve()
    line, marks, ahead = progress_curves([drawn], as_of=AS_OF).data
    assert np.array_equal(line.x, np.round(drawn.at * 1000))
    assert np.array_equal(line.y, drawn.score)
    assert np.array_equal(marks.x[:-1], drawn.step_at * 1000)
    assert (marks.x[-1], marks.y[-1]) == (AS_OF * 1000, drawn.score[-1]), "and one where it stands"
    assert ahead.line.dash == "dot"
    assert ahead.x[-1] == (AS_OF + 14 * DAY) * 1000
    assert np.array_equal(ahead.y, drawn.projected_score)


def test_marks_give_way_when_they_would_hide_the_lines() -> None:
    _, marks, _ = progress_curves([curve(steps=MOST_MARKS + 1)], as_of=AS_OF).data
    assert marks.x.tolist() == [AS_OF * 1000]


def test_times_are_the_viewers_wall_clock() -> None:
    utc, kolkata = (progress_curves([curve()], as_of=AS_OF, zone=zone) for zone in ("UTC", "Asia/Kolkata"))
    assert set(kolkata.data[0].x - utc.data[0].x) == {5.5 * 3_600_000}
    assert kolkata.layout.shapes[1].x0 - utc.layout.shapes[1].x0 == 5.5 * 3_600_000


def test_wall_clock_changes_with_summer_time() -> None:
    across = MasteryCurve(
        "x", np.array([1_711_800_000.0, 1_711_900_000.0]), *([np.array([0.5, 0.5])] * 3), *([np.empty(0)] * 3), []
    )
    line = progress_curves([across], as_of=1_711_900_000.0, zone="Europe/Berlin").data[0]
    assert (line.x / 1000 - across.at).tolist() == [3600, 7200]


def test_threshold_and_moment_are_drawn_and_named() -> None:
    figure = progress_curves([curve()], as_of=AS_OF, weak=0.4)
    shade, upright, level = figure.layout.shapes
    assert (shade.x0, shade.x1) == (AS_OF * 1000, (AS_OF + 14 * DAY) * 1000)
    assert upright.x0 == upright.x1 == AS_OF * 1000
    assert level.y0 == level.y1 == 0.4
    assert level.label.text == "review below 40%"
    assert figure.layout.annotations[0].text.startswith("as of 14 Nov 2023")


def test_legend_is_in_the_order_of_the_lines_ends() -> None:
    low, high = curve("Aaa", score=0.3), curve("Bbb", score=0.9)
    figure = progress_curves([low, high], as_of=AS_OF)
    assert [trace.name for trace in figure.data if trace.showlegend is not False] == ["Bbb", "Aaa"]


def test_no_two_concepts_look_alike_and_each_keeps_its_look() -> None:
    concepts = [f"Concept {n}" for n in range(40)]
    chosen = [*concepts[3:40:8], "Concept 5"]  # the first five would all take the same slot
    looks = slots(chosen, concepts)
    assert len(set(looks.values())) == len(chosen)
    figure = progress_curves([curve(concept) for concept in chosen], as_of=AS_OF, looks=looks)
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert len({trace.marker.color for trace in marks}) == len({trace.marker.symbol for trace in marks}) == len(chosen)
    assert slots(["Concept 5"], concepts)["Concept 5"] == slots(["Concept 5", "Concept 6"], concepts)["Concept 5"]
    assert len(slots(concepts, concepts)) == 40
    assert max(slots(concepts, concepts).values()) < len(COLOURS)


def test_hover_labels_hold_whole_names() -> None:
    short = progress_curves([curve("Sampling"), curve("Correlation")], as_of=AS_OF)
    assert short.layout.hovermode == "x unified"
    assert "Sampling" in short.data[0].hovertemplate
    long = progress_curves([curve("Sampling"), curve("word " * 100)], as_of=AS_OF)
    assert long.layout.hovermode == "closest", "many long names at once would cover the chart"
    assert long.data[0].hovertemplate.count("word") + long.data[3].hovertemplate.count("word") == 100


@pytest.mark.parametrize("name", ["<b>x</b>", "%{y} <extra></extra>", "$x^2$", "&lt;", "#000001", "x" * 500])
def test_names_are_escaped_wherever_they_stand(name: str) -> None:
    text = str(progress_curves([curve(name)], as_of=AS_OF).to_dict()["data"])
    assert name not in text or name.isalpha()
    for raw in ("<b>x", "%{y} ", "$x", "#000001"):
        assert raw not in text


def test_ink_is_the_colour_that_streamlit_replaces() -> None:
    from streamlit.elements.lib.streamlit_plotly_theme import GRAY_90

    assert INK == GRAY_90
