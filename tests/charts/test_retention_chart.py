"""Right answers by gap, and half-lives beside the one in force, as figures."""

from math import inf, log10, nan

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from mastery_core.charts.retention import WITHHELD, days, half_lives, right_by_gap
from mastery_core.charts.rows import ROWS_A_PAGE, page_count

GAPS = ["gap", "answers", "right", "learners", "rate", "low", "high", "withheld"]
LIVES = [
    "concept", "answers", "learners", "half_life_days", "low", "high", "initial", "half_life_in_force", "clear", "reason",
]  # fmt: skip


def gaps(*rows: tuple[object, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=GAPS)
    return frame.astype({"answers": "Int64", "right": "Int64", "learners": "Int64", "withheld": bool} | SHARES)


SHARES = dict.fromkeys(("rate", "low", "high"), "float64")


def lives(*rows: tuple[str, float, float, float, str]) -> pd.DataFrame:
    """Concepts with the half-life, its low and high end, and why there is none."""
    made = [
        (concept, 1_200, 30, half, low, high, 0.9, 13.5, not reason, reason)
        for concept, half, low, high, reason in rows
    ]
    types = {"clear": bool} | dict.fromkeys(("half_life_days", "low", "high", "half_life_in_force"), "float64")
    return pd.DataFrame(made, columns=LIVES).astype(types)


MIXED = (
    ("fast", 2.0, 1.0, 4.0, ""),
    ("never", inf, 50.0, inf, ""),
    ("at once", 0.0, 0.0, 3.0, ""),
    ("unknown", nan, nan, nan, "fewer than 30 answers"),
)


def checked(figure: go.Figure) -> go.Figure:
    """The figure, checked by Plotly property by property."""
    go.Figure(figure.to_dict())
    return figure


def test_a_class_of_gaps_shows_its_rate_and_interval() -> None:
    rows = gaps(
        ("1 to 2 days", 100, 80, 20, 0.8, 0.71, 0.87, False), ("4 to 7 days", 50, 30, 9, 0.6, 0.46, 0.72, False)
    )
    tracks, lines, dots, names, numbers, withheld = checked(right_by_gap(rows)).data
    assert dots.x.tolist() == [0.8, 0.6]
    assert lines.x[[0, 1, 3, 4]].tolist() == [0.71, 0.87, 0.46, 0.72]
    assert list(names.text) == ["1 to 2 days", "4 to 7 days"]
    assert list(numbers.text) == ["80%", "60%"]
    assert list(withheld.text or ()) == []
    assert tracks.hovertext[0] == (
        "<b>1 to 2 days</b><br>80 of 100 right: 80.0%<br>most likely 71.0% to 87.0%<br>20 learners"
    )


def test_what_is_withheld_is_said_to_be_and_is_not_nought() -> None:
    rows = gaps(
        ("1 to 2 days", 100, 80, 20, 0.8, 0.71, 0.87, False), ("2 to 4 days", pd.NA, pd.NA, pd.NA, nan, nan, nan, True)
    )
    tracks, lines, dots, names, numbers, withheld = checked(right_by_gap(rows)).data
    assert len(names.text) == 2
    assert dots.x.tolist() == [0.8]
    assert len(lines.x) == 3
    assert list(numbers.text) == ["80%"]
    assert list(withheld.text) == [WITHHELD]
    assert withheld.y[0] > 1
    assert tracks.hovertext[1] == f"<b>2 to 4 days</b><br>{WITHHELD}"


def test_a_half_life_shows_its_interval_and_the_one_in_force() -> None:
    _, lines, dots, _, _, in_force, names, numbers, _ = checked(half_lives(lives(MIXED[0]))).data
    assert dots.x.tolist() == pytest.approx([log10(2)])
    assert lines.x[:2].tolist() == pytest.approx([0, log10(4)])
    assert list(in_force.x) == pytest.approx([log10(13.5)] * 2 + [nan], nan_ok=True)
    assert list(names.text) == ["fast"]
    assert list(numbers.text) == ["2.0 d"]


def test_what_lies_beyond_the_scale_ends_in_an_arrow_and_what_is_missing_says_why() -> None:
    figure = checked(half_lives(lives(*MIXED)))
    tracks, lines, dots, arrows, ends, _, names, numbers, reasons = figure.data
    first, last = tracks.base[0], tracks.base[0] + tracks.x[0]
    assert arrows.x.tolist() == pytest.approx([last, first])
    assert list(arrows.marker.symbol) == ["triangle-right", "triangle-left"]
    assert ends.x.tolist() == pytest.approx([first, last])
    assert len(dots.x) == 1
    assert len(names.text) == 4
    assert list(numbers.text) == ["2.0 d", "∞", "0 s"]
    assert list(reasons.text) == ["fewer than 30 answers"]
    within = lines.x[~np.isnan(lines.x)]
    assert within.min() >= first
    assert within.max() <= last + 1e-9
    assert "no forgetting seen" in tracks.hovertext[1]
    assert tracks.hovertext[3].endswith("no half-life: fewer than 30 answers")


@pytest.mark.parametrize("concepts", [0, 1, ROWS_A_PAGE, ROWS_A_PAGE + 1, 100])
def test_holds_any_number_of_concepts_page_by_page_on_one_scale(concepts: int) -> None:
    rows = lives(*((f"Concept {n:03}", n + 1.0, n + 0.5, n + 2.0, "") for n in range(concepts)))
    pages = [checked(half_lives(rows, page=page)) for page in range(1, page_count(concepts) + 1)]
    assert [name for page in pages for name in page.data[6].text or ()] == rows["concept"].tolist()
    assert len({tuple(page.layout.xaxis.range) for page in pages}) == 1
    assert 1 <= len(pages[0].layout.xaxis.tickvals) <= 5


def test_holds_nothing_fitted_and_nothing_forgotten_by_the_rules() -> None:
    assert list(checked(half_lives(lives(MIXED[3]))).data[8].text) == ["fewer than 30 answers"]
    never = lives(MIXED[0]).assign(half_life_in_force=inf)
    assert checked(half_lives(never)).data[5].x.tolist() == []
    assert checked(right_by_gap(gaps())).data[2].x.tolist() == []


def test_lengths_are_told_in_the_unit_that_suits_them() -> None:
    told = [days(each) for each in (0.0, 30 / 86_400, 5 / 1440, 0.25, 13.51, 1_234.0, inf)]
    assert told == ["0 s", "30 s", "5 min", "6.0 h", "13.5 d", "1,234 d", "∞"]


def test_names_are_text() -> None:
    figure = half_lives(lives(("<i>$%{y}", 2.0, 1.0, 4.0, "")))
    assert figure.data[6].text[0].startswith("&lt;i&gt;")
    assert "<i>" not in figure.data[0].hovertext[0]
