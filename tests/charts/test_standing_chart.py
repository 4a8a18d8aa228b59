"""Where a learner stands, as a figure."""

from datetime import UTC, datetime

import plotly.graph_objects as go
import pytest

from mastery_core.charts.palette import BAND_COLOURS
from mastery_core.charts.standing import ROWS_A_PAGE, in_order, page_count, standing
from mastery_core.model import ConceptMastery, Trend
from mastery_core.standing import Band


def mastery(concept: str, now: float, stored: float | None = None, observations: int = 5) -> ConceptMastery:
    return ConceptMastery(
        concept, now, datetime(2026, 1, 1, tzinfo=UTC), 0.95, Trend.STABLE, 0.0, stored or now, observations, None
    )


MIXED = [
    mastery("mastered", 0.9, 0.95),
    mastery("weak", 0.2, 0.6),
    mastery("unsure", 0.1, observations=2),
    mastery("developing", 0.5),
]


def test_weakest_come_first_and_those_without_data_last() -> None:
    assert [each.concept_tag for each in in_order(MIXED)] == ["weak", "developing", "mastered", "unsure"]


def test_a_row_shows_now_and_what_was_forgotten_since() -> None:
    now, forgotten, names, numbers = standing(MIXED).data
    assert now.x.tolist() == [0.2, 0.5, 0.9, 0.1]
    assert forgotten.base.tolist() == now.x.tolist()
    assert forgotten.x.tolist() == pytest.approx([0.4, 0, 0.05, 0])
    assert list(names.text) == ["weak", "developing", "mastered", "unsure"]
    assert list(numbers.text) == ["▼ 20%", "● 50%", "★ 90%", "○ 10%"]


def test_too_little_data_is_hollow_and_apart_under_a_heading() -> None:
    figure = standing(MIXED)
    now = figure.data[0]
    assert now.marker.color[-1] == "rgba(0,0,0,0)"
    assert now.marker.line.width.tolist() == [0, 0, 0, 1.5]
    rows = now.y
    assert rows[3] - rows[2] > rows[2] - rows[1]
    assert rows[2] < figure.layout.annotations[0].y < rows[3]
    assert "fewer than 3 observations" in figure.layout.annotations[0].text
    assert not standing(MIXED[:2]).layout.annotations


def test_bands_differ_by_colour_and_sign() -> None:
    now, _, _, numbers = standing(MIXED).data
    assert list(now.marker.color[:3]) == [BAND_COLOURS[band] for band in (Band.WEAK, Band.DEVELOPING, Band.MASTERED)]
    assert len({text[0] for text in numbers.text}) == 4


@pytest.mark.parametrize("concepts", [0, 1, 20, 50, 200])
def test_holds_any_number_of_concepts_page_by_page(concepts: int) -> None:
    masteries = [mastery(f"Concept {n}", n / 200, observations=2 + n % 7) for n in range(concepts)]
    shown: list[str] = []
    for page in range(1, page_count(concepts) + 1):
        figure = go.Figure(standing(masteries, page=page).to_dict())
        assert figure.layout.height <= 40 * (ROWS_A_PAGE + 1) + 24
        shown += [] if figure.data[2].text is None else figure.data[2].text
    assert shown == [each.concept_tag for each in in_order(masteries)]


def test_names_are_escaped_short_in_rows_and_whole_in_hover_labels() -> None:
    now, _, names, _ = standing([mastery("<i>" + "long " * 60, 0.3), mastery("$%{y}#000037", 0.4)]).data
    assert names.text[0].startswith("&lt;i&gt;long")
    assert names.text[0].endswith("…")
    assert now.hovertext[0].count("long") == 60
    assert "<i>" not in now.hovertext[0]
    assert names.text[1] == "&#36;&#37;&#123;y}&#35;000037"
