"""What all screens of a researcher share: one selection in the address, what it holds, and how its figures are cited, reproduced and taken along."""

import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from plotly.offline import get_plotlyjs
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from mastery_core.concept import concept_id
from mastery_core.database import Database, EmbeddedDatabase
from mastery_core.errors import InvalidInput, NotAllowed
from mastery_core.identity.installation import extract_folder
from mastery_core.research.commands import app as commands
from mastery_core.research.extract import read_manifest
from mastery_core.research.findings import MEASURES
from mastery_core.research.selection import Selection
from mastery_core.research_service import ResearchService
from pages.researcher.explained import view as explained
from tests.pages.conftest import LEARNERS, Classroom, Offered, Rows
from tests.pages.reading import everything, links, said

# The screens, by file, and the measure that each is of.
SCREENS = {
    "velocity": "velocity", "learning_curves": "curves", "time_to_mastery": "time-to-mastery", "retention": "retention",
    "calibration": "calibration",
}  # fmt: skip
OF_ALL = [("Mean", outcome, day) for day, outcome in enumerate(("correct", "incorrect", "correct", "correct"), start=3)]
OF_ALL += [("It's 5 > 4", "correct", 2.0), ("It's 5 > 4", "incorrect", 1.0)]
ALONE = ("Of one alone", "correct", 1.5)
pytestmark = pytest.mark.usefixtures("nothing_extracted")
Screen = Callable[..., AppTest]
Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def extracted(researcher_of: Callable[..., str], import_row: Callable[..., dict[str, object]]) -> str:
    """A researcher with an extract of learners who did alike, of whom one did something alone."""
    now = datetime.now(UTC)

    def rows() -> Rows:
        return [
            import_row(learner, concept, outcome, now - timedelta(days=days))
            for number, learner in enumerate(str(uuid4()) for _ in range(LEARNERS))
            for concept, outcome, days in [*OF_ALL, *([ALONE] if number == 0 else [])]
        ]

    return researcher_of("alike", rows)


def opened(screen: Screen, researcher: str, name: str, **parameters: str | list[str]) -> AppTest:
    return screen(researcher, f"researcher/{name}.py", **parameters)


def command(app: AppTest) -> list[str]:
    """The words of the command line at the end of the screen."""
    *_, line = [each.value for each in app.code if each.value.startswith(explained.PROGRAM)]
    return shlex.split(line)


def chosen(app: AppTest, name: str) -> Any:
    return app.session_state[f"{name}_choice"]


@pytest.mark.parametrize("name", SCREENS)
def test_without_an_extract_a_screen_says_what_to_do(screen: Screen, researcher: str, name: str) -> None:
    app = opened(screen, researcher, name)
    assert "There is none yet" in said(app)
    assert links(app) == ["Make an extract"]
    assert not app.multiselect
    assert not app.metric


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_says_how_much_is_selected_and_gives_the_command_line(
    screen: Screen, extracted: str, name: str
) -> None:
    app = opened(screen, extracted, name)
    assert f"**480 events** of **{LEARNERS} learners** selected." in said(app)
    assert command(app)[:6] == ["python", "-m", "mastery_core", "research", SCREENS[name], "DIR"]
    assert not {"--cohort", "--concept", "--from", "--to", "--minimum"} & set(command(app))
    manifest = read_manifest(extract_folder())
    assert f"schema version {manifest.schema_version}, fingerprint {manifest.fingerprint()[:16]}" in said(app)


@pytest.mark.parametrize("name", SCREENS)
def test_what_one_learner_did_alone_is_nowhere(screen: Screen, extracted: str, name: str) -> None:
    app = opened(screen, extracted, name)
    assert ALONE[0] not in everything(app)
    assert not any(ALONE[0] in option for option in app.multiselect(key="on_concepts_choice").options)
    assert "how much that is would tell of them" in said(app)


@pytest.mark.parametrize("name", SCREENS)
def test_the_address_holds_the_selection(screen: Screen, extracted: str, name: str) -> None:
    concept = OF_ALL[-1][0]
    app = opened(screen, extracted, name, on_concepts=concept_id(concept))
    assert chosen(app, "on_concepts") == [concept_id(concept)]
    assert f"**160 events** of **{LEARNERS} learners** selected." in said(app)
    assert command(app)[6:8] == ["--concept", concept]
    app = app.multiselect(key="on_concepts_choice").unselect(concept_id(concept)).run()
    assert "on_concepts" not in app.query_params
    assert "**480 events**" in said(app)
    app = app.multiselect(key="on_concepts_choice").select(concept_id("Mean")).run()
    assert app.query_params["on_concepts"] in (concept_id("Mean"), [concept_id("Mean")])
    assert "**320 events**" in said(app)


def test_links_carry_the_selection_to_the_other_screens(screen: Screen, extracted: str) -> None:
    both = [concept_id("Mean"), concept_id(OF_ALL[-1][0])]
    app = opened(screen, extracted, "velocity", on_concepts=both, minimum="3")
    queries = [link.proto.query_string for link in app.sidebar.get("page_link")]
    assert len(queries) == len(SCREENS) + 3, "Data, Profile and Help too"
    for query in queries:
        assert all(f"on_concepts={each}" in query for each in both)
        assert "minimum=3" in query


def test_the_menu_has_the_screens_in_order(screen: Screen, researcher: str) -> None:
    app = screen(researcher, "researcher/data.py")
    labels = [link.proto.label for link in app.sidebar.get("page_link")]
    assert labels[:6] == ["Velocity", "Learning curves", "Time to mastery", "Retention", "Calibration", "Data"]


def test_where_nothing_is_left_everything_can_be_selected_again(screen: Screen, extracted: str) -> None:
    app = opened(screen, extracted, "velocity", minimum="20")
    assert "Nothing is left of this selection" in app.info[0].value
    [button] = [each for each in app.button if each.label == "Select everything"]
    app = button.click().run()
    assert "minimum" not in app.query_params
    assert "**480 events**" in said(app)


def test_what_the_address_asks_for_in_vain_is_told(screen: Screen, extracted: str) -> None:
    app = opened(screen, extracted, "velocity", on_concepts=concept_id(ALONE[0]))
    assert app.info[0].value == explained.UNKNOWN
    assert "**480 events**" in said(app)


@pytest.mark.parametrize(
    ("spoil", "said_of_it"), [(Path.unlink, "is missing"), (lambda file: file.write_bytes(b"PAR1"), "is damaged")]
)
def test_a_file_that_cannot_be_read_is_named_with_a_way_on(
    screen: Screen, extracted: str, spoil: Callable[[Path], object], said_of_it: str
) -> None:
    file = next(extract_folder().rglob("*.parquet"))
    spoil(file)
    app = opened(screen, extracted, "velocity")
    assert said_of_it in app.error[0].value
    assert file.name in app.error[0].value.replace("\\", "")
    assert "Look at the extract" in links(app)
    assert not app.metric


def test_nobody_else_has_a_screen_or_a_figure(
    screen: Screen, extracted: str, classroom: Callable[..., Classroom], database: EmbeddedDatabase
) -> None:
    others = classroom(("Maya Okafor", OF_ALL))
    for someone in (others.teacher, others.learners[0]):
        app = screen(someone, "researcher/velocity.py")
        assert app.title[0].value != "Velocity"
        service = ResearchService(database.acting_as(someone), extract_folder())
        for ask in (
            service.choices,
            lambda service=service: service.found(Selection()),
            lambda service=service: service.tables("velocity", Selection()),
            lambda service=service: service.proposal(Selection()),
        ):
            with pytest.raises(NotAllowed):
                ask()


def test_who_is_a_researcher_no_more_sees_nothing_that_was_kept(
    screen: Screen, extracted: str, service: Database
) -> None:
    app = opened(screen, extracted, "velocity")
    service.call("grant_role", person=extracted, role="student")
    app = app.run()
    assert "**480 events**" not in said(app)


def test_a_service_without_an_extract_says_so(researcher: str, database: EmbeddedDatabase) -> None:
    service = ResearchService(database.acting_as(researcher), extract_folder())
    for ask in (service.choices, lambda: service.tables("velocity", Selection())):
        with pytest.raises(InvalidInput, match="There is no extract"):
            ask()


@pytest.mark.parametrize("name", SCREENS)
def test_the_command_line_holds_what_the_screen_does(screen: Screen, extracted: str, name: str) -> None:
    app = opened(screen, extracted, name, on_concepts=concept_id(OF_ALL[-1][0]))
    words = [str(extract_folder()) if word == "DIR" else word for word in command(app)]
    done = CliRunner().invoke(commands, [*words[4:], "--json"])
    assert done.exit_code == 0, done.output
    answer = orjson.loads(done.stdout)
    assert f"**{answer['events']:,} events** of **{answer['learners']} learners**" in said(app)


def test_a_command_line_is_one_that_a_shell_reads() -> None:
    selection = Selection(("a", "b"), ("It's 5 > 4; rm -rf $HOME",), "2026-03", "2026-05", 5)
    words = shlex.split(explained.command_line("velocity", selection, ("cohort",)))
    assert words[5:] == [
        "DIR", "--cohort", "a", "--cohort", "b", "--concept", selection.concepts[0], "--from", "2026-03", "--to", "2026-05",
        "--minimum", "5", "--by", "cohort",
    ]  # fmt: skip
    assert "--from" not in explained.command_line("refit", selection)


@pytest.mark.parametrize("name", SCREENS)
def test_each_figure_is_taken_along_as_csv_and_as_a_document_that_loads_nothing(
    screen: Screen, extracted: str, offered: Offered, name: str
) -> None:
    app = opened(screen, extracted, name)
    documents = [label for label in offered if label.endswith(" as HTML")]
    assert bool(documents) == bool(app.get("plotly_chart"))
    for label in documents:
        file, make = offered[label]
        html = make().decode().replace(get_plotlyjs(), "")
        assert file.endswith(".html")
        assert not re.search(r"\bsrc=|<link|@import", html)
        assert f"480 events of {LEARNERS} learners selected." in html
        assert offered[label.replace(" as HTML", " as CSV")][1]()


def test_the_screens_are_of_all_measures() -> None:
    assert sorted(SCREENS.values()) == sorted(MEASURES)
