import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastery_core.errors import InvalidInput
from mastery_core.ingest.datashop import read_datashop
from mastery_core.ingest.reading import OTHER_REASONS, Skipped, open_table
from mastery_core.ingest.times import Clock
from mastery_core.model import Outcome

HEADER = ["Anon Student Id", "Session Id", "Time", "Outcome", "KC (Topic)"]


def read(path, skipped=None, **options):
    with open_table(path) as table:
        return list(read_datashop(table, Clock(), skipped or Skipped(), **options))


def test_a_line_becomes_an_event(datashop):
    (event,) = read(datashop({}))
    assert (event.learner, event.session, event.concept) == ("stu_1", "s1", "mean")
    assert event.at == datetime(2015, 11, 2, 19, 49, 38, tzinfo=UTC)
    assert (event.outcome, event.type, event.line) == (Outcome.CORRECT, "quiz_attempt", 2)


def test_the_four_outcomes_count_in_any_case(datashop):
    words = ["CORRECT", "incorrect", "Hint", " STUDY "]
    events = read(datashop(*({"Outcome": word} for word in words)))
    assert [event.outcome for event in events] == ["correct", "incorrect", "confusion_detected", "passive_read"]
    assert [event.type for event in events] == ["quiz_attempt", "quiz_attempt", "question_asked", "explanation_viewed"]


def test_what_does_not_count_is_skipped_and_counted_with_its_first_line(datashop):
    skipped = Skipped()
    changes = [{"Outcome": "UNKNOWN"}, {}, {"Outcome": ""}, {"KC (Topic)": " "}, {"Outcome": "UNKNOWN", "Time": "?"}]
    assert len(read(datashop(*changes), skipped)) == 1
    assert skipped.reasons == {
        "outcome 'UNKNOWN' is not one that counts": (2, 2),
        "outcome '' is not one that counts": (1, 4),
        "no concept": (1, 5),
    }


def test_reasons_for_skipping_do_not_grow_without_end(datashop):
    skipped = Skipped()
    read(datashop(*({"Outcome": f"strange {n}"} for n in range(80))), skipped)
    assert len(skipped.reasons) == 51
    assert skipped.reasons[OTHER_REASONS] == (30, 52)


def test_one_line_with_several_concepts_is_an_event_for_each(datashop):
    header = [*HEADER, "KC (Topic)"]
    path = datashop({"KC (Topic)": "mean~~median ~~mean"}, header=header)
    assert [event.concept for event in read(path)] == ["mean", "median"]


def test_columns_of_one_name_are_one_model(write):
    rows = [[*HEADER, "KC (Topic)"], ["a", "", "2015-11-02 19:49:38", "CORRECT", "mean", "variance"]]
    rows += [["a", "", "2015-11-02 19:49:39", "CORRECT", "", "variance"]]
    events = read(write(rows, separator="\t"))
    assert [(event.line, event.concept) for event in events] == [(2, "mean"), (2, "variance"), (3, "variance")]


def test_the_concept_column_is_chosen_by_its_name_or_its_models(datashop):
    header = [*HEADER, "KC (Fine)"]
    path = datashop({"KC (Fine)": "mean-1"}, header=header)
    assert read(path, concept_column="KC (Fine)")[0].concept == "mean-1"
    assert read(path, concept_column="Fine")[0].concept == "mean-1"
    assert read(path, concept_column="KC (Topic)")[0].concept == "mean"
    assert read(path, concept_column="Session Id")[0].concept == "s1"


def test_with_several_models_and_none_chosen_the_error_names_them(datashop):
    path = datashop({}, header=[*HEADER, "KC (Fine)"])
    with pytest.raises(InvalidInput, match=r"line 1: Choose the concept column.* 'KC \(Topic\)', 'KC \(Fine\)'\."):
        read(path)
    with pytest.raises(InvalidInput, match=r"line 1, column 'Coarse': There is no such column.*'KC \(Topic\)'"):
        read(path, concept_column="Coarse")


def test_a_missing_time_falls_back_on_the_problems_start(datashop):
    header = [*HEADER, "Problem Start Time"]
    changes = {"Problem Start Time": "2015-11-02 19:00:00"}
    events = read(datashop({"Time": "", **changes}, {"Time": ".", **changes}, changes, header=header))
    assert [event.at.hour * 100 + event.at.minute for event in events] == [1900, 1900, 1949]
    without = [column for column in header if column != "Time"]
    assert read(datashop(changes, header=without))[0].at.minute == 0


def test_a_transaction_id_names_the_line(datashop):
    header = ["Transaction Id", *HEADER]
    first, second = read(datashop({"Transaction Id": "t1"}, {"Transaction Id": "t2"}, header=header))
    again = read(datashop({"Transaction Id": "t1", "Time": "2015-11-02 20:00:00"}, header=header))[0]
    assert first.named
    assert first.key != second.key
    assert first.key == again.key


def test_the_exact_time_of_an_extract_goes_before_the_time_whatever_the_zone(datashop):
    header = [*HEADER, "CF (Exact Time)"]
    path = datashop({"CF (Exact Time)": "2015-11-02 19:49:38.123456+00:00"}, {}, header=header)
    with open_table(path) as table:
        exact, plain = [event.at for event in read_datashop(table, Clock("Asia/Tokyo"), Skipped())]
    assert exact == datetime(2015, 11, 2, 19, 49, 38, 123456, tzinfo=UTC)
    assert plain == datetime(2015, 11, 2, 10, 49, 38, tzinfo=UTC)


def test_a_dot_is_no_session(datashop):
    dot, blank, named = read(datashop({"Session Id": "."}, {"Session Id": " "}, {"Session Id": "s.1"}))
    assert (dot.session, blank.session, named.session) == (None, None, "s.1")


def test_the_order_within_an_instant_is_read(datashop):
    header = [*HEADER, "CF (Order Within Instant)"]
    events = read(datashop(*({"CF (Order Within Instant)": text} for text in ("2", " 1 ", "", ".")), header=header))
    assert [event.nth for event in events] == [2, 1, None, None]
    assert read(datashop({}))[0].nth is None


@pytest.mark.parametrize("text", ["first", "0", "-1", "1.5", "1e3", "1000000000", "\u0663"])
def test_what_is_no_place_in_an_order_is_refused(datashop, text):
    path = datashop({"CF (Order Within Instant)": text}, header=[*HEADER, "CF (Order Within Instant)"])
    with pytest.raises(
        InvalidInput, match=r"line 2, column .CF \(Order Within Instant\).: .* is not a place in an order"
    ):
        read(path)


def test_quotes_in_an_export_are_only_characters(datashop):
    events = read(datashop({"KC (Topic)": '"mean'}, {"KC (Topic)": 'the "mean"'}))
    assert [event.concept for event in events] == ['"mean', 'the "mean"']


def test_an_export_rewritten_with_quotes_or_commas_is_read_too(write):
    row = ["stu_1", "s1", "2015-11-02 19:49:38", "CORRECT", "mean, or average"]
    for separator in ("\t", ",", ";"):
        quoted = [[f'"{field}"' for field in fields] for fields in (HEADER, row)]
        assert read(write(quoted, separator=separator))[0].concept == "mean, or average"


def test_gzip_and_marks_are_known_by_content_not_by_name(datashop, write):
    plain = datashop({}).read_bytes()
    expected = read(write(plain))
    for content in (gzip.compress(plain), b"\xef\xbb\xbf" + plain, gzip.compress(b"\xef\xbb\xbf" + plain)):
        assert read(write(content, name="export.csv")) == expected
    assert read(write(plain.replace(b"\n", b"\r\n"), name="export.gz")) == expected


def test_blank_lines_are_no_rows(write):
    path = write("\t".join(HEADER) + "\n\na\t\t2015-11-02 19:49:38\tCORRECT\tmean\n\n")
    assert [event.line for event in read(path)] == [3]


# DataShop separates with tabs, lines and ~~, and writes none of them into a field.
words = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="~"), min_size=1, max_size=40)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(words, words, st.sampled_from(["CORRECT", "HINT"]), st.integers(0, 10**9)), min_size=1))
def test_what_is_written_is_what_is_read(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("export") / "export.txt"
    lines = [HEADER, *([learner, "", str(time), outcome, concept] for learner, concept, outcome, time in rows)]
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    events = read(path)
    assert [int(event.at.timestamp()) for event in events] == [time for *_, time in rows]
    assert [event.line for event in events] == list(range(2, len(rows) + 2))
    assert len({event.concept for event in events}) <= len({concept for _, concept, *_ in rows})
