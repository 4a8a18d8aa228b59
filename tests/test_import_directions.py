"""Arrows point down only: dashboard, pages, services, rules and database. Read from the imports themselves."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RULES = (
    "attention", "comparison", "concept", "curve", "decay", "gaps", "insights", "intervals", "likeness", "mail_line", "model", "placing", "reasons",
    "reckoning", "recording", "review_plan", "rhythm", "roster", "standing", "streaks", "trend", "usual_session", "velocity", "what_if",
)  # fmt: skip
SERVICES = ("mastery_service", "cohort_service", "cohort_keeping", "digest", "research", "research_service")
# What screens ask about files; the readers behind it are none of theirs.
OF_SCREENS = {"__init__", "jobs", "practice_import", "shape"}
EDGES = ("charts", "database", "identity", "ingest", "api")


def named(*names: str) -> tuple[str, ...]:
    return tuple(f"mastery_core.{name}" for name in names)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Every module that a file imports, wherever in it: also of ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if called in {"import_module", "__import__", "run_module"}:
                yield from (str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant))


def files(*places: str) -> list[Path]:
    found = [ROOT / place if place.endswith(".py") else sorted((ROOT / place).rglob("*.py")) for place in places]
    return [path for each in found for path in (each if isinstance(each, list) else [each]) if path.exists()]


def offences(paths: list[Path], forbidden: tuple[str, ...]) -> list[str]:
    """Where a file imports a forbidden module or something inside it."""
    assert paths, "there is nothing to check"
    found = []
    for path in paths:
        package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
        found += [
            f"{path.relative_to(ROOT)} imports {name}"
            for name in imported(ast.parse(path.read_text(encoding="utf-8")), package)
            if any(name == module or name.startswith(f"{module}.") for module in forbidden)
        ]
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import streamlit.testing as t, os", {"streamlit.testing", "os"}),
        ("def f():\n    from plotly import graph_objects", {"plotly", "plotly.graph_objects"}),
        ("from . import charts", {"mastery_core.identity", "mastery_core.identity.charts"}),
        ("from .. import charts", {"mastery_core", "mastery_core.charts"}),
        ("from ..charts.figure import drawn", {"mastery_core.charts.figure", "mastery_core.charts.figure.drawn"}),
        ("import importlib\nimportlib.import_module('plotly.io')", {"importlib", "plotly.io"}),
    ],
)
def test_every_way_to_import_is_seen(source: str, expected: set[str]) -> None:
    assert set(imported(ast.parse(source), "mastery_core.identity")) == expected


def test_the_core_imports_no_screen() -> None:
    assert offences(files("mastery_core"), ("streamlit", "pages", "dashboard", "benchmarks", "tests")) == []


def test_only_charts_import_plotly() -> None:
    inside = set(files("mastery_core/charts"))
    others = [path for path in files("mastery_core", "pages", "dashboard.py") if path not in inside]
    assert offences(others, ("plotly",)) == []
    assert offences(sorted(inside), ("plotly",)), "charts draw with plotly"


def test_only_the_database_imports_a_driver() -> None:
    inside = set(files("mastery_core/database"))
    others = [path for path in files("mastery_core", "pages", "dashboard.py") if path not in inside]
    assert offences(others, ("psycopg", "psycopg_pool", "postgrest", "supabase")) == []


def test_the_database_knows_neither_rules_nor_services_nor_screens() -> None:
    others = tuple(edge for edge in EDGES if edge != "database")
    assert offences(files("mastery_core/database"), named(*RULES, *SERVICES, *others)) == []


def test_rules_know_numbers_alone() -> None:
    rules = files(*(f"mastery_core/{rule}.py" for rule in RULES))
    assert offences(rules, (*named(*SERVICES, *EDGES), "psycopg", "orjson")) == []
    assert len(rules) == len(RULES)


def test_services_know_no_way_in_or_out() -> None:
    services = files(*(f"mastery_core/{service}.py" for service in SERVICES), "mastery_core/research")
    known = ("database.embedded", "database.server", "database.migrations", "charts", "identity", "ingest", "api")
    assert offences(services, named(*known)) == []


def test_charts_know_rules_and_no_data() -> None:
    others = tuple(edge for edge in EDGES if edge != "charts")
    assert offences(files("mastery_core/charts"), (*named(*SERVICES, *others), "orjson")) == []


def test_identity_and_ingest_know_neither_charts_nor_services_nor_each_other() -> None:
    assert offences(files("mastery_core/identity"), named("charts", "ingest", *SERVICES)) == []
    assert offences(files("mastery_core/ingest"), named("charts", "identity", "api", *SERVICES)) == []


def test_pages_ask_services_and_draw_with_charts() -> None:
    readers = [f"ingest.{path.stem}" for path in files("mastery_core/ingest") if path.stem not in OF_SCREENS]
    below = named("database.embedded", "database.server", "database.migrations", *readers, "api")
    assert offences(files("pages"), (*below, "plotly", "psycopg", "sqlite3")) == []


def test_pages_hold_no_sql() -> None:
    statement = re.compile(r"\s*(select|insert|update|delete|with)\b.+\b(from|into|set|as)\b", re.DOTALL)
    found = []
    for path in files("pages"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and statement.match(node.value):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.value[:40]!r}")
            elif isinstance(node, ast.Attribute) and node.attr in {"execute", "executemany"}:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} .{node.attr}")
    assert found == []
