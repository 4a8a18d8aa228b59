"""The Import screen: a file is chosen, looked at, checked, imported and undone."""

import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from mastery_core.cohort_keeping import CohortKeeping
from mastery_core.cohort_service import CohortService
from mastery_core.database import EmbeddedDatabase
from mastery_core.errors import InvalidInput, Unavailable
from mastery_core.ingest.jobs import jobs
from mastery_core.ingest.practice_import import PracticeImport
from pages.links import WORD_JOINER
from tests.pages.conftest import Classroom, Offered
from tests.pages.reading import figures, links, markup, opened_as_csv, opened_as_excel, said, table
from tests.pages.test_every_number_is_explained import unexplained

Make = Callable[..., Classroom]
Screen = Callable[..., AppTest]
Query = Callable[..., list[dict[str, Any]]]

IMPORT = "instructor/practice_import.py"
SECONDS = 60
HOSTILE = "../../<b>x</b> **y** :red[z] $a$ www.x.org [l](http://x.org) `c`.csv"
HEADER = "learner,concept,outcome,at"
CSV = f"""{HEADER}
Bo Mid,Sampling,correct,2026-09-14 09:02:11
Bo Mid,Sampling,incorrect,2026-09-14 09:03:11
Ann Lee,Bayes,1,2026-09-14 09:04:11
Ann Lee,,1,2026-09-14 09:05:11
"""
DATASHOP = """Anon Student Id\tSession Id\tTime\tOutcome\tKC (Default)\tKC (Cluster)
Stu_1\tS1\t2015-11-02 19:49:38\tCORRECT\tq1\tMean
Stu_1\tS1\t2015-11-02 19:50:38\tHINT\tq2\tMean
Stu_2\tS2\t2015-11-02 19:51:38\tINCORRECT\tq1\tMode
"""


@pytest.fixture
def of_one(classroom: Make) -> Classroom:
    """Bo Mid, who has practised Sampling once."""
    return classroom(("Bo Mid", [("Sampling", "correct", 3.0)]))


@pytest.fixture
def open_import(screen: Screen) -> Callable[..., AppTest]:
    """The screen of a classroom as its instructor gets it."""

    def show(of: Classroom, *, timezone: str = "UTC", **address: str) -> AppTest:
        return screen(of.teacher, IMPORT, timezone=timezone, **({"cohort": of.cohort} | address))

    return show


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A job that checks or imports waits halfway until the gate is opened, or the job cancelled."""
    is_open: list[bool] = []

    def waiting(work: Callable[..., Any]) -> Callable[..., Any]:
        def slow(self: PracticeImport, *what: Any, on_progress: Callable[[int, int], None], **named: Any) -> Any:
            def step(done: int, total: int) -> None:
                on_progress(total // 2, total)
                while not is_open:
                    on_progress(total // 2, total)
                    time.sleep(0.01)
                on_progress(done, total)

            return work(self, *what, on_progress=step, **named)

        return slow

    monkeypatch.setattr(PracticeImport, "check", waiting(PracticeImport.check))
    monkeypatch.setattr(PracticeImport, "run", waiting(PracticeImport.run))
    yield lambda: is_open.append(True)
    is_open.append(True)


def upload(app: AppTest, text: str | bytes = CSV, name: str = "practice.csv") -> AppTest:
    content = text.encode() if isinstance(text, str) else text
    app.file_uploader(key="practice_file").set_value((name, content, "text/csv"))
    return well(app.run())


def press(app: AppTest, key: str) -> AppTest:
    """Press a button, and wait for the job that it begins."""
    app.button(key=key).click().run()
    return ended(app)


def ended(app: AppTest) -> AppTest:
    wait_for(app)
    return well(app.run())


def wait_for(app: AppTest) -> None:
    until, job = time.monotonic() + SECONDS, jobs.of(app.user["sub"])
    while job is not None and not job.is_over:
        assert time.monotonic() < until
        time.sleep(0.01)


def well(app: AppTest) -> AppTest:
    assert not app.exception, app.exception[0].message
    return app


def checked(app: AppTest) -> AppTest:
    return press(app, "practice_check")


def imported(app: AppTest) -> AppTest:
    return press(checked(app), "practice_import")


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button if button.key}


def notices(app: AppTest) -> str:
    return "\n".join(each.value for each in (*app.error, *app.info, *app.warning, *app.success)).replace("\\", "")


def choice(app: AppTest, what: str) -> Any:
    """A selectbox of the reading, by the beginning of its key."""
    [found] = [box for box in app.selectbox if (box.key or "").startswith(f"practice_{what}_")]
    return found


def answers(query: Query, cohort: str) -> int:
    [row] = query(
        "select count(*) from interactions join cohort_members on user_id = student_id where cohort_id = %(cohort)s", cohort=cohort
    )  # fmt: skip
    return int(row["count"])


def people(query: Query, cohort: str) -> set[str]:
    rows = query(
        "select display_name from cohort_members join profiles on id = user_id where cohort_id = %(cohort)s and role = 'student'",
        cohort=cohort,
    )
    return {row["display_name"] for row in rows}


def test_somebody_without_a_cohort_is_told_what_to_do(screen: Screen, person: Callable[[], str], service: Any) -> None:
    teacher = person()
    service.call("grant_role", person=teacher, role="instructor")
    app = screen(teacher, IMPORT)
    assert "No cohort yet" in said(app)
    assert not app.get("file_uploader")


def test_another_ones_cohort_is_not_found(classroom: Make, open_import: Callable[..., AppTest]) -> None:
    mine, other = classroom(("A", [])), classroom(("B", []))
    app = open_import(mine, cohort=other.cohort)
    assert "no such cohort" in notices(app)
    assert not app.get("file_uploader")


def test_before_a_file_is_chosen_the_screen_says_which_and_shows_one(
    of_one: Classroom, open_import: Callable[..., AppTest]
) -> None:
    app = open_import(of_one)
    assert "DataShop" in said(app)
    assert "ASSISTments" in said(app)
    assert app.file_uploader(key="practice_file").allowed_type == [".csv", ".tsv", ".txt", ".gz"]
    assert "Example as CSV" in {button.proto.label for button in app.get("download_button")}
    assert "Nothing has come into this cohort" in said(app)
    assert "practice_check" not in keys(app)


def test_the_example_can_be_imported_as_it_is(
    of_one: Classroom, open_import: Callable[..., AppTest], query: Query
) -> None:
    example = open_import(of_one).code[0].value
    app = imported(upload(open_import(of_one), example))
    assert "4 answers** of **2 learners**, 2 of them new" in notices(app)
    assert {"Ann Lee", "Bo Chen", "Bo Mid"} == people(query, of_one.cohort)


def test_the_columns_of_a_table_are_guessed_and_its_first_rows_shown(
    of_one: Classroom, open_import: Callable[..., AppTest]
) -> None:
    app = upload(open_import(of_one, timezone="Europe/Berlin"))
    assert choice(app, "format").value == "csv"
    assert [choice(app, what).value for what in ("learner", "concept", "outcome", "at")] == HEADER.split(",")
    assert [choice(app, what).value for what in ("session", "name", "id")] == ["", "", ""]
    assert choice(app, "zone").value == "Europe/Berlin"
    assert list(table(app)[0].values()) == CSV.splitlines()[1].split(",")
    assert app.dataframe[0].proto.alt
    assert not app.button(key="practice_check").disabled


def test_a_datashop_file_is_known_and_asks_for_its_concept_column(
    of_one: Classroom, open_import: Callable[..., AppTest]
) -> None:
    app = upload(open_import(of_one), gzip.compress(DATASHOP.encode()), "export.tsv.gz")
    assert choice(app, "format").value == "datashop"
    assert choice(app, "concept").options == ["KC (Default)", "KC (Cluster)"]
    assert app.button(key="practice_check").disabled
    choice(app, "concept").select("KC (Cluster)")
    app = well(app.run())
    order = [DATASHOP.partition("\n")[0].split("\t")[int(place)] for place in app.dataframe[0].proto.column_order]
    assert order[:4] == ["Anon Student Id", "KC (Cluster)", "Outcome", "Time"], "what is read comes first"
    app = checked(app)
    assert figures(app) == {"Rows": "3", "To import": "3", "There already": "0", "Learners": "2", "Concepts": "2"}


def test_a_format_that_was_guessed_can_be_changed(of_one: Classroom, open_import: Callable[..., AppTest]) -> None:
    app = upload(open_import(of_one), DATASHOP, "export.tsv")
    choice(app, "format").select("csv")
    well(app.run())
    for what, column in {"learner": "Anon Student Id", "concept": "KC (Cluster)", "outcome": "Outcome", "at": "Time"}.items():  # fmt: skip
        choice(app, what).select(column)
    app = checked(app.run())
    assert figures(app)["To import"] == "3"


def test_a_check_says_what_an_import_would_do_and_changes_nothing(
    of_one: Classroom, open_import: Callable[..., AppTest], query: Query
) -> None:
    before = answers(query, of_one.cohort)
    app = checked(upload(open_import(of_one)))
    assert figures(app) == {"Rows": "4", "To import": "3", "There already": "0", "Learners": "2", "Concepts": "2"}
    assert "**1 row skipped**" in markup(app)
    assert "14 September 2026, 09:02" in said(app)
    _, skipped, learners, concepts, events = (table(app, number) for number in range(5))
    assert [(row["why"], row["rows"], row["line"]) for row in skipped] == [("no concept", 1, 5)]
    assert [(row["name"], row["known"], row["answers"]) for row in learners] == [
        ("Ann Lee", "will be made", 1), ("Bo Mid", "in the cohort", 2),
    ]  # fmt: skip
    assert [(row["concept"], row["answers"]) for row in concepts] == [("Sampling", 2), ("Bayes", 1)]
    assert [(row["learner"], row["concept"], row["outcome"]) for row in events] == [
        ("Bo Mid", "Sampling", "right answer"), ("Bo Mid", "Sampling", "wrong answer"), ("Ann Lee", "Bayes", "right answer"),
    ]  # fmt: skip
    assert "Import 3 answers of 2 learners" in {button.label for button in app.button}
    assert "Learners as CSV" in {button.proto.label for button in app.get("download_button")}
    assert unexplained(app) == []
    assert (answers(query, of_one.cohort), people(query, of_one.cohort)) == (before, {"Bo Mid"})


def test_times_without_a_zone_are_of_the_zone_that_is_chosen(
    of_one: Classroom, open_import: Callable[..., AppTest]
) -> None:
    app = upload(open_import(of_one))
    choice(app, "zone").select("Asia/Tokyo")
    app = checked(app.run())
    assert "14 September 2026, 00:02" in said(app)


def test_a_file_that_cannot_be_read_names_the_place_and_loses_nothing(
    of_one: Classroom, open_import: Callable[..., AppTest]
) -> None:
    app = upload(open_import(of_one), CSV.replace(",1,", ",perhaps,", 1))
    app = checked(app)
    assert "practice.csv, line 4, column 'outcome'" in notices(app).replace(WORD_JOINER, "")
    assert "practice_import" not in keys(app)
    assert choice(app, "learner").value == "learner"
    choice(app, "outcome").select("concept")
    app = checked(app.run())
    assert "line 2, column 'concept'" in notices(app)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "header was expected"),
        (b"PK\x03\x04....", "a zip archive or a spreadsheet"),
        (b"\x1f\x8b\x08", "gzip file is"),
        (b"a\0b\n", "binary file"),
        (f"{HEADER}\nonly,two\n".encode(), "line 2"),
    ],
)
def test_what_is_no_table_of_text_is_refused_where_it_was_chosen(
    of_one: Classroom, open_import: Callable[..., AppTest], content: bytes, sentence: str
) -> None:
    app = upload(open_import(of_one), content)
    assert sentence in notices(app)
    assert "practice_check" not in keys(app)


def test_another_reading_or_another_file_makes_a_check_void(
    of_one: Classroom, open_import: Callable[..., AppTest]
) -> None:
    app = checked(upload(open_import(of_one)))
    choice(app, "zone").select("Asia/Tokyo")
    app = well(app.run())
    assert "practice_import" not in keys(app)
    assert "check again" in notices(app)
    choice(app, "zone").select("UTC")
    assert "practice_import" in keys(well(app.run())), "as it was checked it stands again"
    app = upload(app, CSV + "Ann Lee,Bayes,0,2026-09-15 09:04:11\n")
    assert "practice_import" not in keys(app)
    assert "check again" in notices(app)


def test_an_import_brings_the_file_in_and_can_be_undone_at_once(
    of_one: Classroom, open_import: Callable[..., AppTest], query: Query
) -> None:
    before = answers(query, of_one.cohort)
    app = imported(upload(open_import(of_one)))
    assert "3 answers** of **2 learners**, 1 of them new" in notices(app)
    assert links(app) == ["Open the cohort", "Open the grid"]
    assert (answers(query, of_one.cohort), people(query, of_one.cohort)) == (before + 3, {"Bo Mid", "Ann Lee"})
    assert "✓ done" in said(app)
    assert not app.get("file_uploader"), "what was imported is out of the way"
    app.button(key="practice_undo_last").click().run()
    assert "What goes" in said(well(app))
    assert "What stays" in said(app)
    assert answers(query, of_one.cohort) == before + 3, "it was only asked"
    app = press(app, "practice_undo")
    assert "is undone: 3 answers removed" in notices(app)
    assert (answers(query, of_one.cohort), people(query, of_one.cohort)) == (before, {"Bo Mid"})
    assert "↶ undone" in said(app)


def test_what_is_kept_is_not_undone(of_one: Classroom, open_import: Callable[..., AppTest], query: Query) -> None:
    app = imported(upload(open_import(of_one)))
    app.button(key="practice_undo_last").click().run()
    app.button(key="practice_keep").click().run()
    assert "What goes" not in said(well(app))
    assert answers(query, of_one.cohort) == 4


def test_after_an_import_another_file_can_be_chosen_and_the_same_one_has_nothing_new(
    of_one: Classroom, open_import: Callable[..., AppTest]
) -> None:
    app = imported(upload(open_import(of_one)))
    app = press(app, "practice_another")
    app = checked(upload(app))
    assert (figures(app)["To import"], figures(app)["There already"]) == ("0", "3")
    assert "there is nothing to import" in notices(app)
    assert "practice_import" not in keys(app)


def test_a_running_check_shows_how_far_it_is_and_can_be_cancelled(
    of_one: Classroom, open_import: Callable[..., AppTest], gate: Callable[[], None]
) -> None:
    app = upload(open_import(of_one))
    app.button(key="practice_check").click().run()
    assert "Checking practice" in app.get("progress")[0].proto.text
    assert app.file_uploader(key="practice_file").proto.disabled
    assert choice(app, "learner").disabled
    assert "practice_check" not in keys(app)
    app = press(app, "practice_cancel")
    assert "The check was cancelled" in notices(app)
    gate()
    assert "practice_import" in keys(checked(app))


def test_a_cancelled_import_leaves_nothing(
    of_one: Classroom, open_import: Callable[..., AppTest], query: Query, gate: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    before = answers(query, of_one.cohort)
    many = HEADER + "".join(f"\nL{row % 50},Bayes,1,2026-09-14 09:{row // 60:02}:{row % 60:02}" for row in range(900))
    app = upload(open_import(of_one), many)
    app.button(key="practice_check").click().run()
    gate()
    app = ended(app)
    monkeypatch.setattr(PracticeImport, "run", cancelled_at_its_end(PracticeImport.run, app.user["sub"]))
    app.button(key="practice_import").click().run()
    app = ended(app)
    assert "everything that had come in was taken back" in notices(app)
    assert (answers(query, of_one.cohort), people(query, of_one.cohort)) == (before, {"Bo Mid"})
    assert "practice_import" in keys(app), "it can be imported still"
    assert "↶ undone" in said(app)


def cancelled_at_its_end(run: Callable[..., Any], owner: str) -> Callable[..., Any]:
    """An import that is cancelled when all of it has been sent."""

    def cancelled(self: PracticeImport, *what: Any, on_progress: Callable[[int, int], None], **named: Any) -> Any:
        def step(done: int, total: int) -> None:
            if done >= total:
                job = jobs.of(owner)
                assert job is not None
                job.cancel()
            on_progress(done, total)

        return run(self, *what, on_progress=step, **named)

    return cancelled


def test_an_import_that_fails_says_why_and_that_nothing_was_left(
    of_one: Classroom, open_import: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = checked(upload(open_import(of_one)))

    def fails(*_: Any, **__: Any) -> None:
        raise InvalidInput("The <b>cohort</b> is full.")

    monkeypatch.setattr(PracticeImport, "run", fails)
    app = press(app, "practice_import")
    assert "The <b>cohort</b> is full. Nothing of it was left behind." in notices(app)
    assert "<b>" not in markup(app)


def test_what_could_not_be_taken_back_is_said_and_can_be_undone_at_once(
    of_one: Classroom, open_import: Callable[..., AppTest], query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = checked(upload(open_import(of_one)))
    run = PracticeImport.run

    def breaks_off(self: PracticeImport, *what: Any, **named: Any) -> None:
        report = run(self, *what, **named)
        query("update imports set state = 'running', finished_at = null where id = %(id)s", id=report.import_id)
        raise Unavailable("The database cannot be reached.")

    monkeypatch.setattr(PracticeImport, "run", breaks_off)
    app = press(app, "practice_import")
    assert "The database cannot be reached. Not all of it could be taken back" in notices(app)
    [key] = [button.key for button in app.button if (button.key or "").startswith("practice_undo_")]
    app.button(key=key).click().run()
    app = press(app, "practice_undo")
    assert answers(query, of_one.cohort) == 1


def test_an_earlier_import_of_the_file_that_was_interrupted_is_not_taken_for_this_one(
    of_one: Classroom, open_import: Callable[..., AppTest], query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(upload(open_import(of_one)))
    query("update imports set state = 'running', finished_at = null where cohort_id = %(cohort)s", cohort=of_one.cohort)
    app = checked(upload(press(open_import(of_one), "practice_another"), CSV.replace("2026-09-14", "2026-09-15")))

    def fails(*_: Any, **__: Any) -> None:
        raise Unavailable("The database cannot be reached.")

    monkeypatch.setattr(PracticeImport, "run", fails)
    app = press(app, "practice_import")
    assert "The database cannot be reached. Nothing of it was left behind." in notices(app)
    assert "▲ interrupted" in said(app)


def test_an_archived_cohort_takes_no_file_and_its_imports_can_be_undone(
    of_one: Classroom, open_import: Callable[..., AppTest], database: EmbeddedDatabase, query: Query
) -> None:
    imported(upload(open_import(of_one)))
    press(open_import(of_one), "practice_another")
    app = checked(upload(open_import(of_one), CSV.replace("2026-09-14", "2026-09-15")))
    assert "practice_import" in keys(app)
    CohortKeeping(database.acting_as(of_one.teacher)).archive(of_one.cohort)
    for shown in (well(app.run()), open_import(of_one)):
        assert "This cohort is archived" in notices(shown)
        assert not shown.get("file_uploader")
        assert "practice_import" not in keys(shown)
        assert "Manage the cohort" in links(shown)
        assert "Choose a file" not in said(shown)
    [key] = [key for key in keys(app) if key.startswith("practice_undo_")]
    app.button(key=key).click().run()
    app = press(app, "practice_undo")
    assert answers(query, of_one.cohort) == 1


def test_an_import_that_the_archive_stops_says_why(
    of_one: Classroom, open_import: Callable[..., AppTest], database: EmbeddedDatabase
) -> None:
    app = checked(upload(open_import(of_one)))
    CohortKeeping(database.acting_as(of_one.teacher)).archive(of_one.cohort)
    app = press(app, "practice_import")
    assert "take it out of the archive" in notices(app)
    assert "Nothing of it was left behind" in notices(app)


def test_what_a_check_found_can_be_taken_along(
    of_one: Classroom, open_import: Callable[..., AppTest], offered: Offered
) -> None:
    checked(upload(open_import(of_one)))
    for opened in (opened_as_csv, opened_as_excel):
        assert opened(offered, "Learners")["name"].tolist() == ["Ann Lee", "Bo Mid"]
        assert opened(offered, "Concepts")["concept"].tolist() == ["Sampling", "Bayes"]
        assert opened(offered, "Skipped rows")["why"].tolist() == ["no concept"]


def test_who_listens_hears_which_import_a_button_undoes(of_one: Classroom, open_import: Callable[..., AppTest]) -> None:
    app = imported(upload(open_import(of_one), name="Week *3*.csv"))
    assert {button.label for button in app.button if button.label.startswith("Undo")} == {r"Undo Week \*3\*\.csv…"}


def test_whoever_leaves_is_told_to_stay_signed_in(
    of_one: Classroom, open_import: Callable[..., AppTest], gate: Callable[[], None]
) -> None:
    app = upload(open_import(of_one))
    app.button(key="practice_check").click().run()
    assert "Stay signed in until it has ended" in said(app)
    gate()
    wait_for(app)


def test_a_fault_of_the_program_is_no_traceback(
    of_one: Classroom, open_import: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(PracticeImport, "check", breaks)
    app = checked(upload(open_import(of_one)))
    assert "not foreseen" in notices(app)
    assert "secret detail" not in said(app) + notices(app)


def test_who_comes_back_finds_the_work_and_what_came_of_it(
    of_one: Classroom, open_import: Callable[..., AppTest], query: Query, gate: Callable[[], None]
) -> None:
    app = upload(open_import(of_one))
    app.button(key="practice_check").click().run()
    again = open_import(of_one)
    assert "Checking practice" in again.get("progress")[0].proto.text
    gate()
    again = ended(again)
    assert "You have checked **practice.csv**" in said(again).replace("\\", "")
    assert figures(again)["To import"] == "3"
    again = press(again, "practice_import")
    assert "3 answers" in notices(again)
    assert answers(query, of_one.cohort) == 4
    assert "3 answers" in notices(open_import(of_one)), "the report waits"


def test_what_was_checked_can_be_put_away(of_one: Classroom, open_import: Callable[..., AppTest]) -> None:
    checked(upload(open_import(of_one)))
    app = press(open_import(of_one), "practice_put_away")
    assert not app.metric
    assert "You have checked" not in said(app)


def test_work_for_another_cohort_is_said_and_nothing_else_begins(
    of_one: Classroom, classroom: Make, open_import: Callable[..., AppTest], gate: Callable[[], None]
) -> None:
    other = classroom(("Cy", []), name=f"Other *{uuid4()}*", teacher=of_one.teacher)
    app = upload(open_import(of_one))
    app.button(key="practice_check").click().run()
    elsewhere = open_import(other)
    assert "The check of a file for" in notices(elsewhere)
    assert elsewhere.get("progress")
    assert elsewhere.file_uploader(key="practice_file").proto.disabled
    gate()
    elsewhere = ended(elsewhere)
    assert not elsewhere.metric, "what was found is of the other cohort"
    assert not elsewhere.get("progress")
    assert "practice_check" in keys(upload(elsewhere))


def test_a_second_tab_cannot_begin_while_the_first_works(
    of_one: Classroom, open_import: Callable[..., AppTest], gate: Callable[[], None]
) -> None:
    first, second = upload(open_import(of_one)), upload(open_import(of_one))
    first.button(key="practice_check").click().run()
    second.button(key="practice_check").click().run()
    assert "still being worked on" in notices(well(second))
    gate()
    wait_for(first)


def test_a_learner_of_the_same_name_elsewhere_is_untouched(
    of_one: Classroom, classroom: Make, open_import: Callable[..., AppTest], query: Query
) -> None:
    other = classroom(("Ann Lee", [("Bayes", "correct", 2.0)]))
    before = query("select * from student_mastery where user_id = %(id)s", id=other.learners[0])
    app = imported(upload(open_import(of_one)))
    assert "1 of them new" in notices(app)
    assert query("select * from student_mastery where user_id = %(id)s", id=other.learners[0]) == before
    assert answers(query, other.cohort) == 1


@pytest.mark.parametrize("name", [HOSTILE, "\u202egnp.csv", "x" * 400 + ".csv", "\x07\n\t.csv", " .csv"])
def test_a_hostile_file_name_is_text_and_no_path(
    of_one: Classroom, open_import: Callable[..., AppTest], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    app = upload(open_import(of_one), name=name)
    app = checked(app)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"practice"}
    app = press(app, "practice_import")
    assert "3 answers" in notices(app)
    for sign in ("<b>", "**y**", ":red[", "$a$", "](http", "`c`", "\u202e"):
        assert sign not in markup(app)
    app = press(app, "practice_another")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()], "the file goes with the job"


def test_hostile_columns_and_names_are_shown_as_the_text_they_are(
    of_one: Classroom, open_import: Callable[..., AppTest]
) -> None:
    columns = ["<b>learner</b>", "**c**", "$o$", ":red[at]", "", "same", "same"]
    text = ";".join(columns) + "\n<i>Eve</i>;**bold** :red[x];1;2026-09-14;;;\n"
    app = upload(open_import(of_one), text)
    for what, column in zip(("learner", "concept", "outcome", "at"), columns, strict=False):
        choice(app, what).select(column)
    app = checked(app.run())
    assert table(app, 1)[0]["name"] == "<i>Eve</i>"
    assert table(app, 2)[0]["concept"] == "**bold** :red[x]"
    for sign in ("<b>", "<i>", "**c**", "**bold**", ":red["):
        assert sign not in markup(app)


def test_two_columns_of_one_name_are_refused_only_where_they_are_meant(
    of_one: Classroom, open_import: Callable[..., AppTest]
) -> None:
    app = upload(open_import(of_one), f"{HEADER},note,note\nBo Mid,Bayes,1,2026-09-14,a,b\n")
    assert figures(checked(app))["To import"] == "1"
    choice(app, "concept").select("note")
    assert "two columns of this name" in notices(checked(app.run()))


def test_a_column_called_session_need_not_be_one(
    of_one: Classroom, open_import: Callable[..., AppTest], query: Query
) -> None:
    text = f"{HEADER},session\nBo Mid,Bayes,1,2026-09-14,s1\nBo Mid,Bayes,0,2026-09-15,s2\n"
    app = upload(open_import(of_one), text)
    assert choice(app, "session").value == "session"
    choice(app, "session").select("")
    imported(app.run())
    assert query("select count(*) from learning_sessions where user_id = %(id)s", id=of_one.learners[0]) == [
        {"count": 0}
    ]


def test_choices_that_look_wrong_are_doubted(of_one: Classroom, open_import: Callable[..., AppTest]) -> None:
    rows = "".join(f"\nS{row % 9},Item {row},1,2026-09-14 09:00:00" for row in range(400))
    app = checked(upload(open_import(of_one), HEADER + rows))
    assert "400 different concepts" in notices(app)
    assert "None of the file's learners is among" in notices(app)


def test_a_file_in_which_nothing_counts_says_so(of_one: Classroom, open_import: Callable[..., AppTest]) -> None:
    app = checked(upload(open_import(of_one), f"{HEADER}\nBo Mid,,1,2026-09-14\n"))
    assert "No row of this file counts" in notices(app)
    assert "practice_import" not in keys(app)
    assert figures(checked(upload(app, HEADER + "\n")))["Rows"] == "0"


def test_earlier_imports_stand_newest_first_with_who_made_them(
    of_one: Classroom, instructor: Callable[..., str], open_import: Callable[..., AppTest], query: Query
) -> None:
    imported(upload(open_import(of_one), name="first.csv"))
    colleague = instructor(of_one.name)
    query("update profiles set display_name = 'Col *League*' where id = %(id)s", id=colleague)
    theirs = Classroom(of_one.cohort, of_one.name, colleague, of_one.learners)
    app = imported(upload(open_import(theirs), CSV.replace("2026-09-14", "2026-09-15"), name="second.csv"))
    text = said(app)
    assert text.index("second\\.csv") < text.index("first\\.csv")
    assert "by Col \\*League\\*" in text
    app = press(app, "practice_another")
    first, second = [button.key for button in app.button if (button.key or "").startswith("practice_undo_")][::-1]
    assert first
    assert second
    app.button(key=first).click().run()
    app = press(app, "practice_undo")
    assert "first.csv is undone: 3 answers removed" in notices(app)
    assert answers(query, of_one.cohort) == 4
    assert [button.key for button in app.button if (button.key or "").startswith("practice_undo_")] == [second]


def test_many_earlier_imports_come_in_pages(
    of_one: Classroom, open_import: Callable[..., AppTest], query: Query
) -> None:
    query(
        "insert into imports (id, cohort_id, made_by, file_name, state, started_at, touched_at, finished_at)"
        " select gen_random_uuid(), %(cohort)s, %(by)s, 'file ' || n || '.csv', 'done', now() - n * interval '1 hour', now(), now()"
        " from generate_series(1, 25) n",
        cohort=of_one.cohort, by=of_one.teacher,
    )  # fmt: skip
    assert "file 20\\.csv" in said(open_import(of_one))
    assert "file 21\\.csv" not in said(open_import(of_one))
    assert "file 21\\.csv" in said(open_import(of_one, imports_page="2"))


def test_an_interrupted_import_says_what_to_do_and_can_be_undone(
    of_one: Classroom, open_import: Callable[..., AppTest], database: EmbeddedDatabase, query: Query
) -> None:
    imported(upload(open_import(of_one)))
    query(
        "update imports set state = 'running', finished_at = null, touched_at = now() - interval '3 minutes' where cohort_id = %(cohort)s",
        cohort=of_one.cohort,
    )
    app = press(open_import(of_one), "practice_another")
    assert "▲ interrupted" in said(app)
    assert "import the same file again" in said(app)
    [key] = [button.key for button in app.button if (button.key or "").startswith("practice_undo_")]
    app.button(key=key).click().run()
    app = press(app, "practice_undo")
    assert answers(query, of_one.cohort) == 1
    assert "↶ undone" in said(app)


def test_a_cohort_that_is_taught_no_more_takes_nothing_in(
    of_one: Classroom, classroom: Make, open_import: Callable[..., AppTest], query: Query
) -> None:
    classroom(("Cy", []), teacher=of_one.teacher)
    app = checked(upload(open_import(of_one)))
    query(
        "delete from cohort_members where cohort_id = %(cohort)s and user_id = %(id)s",
        cohort=of_one.cohort,
        id=of_one.teacher,
    )
    app.button(key="practice_import").click().run()
    wait_for(app)
    assert "no such cohort" in notices(well(app.run()))
    assert answers(query, of_one.cohort) == 1


def test_a_cohort_without_learners_takes_its_first_from_a_file(
    classroom: Make, open_import: Callable[..., AppTest], database: EmbeddedDatabase
) -> None:
    empty = classroom()
    app = imported(upload(open_import(empty)))
    assert "2 learners**, 2 of them new" in notices(app)
    assert CohortService(database.acting_as(empty.teacher)).get_span(empty.cohort).learners == 2


def test_the_address_holds_no_names(of_one: Classroom, open_import: Callable[..., AppTest]) -> None:
    app = imported(upload(open_import(of_one)))
    assert set(app.query_params) == {"cohort"}
