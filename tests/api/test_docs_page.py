"""``docs/api.md`` is true: its commands work as they stand, and it leaves out no address."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from mastery_core.api.app import create_api
from mastery_core.database import EmbeddedDatabase
from mastery_core.identity.bearer import EmbeddedCallers
from mastery_core.identity.local_tokens import LocalTokens
from tests.api.door import Door, served

HERE = Path(__file__).resolve().parents[2]
PAGE = (HERE / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_address_is_on_the_page_and_no_other(embedded_api: Door) -> None:
    document = embedded_api.nobody().get("/openapi.json").json()
    there = {f"{method.upper()} /api{path}" for path, item in document["paths"].items() for method in item}
    named = {address.replace("{id}", "{session_id}") for address in re.findall(r"`((?:GET|POST) /api[^`]*)`", PAGE)}
    assert named == there


def test_every_status_that_is_explained_exists(embedded_api: Door) -> None:
    document = embedded_api.nobody().get("/openapi.json").json()
    there = {
        int(status) for item in document["paths"].values() for each in item.values() for status in each["responses"]
    }
    told = {
        int(status) for line in re.findall(r"^\| ([45]\d\d[^|]*)\|", PAGE, re.MULTILINE) for status in line.split(",")
    }
    assert told == {status for status in there if status >= 400} - {500}


@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("bash"), reason="there is no curl here")
def test_the_commands_work_as_they_stand(database: EmbeddedDatabase, me: str, tmp_path: Path, query: Any) -> None:
    (commands,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    callers = EmbeddedCallers(lambda: database, LocalTokens(database.server.home))
    with served(create_api(lambda: callers, database.ping)) as url:
        script = commands.replace("http://localhost:8501/api", url).replace(".venv/bin/python", sys.executable)
        environment = os.environ | {"MASTERY_HOME": str(database.server.home), "PERSON": me}
        done = subprocess.run(
            ["bash", "-euc", script], cwd=HERE, env=environment, capture_output=True, text=True, check=True
        )
    recorded, standing = orjson.loads("[" + done.stdout.replace("}{", "},{") + "]")
    assert recorded["updates"][0]["repeated"] is False
    assert standing["concepts"][0]["concept_tag"] == "standard deviation"
    assert len(query("select 1 from interactions where student_id = %(me)s", me=me)) == 1
