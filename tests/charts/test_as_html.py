"""A figure as a document of its own."""

import re

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from mastery_core.charts.as_html import as_html
from mastery_core.charts.figure import drawn

NAME = "</script><script>alert(1)</script>"


def document(**told: object) -> str:
    figure = drawn([{"type": "scatter", "x": [1, 2], "y": [0.5, 0.25], "name": NAME}], {"height": 300})
    go.Figure(figure.to_dict())
    return as_html(figure, **({"title": "Retention"} | told)).decode()  # type: ignore[arg-type]


def test_it_loads_nothing_from_anywhere() -> None:
    html = document()
    assert get_plotlyjs() in html
    rest = html.replace(get_plotlyjs(), "")
    assert not re.search(r"https?:|\bsrc=|<link|@import", rest)


def test_it_has_the_figure_under_its_title_and_the_notes_below() -> None:
    rest = document(notes=["5 learners & 12 events", "Cite: <this>"]).replace(get_plotlyjs(), "")
    assert (
        rest.index("<h1>Retention</h1>")
        < rest.index("Plotly.newPlot")
        < rest.index("<p>5 learners &amp; 12 events</p>")
    )
    assert "<p>Cite: &lt;this&gt;</p>" in rest
    assert "height:300px" in rest


def test_no_name_in_it_is_run() -> None:
    rest = document(title=NAME, notes=[NAME]).replace(get_plotlyjs(), "")
    assert "alert(1)</script>" not in rest
    assert rest.count("<script") == rest.count("</script>")
