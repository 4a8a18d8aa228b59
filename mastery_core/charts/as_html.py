"""A figure as one HTML document that loads nothing from anywhere."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
import plotly.io as pio

from mastery_core.charts.figure import INK, Figure

MIME = "text/html"
# Where it is looked at there is room for Plotly's own buttons: a picture, a closer look.
CONFIG = {"displaylogo": False}
USUAL_HEIGHT = "480px"
# On a page of Streamlit a figure has its template, whose colours stand for others.
TEMPLATE = "plotly_white"
# Figures are drawn on the page's own colour; of a document that is passed on it is white.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 1.5rem auto; max-width: 75rem; padding: 0 1rem; background: #ffffff; color: {ink}; font: 1rem/1.5 sans-serif; }}
h1 {{ font-size: 1.35rem; }}
p {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>{title}</h1>
{figure}
{notes}
</body>
</html>
"""


def as_html(figure: Figure, *, title: str, notes: Sequence[str] = ()) -> bytes:
    """The figure under its ``title``, with Plotly's program in the document; below it the ``notes``, a paragraph each, letter by letter."""
    standing_alone = go.Figure(figure).update_layout(template=TEMPLATE)
    drawn = pio.to_html(
        standing_alone,
        config=CONFIG,
        include_plotlyjs=True,
        full_html=False,
        default_height=USUAL_HEIGHT,
        validate=False,
    )
    told = "\n".join(f"<p>{escape(note)}</p>" for note in notes)
    return PAGE.format(title=escape(title), ink=INK, figure=drawn, notes=told).encode()
