"""Who newly needs attention, and who no longer does: two looks at a cohort, a week apart."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from mastery_core.attention import Activity, Group, Limits, attended
from mastery_core.cohort_service import CohortService, moment_of
from mastery_core.database import Database
from mastery_core.digest import Digest, as_text, digest
from mastery_core.errors import NotFound
from mastery_core.reasons import reasons

DAY = date(2025, 5, 30)
# What happened on one concept, so many days before the day.
PRACTICE = {
    "always struggles": [("incorrect", 10)] * 3 + [("incorrect", 1)],
    "new: struggles": [("correct", 9)] * 3 + [("incorrect", 2), ("incorrect", 1)],
    "new: inactive": [("correct", 15)] * 6,
    "no longer: recovered": [("incorrect", 10)] * 3 + [("correct", 1)] * 6,
    "no longer: back again": [("correct", 40)] * 6 + [("correct", 1)] * 4,
    "never needed it": [("correct", 8)] * 6,
    "began this week": [("incorrect", 3)] * 3,
    "not started": [],
}
Person = Callable[[], str]
Import = Callable[..., dict[str, Any]]
Class = tuple[str, str]


@pytest.fixture(scope="module")
def of_eight(service: Database, person: Person, import_row: Import) -> Class:
    """A cohort's id and its teacher's."""
    name, teacher = f"Digest {uuid4()}", person()
    rows = [
        import_row(
            learner, "Bayes", outcome, datetime.combine(DAY, time(9, second=n), UTC) - timedelta(days=days), learner_name=who
        )
        for who, happened in PRACTICE.items()
        for learner in [str(uuid4())]
        for n, (outcome, days) in enumerate(happened)
    ]  # fmt: skip
    service.call("import_outcomes", rows=rows, cohort=name)
    service.call("add_to_cohort", cohort=name, person=person(), role="student", create_missing=False)
    service.call("add_to_cohort", cohort=name, person=teacher, role="instructor", create_missing=False)
    [cohort] = [each["id"] for each in service.call("list_cohorts") if each["name"] == name]
    return str(cohort), teacher


@pytest.fixture
def told(of_eight: Class, service: Database) -> Digest:
    return digest(CohortService(service), of_eight[0], DAY)


def test_it_names_who_is_new_and_who_is_no_longer(told: Digest) -> None:
    assert [each.name for each in told.newly] == ["began this week", "new: struggles", "new: inactive"]
    assert {each.name for each in told.no_longer} == {"no longer: recovered", "no longer: back again"}
    assert (told.needing, told.needing_before) == (4, 3)
    assert (told.day, told.since, told.cohort.learners) == (DAY, DAY - timedelta(days=7), 8)


def test_reasons_are_those_of_the_day_on_which_they_held(told: Digest) -> None:
    by_name = {each.name: each for each in told.newly + told.no_longer}
    recovered, back, new = (
        by_name[name] for name in ("no longer: recovered", "no longer: back again", "new: inactive")
    )
    assert recovered.group is not Group.STRUGGLING
    assert "mean 35% when last practised, below 50%" in recovered.reasons
    assert (back.activity, new.activity) == (Activity.ACTIVE, Activity.INACTIVE)
    assert back.reasons[-1].startswith("no practice for 33 days")
    [reason] = new.reasons
    assert reason.startswith("no practice for 15 days, faded from ")


def test_it_is_the_difference_of_what_the_cohort_screen_shows_on_both_days(
    told: Digest, of_eight: Class, service: Database
) -> None:
    cohorts = CohortService(service)
    shown = {
        day: attended(cohorts.get_learners(of_eight[0], day), moment_of(day).timestamp())
        for day in (DAY, DAY - timedelta(days=7))
    }
    now, before = (set(learners[learners["needs"]]["id"]) for learners in shown.values())
    assert {each.id for each in told.newly} == now - before
    assert {each.id for each in told.no_longer} == before - now
    rows = {row.id: row for row in shown[DAY].itertuples()}
    assert all(each.reasons == reasons(rows[each.id], Limits(), moment_of(DAY)) for each in told.newly)


def test_the_limits_decide(of_eight: Class, service: Database) -> None:
    patient = digest(CohortService(service), of_eight[0], DAY, limits=Limits(inactive_after=60))
    assert "new: inactive" not in {each.name for each in patient.newly}
    strict = digest(CohortService(service), of_eight[0], DAY, limits=Limits(inactive_after=3))
    assert "never needed it" not in {each.name for each in patient.newly}
    assert "never needed it" in {each.name for each in strict.newly}


def test_who_teaches_the_cohort_gets_it_and_nobody_else(
    of_eight: Class, transport: Any, person: Person, told: Digest
) -> None:
    cohort, teacher = of_eight
    assert digest(CohortService(transport.acting_as(teacher)), cohort, DAY) == told
    with pytest.raises(NotFound):
        digest(CohortService(transport.acting_as(person())), cohort, DAY)


def test_as_text_it_is_a_line_a_learner(told: Digest) -> None:
    text = as_text(told)
    assert text.startswith(f"{told.cohort.name}, 30 May 2025\n\n4 learners need attention, 3 a week before.\n")
    assert "\nNew since 23 May 2025:\n* began this week (struggling, active): " in text
    assert "\nNo longer since 23 May 2025, and why they did:\n* " in text
    assert text.count("\n* ") == len(told.newly) + len(told.no_longer)
    assert text.endswith("\n")


def test_a_week_without_change_says_so(of_eight: Class, service: Database) -> None:
    quiet = digest(CohortService(service), of_eight[0], date(2025, 1, 1))
    assert (quiet.newly, quiet.no_longer, quiet.needing) == ([], [], 0)
    assert "Nobody new and nobody less since 25 December 2024." in as_text(quiet)
