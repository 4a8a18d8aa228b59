"""A report as one HTML document that loads nothing from anywhere and prints on A4 or Letter.

A term's is one page; a cohort's goes on over as many as its lists need.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from mastery_core.charts.names import shortened
from mastery_core.charts.palette import BAND_COLOURS, BAND_GLYPHS, GROUP_GLYPHS
from mastery_core.report.cohort import CohortReport, Moment
from mastery_core.report.term import MOST_REVIEWS, TermReport
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


def cohort_as_html(report: CohortReport) -> str:
    """The document of a cohort; every name in it is escaped."""
    return _TEMPLATES.get_template("cohort.html").render(
        report=report,
        bands=[Band.WEAK, Band.DEVELOPING, Band.MASTERED, Band.NOT_ENOUGH_DATA],
        glyphs=BAND_GLYPHS,
        group_glyphs=GROUP_GLYPHS,
        colours=BAND_COLOURS,
        enough=ENOUGH_OBSERVATIONS,
        band_words={
            Band.WEAK: f"below {report.weak:.0%}",
            Band.DEVELOPING: "on the way",
            Band.MASTERED: f"from {report.mastered:.0%}",
            Band.NOT_ENOUGH_DATA: "too few",
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
    concepts = [row[0] if isinstance(row, tuple) else row.concept for row in rows]
    return list(zip(rows, shortened(concepts, columns), strict=True))


def _at(moment: Moment, percentile: str) -> str:
    """Where a percentile of a moment is drawn: from left to right and from above, both up to 100."""
    return f"{moment.along * 100:.2f},{100 - getattr(moment, percentile) * 100:.2f}"


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(percent=_percent, points=_points, day=_day, counted=_counted, named=_named, at=_at)
