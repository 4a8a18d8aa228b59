"""Plain Streamlit pages that look like screens of ours: the same elements, every content a constant.

They are written from the messages that the screens send, so they stay equal whatever the screens become.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import cycle
from pathlib import Path
from textwrap import indent

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.page_tree import Node, tree_of
from benchmarks.plain_calls import Contents, call_of, called, gap, height, width

JUSTIFIED = {1: "left", 2: "right", 3: "center", 4: "distribute"}
ALIGNED = {1: "top", 2: "bottom", 3: "center"}
IN_A_COLUMN = ("top", "center", "bottom")
MAIN, SIDEBAR = 0, 1

APP = """\
import streamlit as st

st.set_page_config(page_title={title!r}, page_icon={icon!r}, layout="wide")
screen = st.navigation([{pages}])
st.logo({icon!r})
screen.run()
"""
PAGE = """\
import streamlit as st
from {constants} import FIGURES, TABLES

THIS_PAGE = __file__

"""
CONSTANTS = '''\
"""The figures and tables of the page, read once."""

import json
from base64 import b64decode
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

HERE = Path(__file__).parent / {folder!r}


def arrays(value):
    if isinstance(value, dict) and "bdata" in value:
        return np.frombuffer(b64decode(value["bdata"]), value["dtype"])
    if isinstance(value, dict):
        return {{name: arrays(part) for name, part in value.items()}}
    return [arrays(part) for part in value] if isinstance(value, list) else value


def figure(path):
    spec = arrays(json.loads(path.read_text(encoding="utf-8")))
    return go.Figure(data=spec["data"], layout=spec["layout"], _validate=False)


def table(path):
    return pa.ipc.open_stream(path.read_bytes()).read_pandas()


FIGURES = [figure(HERE / f"{{n}}.json") for n in range({figures})]
TABLES = [table(HERE / f"{{n}}.arrow") for n in range({tables})]
'''


def write_pages(folder: Path, screens: Mapping[str, list[ForwardMsg]], icon: Path) -> Path:
    """Write an app with a page for each screen, to be opened at its name, from the screen's messages; returns its script."""
    for name, messages in screens.items():
        _write_page(folder, name, messages)
    everything = [message for messages in screens.values() for message in messages]
    title = next(message.page_config_changed.title for message in everything if message.HasField("page_config_changed"))
    script = folder / "app.py"
    pages = ", ".join(_pages(screens, everything))
    script.write_text(APP.format(title=title, icon=str(icon), pages=pages), encoding="utf-8")
    return script


def _pages(names: Iterable[str], messages: list[ForwardMsg]) -> list[str]:
    """A page for each name, in a menu like that of the screens. Where a screen is there twice, a title comes again."""
    menu = next(message.navigation.app_pages for message in messages if message.HasField("navigation"))
    return [
        called("Page", f"{name}.py", url_path=name, title=entry.page_name, icon=entry.icon, default=number == 0 or None)
        for number, (name, entry) in enumerate(zip(names, cycle(menu), strict=False))
    ]


def _write_page(folder: Path, name: str, messages: list[ForwardMsg]) -> None:
    contents = Contents()
    page = tree_of(messages)
    reruns = {message.auto_rerun.fragment_id: message.auto_rerun.interval for message in messages}
    lines = _children(page.children[MAIN], contents, reruns)
    if SIDEBAR in page.children:
        lines += ["with st.sidebar:", *_indented(_children(page.children[SIDEBAR], contents, reruns))]
    constants = f"constants_of_{name.replace('-', '_')}"
    text = PAGE.format(constants=constants) + "\n".join(lines) + "\n"
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    kept = folder / name
    kept.mkdir()
    for number, spec in enumerate(contents.figures):
        (kept / f"{number}.json").write_text(spec, encoding="utf-8")
    for number, arrow in enumerate(contents.tables):
        (kept / f"{number}.arrow").write_bytes(arrow)
    (folder / f"{constants}.py").write_text(
        CONSTANTS.format(folder=name, figures=len(contents.figures), tables=len(contents.tables)), encoding="utf-8"
    )


def _children(parent: Node, contents: Contents, reruns: Mapping[str, float]) -> list[str]:
    lines: list[str] = []
    for child in parent.in_order():
        if child.fragment and child.fragment != parent.fragment:
            lines += _fragment(child, contents, reruns)
        else:
            lines += _made(child, contents, reruns)
    return lines


def _made(node: Node, contents: Contents, reruns: Mapping[str, float]) -> list[str]:
    if any(child.kind == "column" for child in node.children.values()):
        return _parts(node, contents, reruns, _columns(node))
    if node.kind == "tab_container":
        labels = [child.content.label for child in node.in_order()]
        return _parts(node, contents, reruns, called("tabs", labels, key=contents.key()))
    if node.kind not in BLOCKS:
        return ["st.empty()" if node.kind in {"", "empty"} else call_of(node, contents)]
    inside = _children(node, contents, reruns) or ["pass"]
    return [f"with {BLOCKS[node.kind](node, contents)}:", *_indented(inside)]


def _parts(node: Node, contents: Contents, reruns: Mapping[str, float], call: str) -> list[str]:
    """Columns or tabs: one call makes them, and each is filled."""
    name = f"parts_{contents.key()}"
    lines = [f"{name} = {call}"]
    for number, child in enumerate(node.in_order()):
        lines += [f"with {name}[{number}]:", *_indented(_children(child, contents, reruns) or ["pass"])]
    return lines


def _fragment(node: Node, contents: Contents, reruns: Mapping[str, float]) -> list[str]:
    """The block that a fragment brings along is its own: what stands in it is what the function makes."""
    name = f"fragment_{contents.key()}"
    every = reruns.get(node.fragment)
    inside = _children(node, contents, reruns) or ["pass"]
    return [f"@st.fragment(run_every={every!r})", f"def {name}():", *_indented(inside), f"{name}()"]


def _indented(lines: list[str]) -> list[str]:
    return [indent(line, "    ") for line in lines]


def _columns(node: Node) -> str:
    columns = [child.content for child in node.in_order()]
    return called(
        "columns", [column.weight for column in columns], gap=gap(columns[0].gap_config),
        vertical_alignment=IN_A_COLUMN[columns[0].vertical_alignment], border=columns[0].show_border or None,
    )  # fmt: skip


def _container(node: Node, contents: Contents) -> str:
    content = node.content
    horizontal = content.direction == content.HORIZONTAL
    return called(
        "container", border=content.border or None, horizontal=horizontal or None, gap=gap(content.gap_config),
        horizontal_alignment=JUSTIFIED.get(content.justify), vertical_alignment=ALIGNED.get(content.align),
        width=width(node), height=height(node), key=contents.key() if node.proto.id else None,
    )  # fmt: skip


def _grid(node: Node, _: Contents) -> str:
    content = node.content
    return called(
        "grid", content.columns or "auto", min_column_width=content.min_column_width_px or None,
        gap=(gap(content.row_gap_config), gap(content.column_gap_config)), border=content.border or None,
        width=width(node), height=height(node),
    )  # fmt: skip


def _expander(node: Node, contents: Contents) -> str:
    content = node.content
    return called(
        "expander", content.label, content.expanded, icon=content.icon or None,
        key=contents.key() if content.id else None, on_change="rerun" if content.id else None,
    )  # fmt: skip


def _popover(node: Node, contents: Contents) -> str:
    content = node.content
    return called(
        "popover", content.label, icon=content.icon or None, help=content.help or None, type=content.type or None,
        key=contents.key() if content.id else None, on_change="rerun" if content.id else None, width=width(node),
    )  # fmt: skip


def _form(node: Node, contents: Contents) -> str:
    return called("form", contents.key(), border=node.content.border)


BLOCKS: dict[str, Callable[[Node, Contents], str]] = {
    "flex_container": _container,
    "grid_container": _grid,
    "expandable": _expander,
    "popover": _popover,
    "form": _form,
}
