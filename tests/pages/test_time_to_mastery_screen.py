"""A researcher's Time to mastery: the measure's own numbers, as curves, tables and files."""

import shutil
from collections.abc import Callable
from math import isnan

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.database import EmbeddedDatabase
from mastery_core.identity.installation import extract_folder
from mastery_core.research.selection import Selection
from mastery_core.research_service import ResearchService
from tests.pages.conftest import Offered
from tests.pages.reading import figures, said, table, traces
from tests.pages.test_every_number_is_explained import opened, unexplained

SCREEN = "researcher/time_to_mastery.py"
Screen = Callable[..., AppTest]
Row = Callable[..., dict[str, object]]


@pytest.fixture
def researcher(of_eighty: str) -> str:
    return of_eighty


@pytest.fixture
def measured(researcher: str, database: EmbeddedDatabase) -> Callable[..., dict[str, pd.DataFrame]]:
    """The tables of the measure, asked of the service itself."""
    service = ResearchService(database.acting_as(researcher), extract_folder())
    return lambda *by: service.tables("time-to-mastery", Selection(), by)


def test_figures_and_curve_are_those_of_the_measure(
    screen: Screen, researcher: str, measured: Callable[..., dict[str, pd.DataFrame]]
) -> None:
    app = screen(researcher, SCREEN)
    tables = measured()
    [total], curve = tables["opportunities"].to_dict("records"), tables["curve in opportunities"]
    shown = figures(app)
    assert shown["Pairs"] == f"{total['pairs']:,}"
    assert shown["Seen to get there"] == f"{total['reached']:,}"
    assert shown["There by the end"] == f"{total['share_reached']:.0%}"
    assert shown["Median"].split()[0] == ("—" if isnan(total["median"]) else f"{total['median']:.0f}")
    assert len(traces(app)[2]["hovertext"]) == int((curve["at_risk"] >= 5).sum())
    assert table(app)[0]["pairs"] == total["pairs"]


def test_the_address_says_the_unit_and_the_groups(
    screen: Screen, researcher: str, measured: Callable[..., dict[str, pd.DataFrame]]
) -> None:
    app = screen(researcher, SCREEN, unit="days", by="concept")
    groups = measured("concept")["days"]
    assert [row["concept"] for row in table(app)] == groups["concept"].tolist()
    names = [each["name"] for each in traces(app) if each.get("hovertext")]
    assert len(names) == int((~groups["withheld"]).sum())
    assert "&lt;b&gt;Box plots&lt;/b&gt;" in names
    [command] = [each.value for each in app.code]
    assert "research time-to-mastery" in command
    assert "--by concept" in command
    assert (
        len([each for each in traces(screen(researcher, SCREEN, by="nonsense", unit="years")) if "hovertext" in each])
        == 1
    )


def test_the_figure_goes_along_as_numbers_and_as_a_document(
    screen: Screen, researcher: str, offered: Offered, measured: Callable[..., dict[str, pd.DataFrame]]
) -> None:
    screen(researcher, SCREEN)
    csv, html = (offered[f"Time to mastery in opportunities as {kind}"] for kind in ("CSV", "HTML"))
    assert csv[0].startswith("time-to-mastery-in-opportunities-")
    curve = measured()["curve in opportunities"]
    assert csv[1]().decode("utf-8-sig").count("\r\n") == int((curve["at_risk"] >= 5).sum()) + 1
    assert b"<html" in html[1]()


@pytest.mark.parametrize("address", [{}, {"by": "concept"}, {"by": "cohort", "unit": "days"}])
def test_every_number_says_what_it_means(screen: Screen, researcher: str, address: dict[str, str]) -> None:
    app = opened(screen(researcher, SCREEN, **address))
    assert app.metric
    assert len(app.dataframe) == 2
    assert unexplained(app) == []


def test_without_an_extract_a_sentence_says_so(screen: Screen, researcher: str) -> None:
    shutil.rmtree(extract_folder(), ignore_errors=True)
    app = screen(researcher, SCREEN)
    assert not app.metric
    assert not app.get("plotly_chart")
    assert "nothing to measure yet" in said(app)
