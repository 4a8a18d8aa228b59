"""What a running app asks its database, read from the server's own log."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from mastery_core.database.server import LOG

BEGINS = "asked> "
SETTLE_SECONDS = 0.2
CALL = re.compile(r'execute \S+: select "public"\."(\w+)"\((.*)\)$', re.DOTALL)
NAMED = re.compile(r'"(\w+)" => \$(\d+)')
PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
ARGUMENT_TYPES = """
select argument.name, argument.type::regtype::text
from pg_catalog.pg_proc p cross join unnest(p.proargnames[1 : p.pronargs], p.proargtypes) as argument (name, type)
where p.pronamespace = 'public'::regnamespace and p.proname = %s
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function in ``public``, with the arguments it was given."""

    function: str
    arguments: dict[str, Any]


def asked_during(act: Callable[[], object], home: Path, connection: psycopg.Connection) -> list[Call]:
    """The calls that reached the database of ``home`` while ``act`` ran, in their order. ``connection`` is the owner's."""
    _log(connection, "all")
    try:
        path = home / LOG
        start = path.stat().st_size
        act()
        time.sleep(SETTLE_SECONDS)
        logged = path.read_bytes()[start:].decode()
    finally:
        _log(connection, None)
    found = _calls(logged)
    return [Call(function, _as_python(connection, function, texts)) for function, texts in found]


def _log(connection: psycopg.Connection, statements: str | None) -> None:
    for name, value in (("log_line_prefix", BEGINS), ("log_statement", statements)):
        if statements is None:
            connection.execute(sql.SQL("alter system reset {}").format(sql.Identifier(name)))
        else:
            connection.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value)))
    connection.execute("select pg_reload_conf()")
    time.sleep(SETTLE_SECONDS)


def _calls(logged: str) -> list[tuple[str, dict[str, str | None]]]:
    """Functions and the texts of their arguments. A line that continues another begins with a tab."""
    calls = []
    entries = [entry.replace("\n\t", "\n").rstrip("\n") for entry in logged.split(BEGINS)]
    for entry, after in pairwise(entries):
        if (call := CALL.search(entry)) is None:
            continue
        values = {number: _text(quoted) for number, quoted in PARAMETER.findall(after)}
        calls.append((call[1], {name: values[number] for name, number in NAMED.findall(call[2])}))
    return calls


def _text(quoted: str) -> str | None:
    return None if quoted == "NULL" else quoted[1:-1].replace("''", "'")


def _as_python(connection: psycopg.Connection, function: str, texts: dict[str, str | None]) -> dict[str, Any]:
    """The arguments as psycopg gives values of their types."""
    if not texts:
        return {}
    types = dict(connection.execute(ARGUMENT_TYPES, [function]).fetchall())
    casts = sql.SQL(", ").join(sql.SQL("%s::" + types[name]) for name in texts)
    row = connection.execute(sql.SQL("select {}").format(casts), list(texts.values())).fetchone()
    return dict(zip(texts, row or (), strict=True))
