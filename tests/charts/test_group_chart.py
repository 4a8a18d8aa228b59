"""Me beside my group, as a figure."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mastery_core.charts.group import ROWS_A_PAGE, beside_group, page_count
from mastery_core.charts.palette import BAND_COLOURS
from mastery_core.model import ConceptMastery, Trend
from mastery_core.placing import beside
from mastery_core.standing import Band


def rows(**own: tuple[float, int] | None) -> pd.DataFrame:
    """Concepts of a group whose middle half is from 40% to 70%, and one's own score and observations."""
    masteries = {
        name: ConceptMastery(name, score[0], None, 0.95, Trend.STABLE, 0.0, score[0], score[1], None)
        for name, score in own.items()
        if score is not None
    }
    return beside(masteries, pd.DataFrame([(name, 0.4, 0.55, 0.7, 8) for name in own], columns=COLUMNS))


COLUMNS = ["concept", "lower", "middle", "upper", "learners"]
MIXED = {"mine": (0.9, 5), "low": (0.2, 5), "few": (0.6, 2), "new": None, "mid": (0.6, 3)}


def drawn(frame: pd.DataFrame, page: int = 1) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    figure = beside_group(frame, page=page)
    go.Figure(figure.to_dict())
    return figure


def test_a_row_shows_the_middle_half_its_middle_and_oneself() -> None:
    _, halves, middles, marks, names, numbers = drawn(rows(**MIXED)).data
    assert list(names.text) == ["low", "mid", "mine", "few", "new"]
    assert halves.base.tolist() == [0.4] * 5
    assert (halves.base + halves.x).tolist() == pytest.approx([0.7] * 5)
    assert middles.x.tolist() == [0.55] * 5
    assert marks.x.tolist()[:4] == [0.2, 0.6, 0.9, 0.6]
    assert list(numbers.text) == ["▼ 20%", "● 60%", "★ 90%", "○ 60%", "—"]


def test_bands_differ_by_colour_and_shape() -> None:
    marks = drawn(rows(**MIXED)).data[3]
    assert list(marks.marker.symbol[:4]) == ["triangle-down", "circle", "star", "circle-open"]
    bands = (Band.WEAK, Band.DEVELOPING, Band.MASTERED, Band.NOT_ENOUGH_DATA)
    assert list(marks.marker.color[:4]) == [BAND_COLOURS[band] for band in bands]


def test_too_little_data_is_hollow_and_apart_and_not_begun_is_no_zero() -> None:
    figure = drawn(rows(**MIXED))
    place = figure.data[0].y
    assert place[3] - place[2] > place[1] - place[0]
    assert "observations of yours" in figure.layout.annotations[0].text
    assert np.isnan(figure.data[3].x[4])
    assert not drawn(rows(mine=(0.5, 3))).layout.annotations


def test_labels_say_it_kindly_and_in_words() -> None:
    hover = drawn(rows(**MIXED)).data[0].hovertext
    assert "you 20%, below the middle half, a good place to start" in hover[0]
    assert "middle half 40% to 70%, middle 55%<br>8 learners" in hover[0]
    assert "you had not begun yet" in hover[4]


@pytest.mark.parametrize("concepts", [0, 1, 20, 21, 300])
def test_holds_any_number_of_concepts_page_by_page(concepts: int) -> None:
    frame = rows(**{f"Concept {number:03}": (number / 300, 3) for number in range(concepts)})
    shown = [name for page in range(1, page_count(concepts) + 1) for name in drawn(frame, page).data[4].text or ()]
    assert shown == frame["concept"].tolist()
    assert drawn(frame).layout.height <= 42 * (ROWS_A_PAGE + 1) + 24


def test_names_are_escaped_short_in_rows_and_whole_in_labels() -> None:
    figure = drawn(rows(**{"<i>" + "long " * 60 + "$%{y}": (0.3, 5)}))
    assert figure.data[4].text[0].startswith("&lt;i&gt;long")
    assert figure.data[4].text[0].endswith("…")
    assert figure.data[0].hovertext[0].count("long") == 60
    assert "<i>" not in figure.data[0].hovertext[0]
