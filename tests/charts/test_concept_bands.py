"""The bands of a cohort's concepts, as a figure."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mastery_core.charts.concept_bands import INSIDE, concept_bands
from mastery_core.charts.palette import BAND_COLOURS
from mastery_core.standing import Band
from tests.charts.test_palette import contrast

COLUMNS = ["concept", "learners", "apart", "weak", "developing", "mastered", "mean"]


def concepts(*rows: tuple[str, int, int, int, int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def drawn(frame: pd.DataFrame) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    figure = concept_bands(frame, weak=0.5, mastered=0.8)
    go.Figure(figure.to_dict())
    return figure


MIXED = concepts(
    ("hard", 30, 2, 20, 7, 1, 0.3), ("fair", 20, 0, 3, 15, 2, 0.6), ("easy", 11, 1, 0, 0, 10, 0.9), ("new", 1, 1, 0, 0, 0, np.nan)
)  # fmt: skip


def test_the_parts_of_a_bar_are_the_bands_one_behind_the_other() -> None:
    weak, developing, mastered, apart, *_ = drawn(MIXED).data
    assert [bar.x.tolist() for bar in (weak, developing, mastered, apart)] == [
        [20, 3, 0, 0],
        [7, 15, 0, 0],
        [1, 2, 10, 0],
        [2, 0, 1, 1],
    ]
    for before, after in ((weak, developing), (developing, mastered), (mastered, apart)):
        assert after.base.tolist() == (before.base + before.x).tolist()
    assert (apart.base + apart.x).tolist() == MIXED["learners"].tolist()


def test_bands_differ_by_colour_and_sign_and_too_little_data_is_hollow() -> None:
    bars = drawn(MIXED).data[:4]
    assert [bar.marker.color for bar in bars[:3]] == [
        BAND_COLOURS[band] for band in (Band.WEAK, Band.DEVELOPING, Band.MASTERED)
    ]
    assert (bars[3].marker.color, bars[3].marker.line.width) == ("rgba(0,0,0,0)", 1.5)
    assert [bar.name for bar in bars] == [
        "▼ weak: under 50%",
        "● developing",
        "★ mastered: 80%+",
        "○ not enough data",
    ]


def test_numbers_stand_in_the_parts_with_the_sign_where_there_is_room() -> None:
    weak, developing, mastered, apart, *_ = drawn(MIXED).data
    assert list(weak.text) == ["▼ 20", "3", "", ""]
    assert list(developing.text) == ["● 7", "● 15", "", ""]
    assert list(mastered.text) == ["1", "2", "★ 10", ""]
    assert list(apart.text) == ["2", "", "1", "1"]
    assert drawn(MIXED).layout.uniformtext.mode == "hide"


def test_numbers_can_be_read_on_their_colour() -> None:
    for band in (Band.WEAK, Band.DEVELOPING, Band.MASTERED):
        assert contrast(BAND_COLOURS[band], "#" + INSIDE[band][1:] * 2) >= 4.5


def test_concepts_stay_in_the_order_given_and_end_with_their_mean() -> None:
    names, means = drawn(MIXED).data[4:]
    assert list(names.text) == ["hard", "fair", "easy", "new"]
    assert names.y.tolist() == sorted(names.y)
    assert list(means.text) == ["▼ 30%", "● 60%", "★ 90%", "—"]


def test_labels_say_it_in_words() -> None:
    hover = drawn(MIXED).data[0].hovertext
    assert hover[0] == (
        "<b>hard</b><br>30 learners, mean 30%<br>▼ 20 weak<br>● 7 developing<br>★ 1 mastered<br>○ 2 not enough data"
    )
    assert hover[3].startswith("<b>new</b><br>1 learner<br>")


def test_the_longest_bar_is_named() -> None:
    assert [label.text for label in drawn(MIXED).layout.annotations] == ["30 learners", "mean"]
    assert [label.text for label in drawn(MIXED.iloc[3:]).layout.annotations] == ["1 learner", "mean"]


def test_names_are_escaped_short_in_rows_and_whole_in_labels() -> None:
    names = ("<i>" + "long " * 60 + "$%{y}", "🎲 <b>dice</b>")
    figure = drawn(concepts(*((name, 3, 0, 3, 0, 0, 0.2) for name in names)))
    assert figure.data[4].text[0].startswith("&lt;i&gt;long")
    assert figure.data[4].text[0].endswith("…")
    assert figure.data[0].hovertext[0].count("long") == 60
    assert "<i>" not in figure.data[0].hovertext[0]
    assert figure.data[4].text[1] == "🎲 &lt;b&gt;dice&lt;/b&gt;"


@pytest.mark.parametrize("rows", [0, 1, 20, 300])
def test_holds_any_number_of_concepts(rows: int) -> None:
    figure = drawn(concepts(*((f"Concept {number}", 9, 1, 2, 3, 3, 0.5) for number in range(rows))))
    assert len(figure.data[4].text or ()) == rows
    assert figure.layout.height >= 50 * rows


def test_holds_concepts_without_data_enough() -> None:
    figure = drawn(concepts(("a", 2, 2, 0, 0, 0, np.nan), ("b", 0, 0, 0, 0, 0, np.nan)))
    assert list(figure.data[5].text) == ["—", "—"]
    assert figure.data[3].x.tolist() == [2, 0]
