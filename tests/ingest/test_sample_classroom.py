import unicodedata
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean

import pytest

from mastery_core.concept import check_concept, check_name
from mastery_core.ingest.classroom import COHORTS, CONCEPTS, LEARNERS, RESEARCHER
from mastery_core.ingest.sample import make_sample
from mastery_core.ingest.simulator import simulate
from mastery_core.model import Outcome

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
DELTAS = {
    Outcome.CORRECT: 0.10,
    Outcome.INCORRECT: -0.05,
    Outcome.CONFUSION_DETECTED: -0.03,
    Outcome.PASSIVE_READ: 0.02,
}


@pytest.fixture(scope="module")
def cohorts():
    return simulate(2026, NOW)


@pytest.fixture(scope="module")
def events(cohorts):
    return sorted((event for events in cohorts.values() for event in events), key=lambda event: event.at)


@pytest.fixture(scope="module")
def by_learner(events):
    mine = defaultdict(list)
    for event in events:
        mine[event.name].append(event)
    return mine


def score_now(events):
    """Where the product's rule puts each concept of one learner: a start of 0.5, the deltas, 5% forgotten a day."""
    scores = {}
    for event in events:
        score, since = scores.get(event.concept, (0.5, event.at))
        score = score * 0.95 ** ((event.at - since) / timedelta(days=1)) + DELTAS[event.outcome]
        scores[event.concept] = (min(1.0, max(0.0, score)), event.at)
    return {concept: score * 0.95 ** ((NOW - at) / timedelta(days=1)) for concept, (score, at) in scores.items()}


def test_the_names_are_distinct_and_fit_to_be_shown():
    assert len(set(LEARNERS)) == 90
    assert len(set(CONCEPTS)) == 20
    assert len(set(COHORTS)) == 3
    assert all(check_concept(concept) == concept for concept in CONCEPTS)
    assert all(check_name(name, "learner", 200) == unicodedata.normalize("NFC", name) for name in LEARNERS)


def test_the_size_is_that_of_three_real_courses(cohorts, events, by_learner):
    assert list(cohorts) == list(COHORTS)
    assert 20_000 <= len(events) <= 28_000
    assert set(by_learner) == set(LEARNERS)
    assert {event.concept for event in events} == set(CONCEPTS)
    members = [{event.learner for event in events} for events in cohorts.values()]
    assert [len(learners) for learners in members] == [30, 30, 30]
    assert len(set.union(*members)) == 90


def test_it_covers_the_ten_weeks_up_to_now(events):
    assert NOW - timedelta(days=71) < events[0].at < NOW - timedelta(days=68)
    assert NOW - timedelta(hours=5) < events[-1].at <= NOW
    weeks = {(NOW - event.at).days // 7 for event in events}
    assert set(range(10)) <= weeks


def test_the_same_seed_and_moment_give_the_same_events(cohorts):
    assert simulate(2026, NOW) == cohorts
    assert simulate(1, NOW) != cohorts


@pytest.mark.parametrize("later", [timedelta(hours=11), timedelta(days=40, minutes=7)])
def test_on_another_day_the_same_things_happen_later(events, later):
    moved = {event.key: event for events in simulate(2026, NOW + later).values() for event in events}
    assert len(moved) == len(events)
    for event in events:
        other = moved[event.key]
        assert (other.learner, other.concept, other.outcome) == (event.learner, event.concept, event.outcome)
        assert event.at < other.at <= NOW + later


@pytest.mark.parametrize("now", [NOW.replace(hour=0, minute=0), NOW.replace(hour=23, minute=59)])
def test_at_any_hour_nothing_lies_ahead_and_no_sessions_overlap(now):
    for events in simulate(2026, now).values():
        assert events[-1].at <= now
        sessions = defaultdict(list)
        for event in events:
            sessions[event.learner, event.session].append(event.at)
        spans = sorted((learner, times[0], times[-1]) for (learner, _), times in sessions.items())
        assert all(one[0] != next_[0] or one[2] < next_[1] for one, next_ in pairwise(spans))


def test_sessions_are_short_and_about_a_few_concepts(events):
    sessions = defaultdict(list)
    for event in events:
        sessions[event.session].append(event)
    assert {len(session) for session in sessions.values()} <= set(range(8, 26))
    assert max(len({event.concept for event in session}) for session in sessions.values()) <= 4
    gaps = [two.at - one.at for session in sessions.values() for one, two in pairwise(session)]
    assert timedelta(seconds=19) <= min(gaps)
    assert max(gaps) <= timedelta(seconds=91)


def test_concepts_are_introduced_one_after_another(events):
    first = {}
    for event in events:
        first.setdefault(event.concept, event.at)
    weeks = [(first[concept] - events[0].at).days // 7 for concept in CONCEPTS]
    assert weeks == sorted(weeks)
    assert set(weeks) == set(range(9))


def test_most_interactions_are_answers_and_most_answers_are_right(events):
    shares = {outcome: count / len(events) for outcome, count in Counter(event.outcome for event in events).items()}
    assert 0.6 < shares[Outcome.CORRECT] < 0.85
    assert 0.1 < shares[Outcome.INCORRECT] < 0.3
    assert 0.02 < shares[Outcome.CONFUSION_DETECTED] < 0.08
    assert 0.02 < shares[Outcome.PASSIVE_READ] < 0.08


def test_practice_makes_right_answers_likelier_and_time_off_less_likely(by_learner):
    right = defaultdict(list)
    for events in by_learner.values():
        met = defaultdict(list)
        for event in events:
            if event.type == "quiz_attempt":
                earlier = met[event.concept]
                recently = earlier and event.at - earlier[-1] < timedelta(hours=1)
                right["first" if len(earlier) < 2 else "later"].append(event.outcome == Outcome.CORRECT)
                if 5 <= len(earlier) <= 15:
                    right["after minutes" if recently else "after days"].append(event.outcome == Outcome.CORRECT)
            met[event.concept].append(event.at)
    assert mean(right["later"]) > mean(right["first"]) + 0.1
    assert mean(right["after minutes"]) > mean(right["after days"]) + 0.02


def test_there_are_learners_of_every_kind(by_learner):
    quiet = {name: NOW - events[-1].at for name, events in by_learner.items()}
    newcomers = [name for name, events in by_learner.items() if events[0].at > NOW - timedelta(days=2)]
    accuracy = {
        name: mean(event.outcome == Outcome.CORRECT for event in events if event.type == "quiz_attempt")
        for name, events in by_learner.items()
    }
    assert len(newcomers) == 2
    assert all(by_learner[name][-1].at.date() == NOW.date() - timedelta(days=1) for name in newcomers)
    assert 5 <= sum(since > timedelta(weeks=3) for since in quiet.values()) <= 15
    assert sum(share > 0.9 for share in accuracy.values()) >= 5
    assert sum(share < 0.6 for share in accuracy.values()) >= 5
    assert sum(since < timedelta(days=7) for since in quiet.values()) >= 60


def test_a_good_student_ends_with_concepts_from_weak_to_mastered(by_learner):
    strong = sorted(by_learner, key=lambda name: -len(by_learner[name]))[:8]
    for name in strong:
        scores = score_now(by_learner[name]).values()
        assert len(scores) >= 17
        assert min(scores) < 0.4
        assert max(scores) > 0.8
        assert 0.4 < mean(scores) < 0.85


@pytest.mark.parametrize("seed", [0, 1, 7, 42])
def test_other_seeds_make_classes_of_much_the_same_size(seed):
    cohorts = simulate(seed, NOW)
    assert 20_000 < sum(map(len, cohorts.values())) < 32_000
    assert len({event.name for events in cohorts.values() for event in events}) == 90


def test_the_sample_goes_the_way_of_every_import(recorder):
    calls = []
    report = make_sample(recorder, now=NOW, on_progress=lambda *call: calls.append(call))
    assert report.rows == report.imported == len(recorder.rows)
    assert (report.learners, report.new_learners, report.concepts) == (90, 90, 20)
    assert {cohort: len(members) for cohort, members in recorder.cohorts.items()} == dict.fromkeys(COHORTS, 30)
    assert max(recorder.batches) <= 5000
    assert calls[-1] == (report.rows, report.rows)
    assert {row["learner_name"] for row in recorder.rows.values()} == set(LEARNERS)


def test_somebody_explores_how_they_learn_and_is_no_learner(recorder):
    make_sample(recorder, now=NOW)
    assert recorder.roles == {RESEARCHER: "researcher"}
    assert RESEARCHER not in LEARNERS


def test_the_cohorts_it_makes_are_shared_with_researchers_and_no_other(recorder):
    there, *_ = COHORTS
    recorder.cohorts[there] = set()
    make_sample(recorder, now=NOW)
    assert recorder.shared == set(COHORTS) - {there}


def test_making_the_sample_again_even_later_adds_nothing(recorder):
    first = make_sample(recorder, now=NOW)
    again = make_sample(recorder, now=NOW + timedelta(days=3))
    assert (again.imported, again.already_there) == (0, first.rows)


def test_every_cohort_has_somebody_who_teaches_it_and_is_no_learner(recorder):
    make_sample(recorder, now=NOW)
    assert sorted(cohort for cohort, _ in recorder.teachers) == sorted(COHORTS)
    assert not {name for _, name in recorder.teachers} & set(LEARNERS)
    assert recorder.people.keys().isdisjoint(row["learner"] for row in recorder.rows.values())
