"""What the axes of curves share: shares from 0 to 1, opportunities, how dates are written, and thresholds as level lines and ticks."""

from typing import Any

from mastery_core.charts.figure import FAINT, RULE, TICKS

DAY = 86_400_000  # milliseconds, as Plotly's date axes count
DATES = [
    {"dtickrange": [None, DAY], "value": "%H:%M<br>%-d %b"},
    {"dtickrange": [DAY, 60 * DAY], "value": "%-d %b"},
    {"dtickrange": [60 * DAY, None], "value": "%b\n%Y"},
]
# A tick that is nearer to another than this share would run into it.
CLOSE = 0.07
LEAST_OPPORTUNITIES, FEW_TICKS = 5, 8


def shares(bottom: float, top: float) -> dict[str, Any]:
    """The axis of a share, in percent, a little below 0 and above 1."""
    return {
        "range": [bottom, top],
        "fixedrange": True,
        "tickvals": [0, 0.25, 0.5, 0.75, 1],
        "tickformat": ".0%",
        "tickfont": TICKS,
        "gridcolor": FAINT,
        "zeroline": True,
        "zerolinecolor": RULE,
        "automargin": True,
        "ticklabelstandoff": 8,
    }


def opportunities(last: int, whose: str) -> dict[str, Any]:
    """The axis of opportunities up to the last, with as many ticks as a phone has room for. ``whose`` first opportunity is 1: "a learner"."""
    last = max(last, LEAST_OPPORTUNITIES)
    step = 1 if last <= FEW_TICKS else 5 * -(-last // (5 * FEW_TICKS))
    return {
        "range": [0.4, last + 0.6],
        "fixedrange": True,
        "title": {"text": f"opportunity (1: {whose}'s first)", "font": TICKS},
        "tickfont": TICKS,
        "tickvals": sorted({1, *range(step, last + 1, step)}),
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
    }


def level(share: float, text: str, dash: str, colour: str, side: str = "bottom") -> dict[str, Any]:
    """A threshold as a level line, named at its beginning; ``side``: which side of the name lies on the line."""
    return {
        "type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": share, "y1": share,
        "line": {"color": colour, "width": 1, "dash": dash},
        "label": {"text": text, "textposition": "start", "yanchor": side, "font": {"size": 12}},
    }  # fmt: skip


def threshold_ticks(weak: float, mastered: float) -> list[float]:
    """Nothing, the thresholds and all, without those that would stand too close to another."""
    ticks = [0.0, 1.0]
    for share in (weak, mastered):
        if all(abs(share - tick) >= CLOSE for tick in ticks):
            ticks.append(share)
    return sorted(ticks)
