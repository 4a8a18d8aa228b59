"""What the axes of curves share: how dates are written, and thresholds as level lines and ticks."""

from typing import Any

DAY = 86_400_000  # milliseconds, as Plotly's date axes count
DATES = [
    {"dtickrange": [None, DAY], "value": "%H:%M<br>%-d %b"},
    {"dtickrange": [DAY, 60 * DAY], "value": "%-d %b"},
    {"dtickrange": [60 * DAY, None], "value": "%b\n%Y"},
]
# A tick that is nearer to another than this share would run into it.
CLOSE = 0.07


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
