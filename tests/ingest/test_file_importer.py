import gzip
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mastery_core.ingest.ids import interaction_id, person_id, session_id
from mastery_core.ingest.importer import import_file

CSV = "learner,concept,outcome,at,session\n"


def row(learner="ana", concept="mean", outcome="1", at="2026-01-31T14:05:00Z", session="s1"):
    return f"{learner},{concept},{outcome},{at},{session}\n"


def test_a_row_is_sent_as_the_log_takes_it(recorder, write):
    path = write(CSV + row(at="2026-01-31 14:05:00"))
    report = import_file(recorder, path, format="csv", cohort=" Autumn ", timezone="Europe/Berlin", source="moodle")
    ana = person_id("moodle", "ana")
    ((key, sent),) = recorder.rows.items()
    assert sent == {
        "id": key,
        "learner": ana,
        "learner_name": "ana",
        "concept": "mean",
        "outcome": "correct",
        "at": "2026-01-31T13:05:00+00:00",
        "session": session_id(ana, "s1"),
        "type": "quiz_attempt",
    }
    assert key == interaction_id(ana, "2026-01-31 14:05:00\x1fcorrect\x1fmean\x1fs1", 0)
    assert recorder.cohorts == {"Autumn": {ana}}
    assert (report.rows, report.imported, report.learners, report.new_learners, report.concepts) == (1, 1, 1, 1, 1)


def test_the_report_counts_what_was_read_sent_and_skipped(recorder, write):
    path = write(CSV + row() + row(concept="") + row(learner="ben") + row(concept="median") + row(concept=" "))
    report = import_file(recorder, path, format="csv")
    assert (report.rows, report.imported, report.already_there) == (5, 3, 0)
    assert report.skipped == {"no concept": (2, 3)}
    assert (report.learners, report.concepts) == (2, 2)
    assert report.seconds >= 0


def test_the_same_file_twice_adds_nothing(recorder, write):
    path = write(CSV + "".join(row(at=f"2026-01-31T14:{n:02}:00Z") for n in range(20)))
    first = import_file(recorder, path, format="csv")
    second = import_file(recorder, path, format="csv", batch_size=3)
    assert (first.imported, first.already_there) == (20, 0)
    assert (second.imported, second.already_there, second.new_learners) == (0, 20, 0)


def test_two_equal_lines_are_two_events_and_stay_two(recorder, write):
    path = write(CSV + row() * 3 + row(learner="ben"))
    assert import_file(recorder, path, format="csv", batch_size=2).imported == 4
    assert import_file(recorder, path, format="csv").already_there == 4


def test_of_a_longer_file_only_what_is_new_is_added(recorder, write):
    import_file(recorder, write(CSV + row() * 2), format="csv")
    report = import_file(recorder, write(CSV + row() * 3 + row(concept="median")), format="csv")
    assert (report.imported, report.already_there) == (2, 2)


def test_reading_again_in_another_zone_adds_nothing(recorder, write):
    path = write(CSV + row(at="2026-01-31 14:05:00"))
    import_file(recorder, path, format="csv")
    assert import_file(recorder, path, format="csv", timezone="Asia/Tokyo").already_there == 1


def test_a_transaction_met_twice_counts_once(recorder, datashop):
    header = ["Transaction Id", "Anon Student Id", "Session Id", "Time", "Outcome", "KC (Topic)"]
    sample = [{"Transaction Id": f"t{n}"} for n in (1, 2, 1, 1)]
    report = import_file(recorder, datashop(*sample, header=header), format="datashop", batch_size=2)
    assert (report.rows, report.imported, report.already_there) == (4, 2, 0)
    assert report.skipped == {"the same id as an earlier row": (2, 4)}


def test_an_interrupted_import_is_completed_by_another(breaking_recorder, write):
    path = write(CSV + "".join(row(at=f"2026-01-31T14:{n:02}:00Z") for n in range(20)) + row() * 5)
    broken = breaking_recorder(3)
    with pytest.raises(ConnectionError):
        import_file(broken, path, format="csv", batch_size=4)
    assert len(broken.rows) == 12
    whole = breaking_recorder(None)
    whole.rows.update(broken.rows)
    report = import_file(whole, path, format="csv", batch_size=7)
    assert (report.imported, report.already_there) == (13, 12)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 3)), min_size=1), st.integers(1, 9)
)
def test_where_batches_are_cut_makes_no_difference(breaking_recorder, write, rows, size):
    path = write(CSV + "".join(row(learner, concept, at=f"2026-01-0{at + 1}") for learner, concept, at in rows))
    at_once, in_batches = breaking_recorder(None), breaking_recorder(None)
    import_file(at_once, path, format="csv")
    import_file(in_batches, path, format="csv", batch_size=size)
    assert in_batches.rows == at_once.rows
    assert len(at_once.rows) == len(rows)
    assert max(in_batches.batches) <= size


def test_a_name_column_names_the_learner(recorder, write):
    path = write("learner,name,concept,outcome,at\n7,Ana Bela,mean,1,2026-01-31\n8,,mean,1,2026-01-31\n")
    import_file(recorder, path, format="csv")
    assert [sent["learner_name"] for sent in recorder.rows.values()] == ["Ana Bela", "8"]


def test_a_header_alone_is_a_file_of_nothing(recorder, write):
    report = import_file(recorder, write(CSV), format="csv")
    assert (report.rows, report.imported, recorder.batches) == (0, 0, [])


def test_the_concept_column_may_be_chosen_for_a_csv_too(recorder, write):
    import_file(recorder, write(CSV + row()), format="csv", concept_column="session")
    assert [sent["concept"] for sent in recorder.rows.values()] == ["s1"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_progress_runs_from_little_to_all_of_the_file(recorder, write, pack):
    path = write(pack((CSV + "".join(row(learner=f"l{n}") for n in range(16_000))).encode()))
    calls = []
    import_file(recorder, path, format="csv", batch_size=200, on_progress=lambda *call: calls.append(call))
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert {call[1] for call in calls} == {path.stat().st_size}
    assert calls[-1] == (path.stat().st_size, path.stat().st_size)
    assert done[0] < path.stat().st_size / 10


def test_memory_does_not_grow_with_the_file(write):
    class Forgetful:
        def call(self, function, /, **arguments):
            return {"imported": len(arguments["rows"]), "already_there": 0, "learners": 0}

    def peak(rows):
        lines = (row(learner=f"l{n % 50}", at=str(1_400_000_000 + n)) for n in range(rows))
        path = write(CSV + "".join(lines), name=f"{rows}.csv")
        tracemalloc.start()
        import_file(Forgetful(), path, format="csv", batch_size=250)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(10)
    assert peak(4_000) < 1.5 * peak(1_000)
