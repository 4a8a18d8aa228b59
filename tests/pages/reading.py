"""What there is to read on a screen of an instructor."""

import json
from base64 import b64decode
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest


def said(app: AppTest) -> str:
    """All sentences, titles, labels and links, with the explanations of the figures, but not what stands in tables and charts."""
    kinds = (
        app.title,
        app.header,
        app.subheader,
        app.markdown,
        app.caption,
        app.text,
        app.info,
        app.success,
        app.error,
    )
    texts = [element.value for kind in kinds for element in kind]
    figures = [f"{metric.label} {metric.value} {metric.proto.delta_description} {metric.help}" for metric in app.metric]
    return "\n".join([*texts, *figures, *(link.proto.label for link in app.get("page_link"))])


def everything(app: AppTest) -> str:
    """What is said, and what stands in tables and charts."""
    charts = [chart.proto.spec + chart.proto.alt for chart in app.get("plotly_chart")]
    return "\n".join([said(app), *(table.value.to_csv() for table in app.dataframe), *charts])


def markup(app: AppTest) -> str:
    """What Streamlit reads as Markdown."""
    kinds = (app.title, app.header, app.subheader, app.markdown, app.caption, app.info, app.success, app.error)
    texts = [element.value for kind in kinds for element in kind]
    helps = [metric.help for metric in app.metric]
    return "\n".join([*texts, *helps, *(link.proto.label for link in app.get("page_link"))])


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def beside(app: AppTest) -> dict[str, str]:
    """What stands under each figure."""
    return {metric.label: f"{metric.delta} {metric.proto.delta_description}".strip() for metric in app.metric}


def links(app: AppTest) -> list[str]:
    """What the links of the screen say, without those of the menu."""
    return [link.proto.label for link in app.main.get("page_link")]


def traces(app: AppTest, chart: int = 0) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = json.loads(app.get("plotly_chart")[chart].proto.spec)["data"]
    return data


def unpacked(numbers: Any) -> list[Any]:
    """The numbers of a trace, which travel as base64."""
    if not isinstance(numbers, dict):
        return list(numbers)
    found: list[Any] = np.frombuffer(b64decode(numbers["bdata"]), dtype=numbers["dtype"]).tolist()
    return found


def layout(app: AppTest, chart: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(app.get("plotly_chart")[chart].proto.spec)["layout"]
    return found


def table(app: AppTest, number: int = 0) -> list[dict[str, Any]]:
    """The rows of a table, by column; NaN where a cell is empty."""
    rows: list[dict[str, Any]] = app.dataframe[number].value.to_dict("records")
    return rows


def opened_as_csv(offered: Mapping[str, tuple[str, Any]], what: str) -> pd.DataFrame:
    """The table that the button ``what`` "as CSV" gives."""
    _, made = offered[f"{what} as CSV"]
    return pd.read_csv(BytesIO(made()), keep_default_na=False, na_values=[""])


def opened_as_excel(offered: Mapping[str, tuple[str, Any]], what: str) -> pd.DataFrame:
    """The table that the button ``what`` "as Excel" gives."""
    _, made = offered[f"{what} as Excel"]
    return pd.read_excel(BytesIO(made()), keep_default_na=False, na_values=[""])
