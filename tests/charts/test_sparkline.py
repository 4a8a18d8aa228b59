"""The sparkline beside a figure."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mastery_core.charts.sparkline import sparkline


def series(*values: float) -> pd.Series:
    return pd.Series(values, index=pd.date_range("2026-01-01", periods=len(values), tz="UTC"))


def test_a_sparkline_holds_the_series_and_marks_its_end() -> None:
    line, end = sparkline(series(np.nan, 0.4, 0.6, 0.5)).data
    np.testing.assert_array_equal(line.y, [np.nan, 0.4, 0.6, 0.5])
    assert list(end.y) == [0.5]


def test_plotly_finds_nothing_wrong_with_it() -> None:
    for values in ([0.5, 0.5], [0.0, 1.0], [np.nan, 0.2]):
        figure = sparkline(series(*values))
        go.Figure(figure.to_dict())
        low, high = figure.layout.yaxis.range
        assert low < np.nanmin(values) <= np.nanmax(values) < high
