"""A report as one HTML document that loads nothing from anywhere and prints on one page, A4 or Letter."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from mastery_core.charts.names import shortened
from mastery_core.charts.palette import BAND_COLOURS, BAND_GLYPHS
from mastery_core.report.term import MOST_REVIEWS, Line, TermReport
from mastery_core.standing import ENOUGH_OBSERVATIONS, Band


def as_html(report: TermReport) -> str:
    """The document; every name in it is escaped."""
    return _TEMPLATES.get_template("term.html").render(
        report=report,
        insights=report.insights,
        bands=[Band.MASTERED, Band.DEVELOPING, Band.WEAK, Band.NOT_ENOUGH_DATA],
        unknown=Band.NOT_ENOUGH_DATA,
        glyphs=BAND_GLYPHS,
        colours=BAND_COLOURS,
        most_reviews=MOST_REVIEWS,
        enough=ENOUGH_OBSERVATIONS,
        band_words={
            Band.MASTERED: "mastered",
            Band.DEVELOPING: "on the way",
            Band.WEAK: f"below {report.weak:.0%}",
            Band.NOT_ENOUGH_DATA: "not enough data",
        },
    )


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _points(share: float, digits: int = 0) -> str:
    rounded = round(share * 100, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _named(rows: Sequence[Any], columns: int) -> list[tuple[Any, str]]:
    """Each row with its concept in so many columns of text, no two the same."""
    concepts = [row.concept if isinstance(row, Line) else row[0] for row in rows]
    return list(zip(rows, shortened(concepts, columns), strict=True))


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(percent=_percent, points=_points, day=_day, counted=_counted, named=_named)
