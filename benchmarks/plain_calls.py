"""The ``st.`` call that makes an element: what somebody would write who knew its contents beforehand."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from streamlit.proto.GapSize_pb2 import GapSize
from streamlit.proto.LabelVisibility_pb2 import LabelVisibility

from benchmarks.page_tree import Node

HEADINGS = {"h1": "title", "h2": "header", "h3": "subheader"}


@dataclass(frozen=True, slots=True)
class Named:
    """A constant of the page, called by its name."""

    name: str

    def __repr__(self) -> str:
        return self.name


@dataclass(slots=True)
class Contents:
    """The larger constants of a page, which its script names: specifications of figures (JSON) and tables (Arrow)."""

    figures: list[str] = field(default_factory=list)
    tables: list[bytes] = field(default_factory=list)
    keys: int = 0

    def figure(self, spec: str) -> Named:
        self.figures.append(spec)
        return Named(f"FIGURES[{len(self.figures) - 1}]")

    def table(self, arrow: bytes) -> Named:
        self.tables.append(arrow)
        return Named(f"TABLES[{len(self.tables) - 1}]")

    def key(self) -> str:
        self.keys += 1
        return f"key_{self.keys}"


def call_of(node: Node, contents: Contents) -> str:
    """The call as text. Raises NotImplementedError for a kind that no screen had when this was written."""
    if node.kind not in ELEMENTS:
        raise NotImplementedError(f"how to make a plain {node.kind} is not written yet")
    return ELEMENTS[node.kind](node, contents)


def called(function: str, *values: Any, **named: Any) -> str:
    """``st.function(values, name=value)``, without what is None."""
    arguments = [repr(value) for value in values]
    arguments += [f"{name}={value!r}" for name, value in named.items() if value is not None]
    return f"st.{function}({', '.join(arguments)})"


def width(node: Node) -> str | int | None:
    return _length(node.proto.width_config) if node.proto.HasField("width_config") else None


def height(node: Node) -> str | int | None:
    return _length(node.proto.height_config) if node.proto.HasField("height_config") else None


def gap(config: Any) -> str | int | Named | None:
    if config.WhichOneof("gap_spec") == "pixel_gap":
        return config.pixel_gap
    name = GapSize.Name(config.gap_size).lower()
    return {"gap_undefined": None, "none": Named("None")}.get(name, name)


def _length(config: Any) -> str | int | None:
    kind = config.WhichOneof(config.DESCRIPTOR.oneofs[0].name)
    return {"use_stretch": "stretch", "use_content": "content"}.get(kind) or (
        config.pixel_width if kind == "pixel_width" else getattr(config, "pixel_height", None) or None
    )


def _label(content: Any) -> dict[str, Any]:
    """What most widgets have in common."""
    visibility = LabelVisibility.LabelVisibilityOptions.Name(content.label_visibility.value).lower()
    return {
        "help": content.help or None,
        "label_visibility": None if visibility == "visible" else visibility,
        "disabled": content.disabled or None,
    }


def _text(node: Node, _: Contents) -> str:
    return called("text", node.content.body, help=node.content.help or None, width=width(node))


def _markdown(node: Node, _: Contents) -> str:
    content = node.content
    kind = content.Type.Name(content.element_type)
    if kind == "DIVIDER":
        return called("divider")
    function = {"CAPTION": "caption", "NATIVE": "markdown"}[kind]
    allowed = True if content.allow_html else None
    return called(function, content.body, help=content.help or None, width=width(node), unsafe_allow_html=allowed)


def _heading(node: Node, _: Contents) -> str:
    content = node.content
    anchor = False if content.hide_anchor else None
    return called(HEADINGS[content.tag], content.body, anchor=anchor, help=content.help or None)


def _alert(node: Node, _: Contents) -> str:
    content = node.content
    return called(content.Format.Name(content.format).lower(), content.body, icon=content.icon or None)


def _html(node: Node, _: Contents) -> str:
    return called("html", node.content.body)


def _code(node: Node, _: Contents) -> str:
    return called("code", node.content.code_text, language=node.content.language)


def _progress(node: Node, _: Contents) -> str:
    return called("progress", node.content.value, node.content.text or None)


def _space(_: Node, __: Contents) -> str:
    return called("space")


def _metric(node: Node, _: Contents) -> str:
    content = node.content
    return called(
        "metric", content.label, content.body, content.delta or None,
        delta_color=content.MetricColor.Name(content.color).lower() if content.delta else None,
        help=content.help or None, border=content.show_border or None, icon=content.icon or None,
        delta_description=content.delta_description or None, width=width(node), height=height(node),
    )  # fmt: skip


def _plotly_chart(node: Node, contents: Contents) -> str:
    content = node.content
    selection = {"on_select": "rerun", "selection_mode": "points"} if content.selection_mode else {}
    return called(
        "plotly_chart", contents.figure(content.spec), config=json.loads(content.config), key=contents.key(),
        alt=content.alt or None, width=width(node), height=height(node), theme=content.theme or None, **selection,
    )  # fmt: skip


def _dataframe(node: Node, contents: Contents) -> str:
    content = node.content
    if content.HasField("lazy_data"):
        raise NotImplementedError("how to make a plain table that is read piece by piece is not written yet")
    return called(
        "dataframe", contents.table(content.arrow_data.data), column_config=_column_config(content, contents),
        column_order=list(content.column_order) or None, row_height=content.row_height or None, key=contents.key(),
        placeholder=content.placeholder or None, alt=content.alt or None, width=width(node), height=height(node),
    )  # fmt: skip


def _column_config(content: Any, contents: Contents) -> dict[str, Any] | None:
    """The configuration as it travels is the one that is taken. The keys of a page's buttons are their own."""
    config: dict[str, Any] = json.loads(content.columns) if content.columns else {}
    for column in config.values():
        of_type = column.get("type_config") or {}
        if of_type.get("type") == "button":
            for name in [name for name in of_type if "widget" in name or name == "id"]:
                del of_type[name]
            of_type["key"] = contents.key()
    return config or None


def _button(node: Node, contents: Contents) -> str:
    content = node.content
    function = "form_submit_button" if content.is_form_submitter else "button"
    return called(
        function, content.label, key=contents.key(), help=content.help or None, type=content.type or None,
        icon=content.icon or None, disabled=content.disabled or None, width=width(node),
    )  # fmt: skip


def _download_button(node: Node, contents: Contents) -> str:
    content = node.content
    if not content.deferred_file_id and not content.disabled:
        raise NotImplementedError("a plain download of bytes made beforehand is not written yet")
    return called(
        "download_button", content.label, Named("bytes"), key=contents.key(), help=content.help or None,
        type=content.type or None, icon=content.icon or None, disabled=content.disabled or None, width=width(node),
        on_click="ignore" if content.ignore_rerun else None,
    )  # fmt: skip


def _link_button(node: Node, contents: Contents) -> str:
    content = node.content
    return called("link_button", content.label, content.url, key=contents.key(), icon=content.icon or None)


def _menu_button(node: Node, contents: Contents) -> str:
    content = node.content
    return called("menu_button", content.label, list(content.options), key=contents.key(), icon=content.icon or None)


def _page_link(node: Node, _: Contents) -> str:
    content = node.content
    return called(
        "page_link", Named("THIS_PAGE"), label=content.label, icon=content.icon or None, help=content.help or None,
        query_params=dict(parse_qsl(content.query_string)) or None, width=width(node),
    )  # fmt: skip


def _button_group(node: Node, contents: Contents) -> str:
    content = node.content
    options = [option.content for option in content.options]
    chosen = [options[index] for index in content.default]
    single = content.click_mode == content.SINGLE_SELECT
    return called(
        content.Style.Name(content.style).lower(), content.label, options,
        default=(chosen[0] if chosen else None) if single else chosen, selection_mode=None if single else "multi",
        required=content.required or None, key=contents.key(), width=width(node), **_label(content),
    )  # fmt: skip


def _date_input(node: Node, contents: Contents) -> str:
    content = node.content
    days = list(content.default)
    return called(
        "date_input", content.label, days if content.is_range else (days[0] if days else None),
        min_value=content.min, max_value=content.max, format=content.format, key=contents.key(), width=width(node),
        **_label(content),
    )  # fmt: skip


def _multiselect(node: Node, contents: Contents) -> str:
    content = node.content
    options = list(content.options)
    return called(
        "multiselect", content.label, options, [options[index] for index in content.default], key=contents.key(),
        placeholder=content.placeholder or None, max_selections=content.max_selections or None, **_label(content),
    )  # fmt: skip


def _selectbox(node: Node, contents: Contents) -> str:
    content = node.content
    index = content.default if content.HasField("default") else Named("None")
    return called(
        "selectbox", content.label, list(content.options), index, key=contents.key(), width=width(node),
        placeholder=content.placeholder or None, **_label(content),
    )  # fmt: skip


def _radio(node: Node, contents: Contents) -> str:
    content = node.content
    index = content.default if content.HasField("default") else Named("None")
    return called(
        "radio", content.label, list(content.options), index, key=contents.key(), horizontal=content.horizontal,
        **_label(content),
    )  # fmt: skip


def _checkbox(node: Node, contents: Contents) -> str:
    content = node.content
    function = "toggle" if content.type == content.TOGGLE else "checkbox"
    return called(function, content.label, content.default, key=contents.key(), width=width(node), **_label(content))


def _number_input(node: Node, contents: Contents) -> str:
    content = node.content
    number = int if content.data_type == content.INT else float
    return called(
        "number_input", content.label, number(content.min) if content.has_min else None,
        number(content.max) if content.has_max else None,
        number(content.default) if content.HasField("default") else None, number(content.step),
        format=content.format or None, key=contents.key(), width=width(node), **_label(content),
    )  # fmt: skip


def _slider(node: Node, contents: Contents) -> str:
    content = node.content
    number = int if content.data_type == content.INT else float
    if content.type == content.SELECT_SLIDER:
        options = list(content.options)
        chosen = tuple(options[int(index)] for index in content.default)
        value = chosen[0] if len(chosen) == 1 else chosen
        return called("select_slider", content.label, options, value, key=contents.key(), **_label(content))
    chosen = tuple(number(each) for each in content.default)
    return called(
        "slider", content.label, number(content.min), number(content.max), chosen[0] if len(chosen) == 1 else chosen,
        number(content.step), format=content.format or None, key=contents.key(), width=width(node), **_label(content),
    )  # fmt: skip


def _text_input(node: Node, contents: Contents) -> str:
    content = node.content
    return called(
        "text_input", content.label, content.default, key=contents.key(), max_chars=content.max_chars or None,
        placeholder=content.placeholder or None, icon=content.icon or None, width=width(node), **_label(content),
    )  # fmt: skip


def _pagination(node: Node, contents: Contents) -> str:
    content = node.content
    return called("pagination", content.num_pages, max_visible_pages=content.max_visible_pages, key=contents.key())


ELEMENTS: dict[str, Callable[[Node, Contents], str]] = {
    "alert": _alert,
    "button": _button,
    "button_group": _button_group,
    "checkbox": _checkbox,
    "code": _code,
    "dataframe": _dataframe,
    "date_input": _date_input,
    "download_button": _download_button,
    "heading": _heading,
    "html": _html,
    "link_button": _link_button,
    "markdown": _markdown,
    "menu_button": _menu_button,
    "metric": _metric,
    "multiselect": _multiselect,
    "number_input": _number_input,
    "page_link": _page_link,
    "pagination": _pagination,
    "plotly_chart": _plotly_chart,
    "progress": _progress,
    "radio": _radio,
    "selectbox": _selectbox,
    "slider": _slider,
    "space": _space,
    "text": _text,
    "text_input": _text_input,
}
