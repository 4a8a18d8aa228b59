"""The digest of a cohort: who needs attention that did not a week before, and who no longer does."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from mastery_core.attention import USUAL_LIMITS, Activity, Group, Limits, attended
from mastery_core.cohort_service import CohortService, moment_of
from mastery_core.model import CohortSpan
from mastery_core.reasons import reasons
from mastery_core.standing import MASTERED_FROM, WEAK_BELOW

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Entry:
    """A learner, how they fare and whether they practise on the day of the digest.

    ``reasons`` in words: why they need attention, or why they did.
    """

    id: str
    name: str
    group: Group
    activity: Activity
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Digest:
    """Who needs attention on ``day`` and did not on the day ``since``, most urgent first, and who no longer does.

    ``needing`` and ``needing_before`` count everybody who does on either day, by the same limits, of those who are learners of
    the cohort today. Both days are of UTC.
    """

    cohort: CohortSpan
    day: date
    since: date
    needing: int
    needing_before: int
    newly: list[Entry]
    no_longer: list[Entry]


def digest(
    service: CohortService,
    cohort_id: str,
    day: date,
    *,
    limits: Limits = USUAL_LIMITS,
    weak: float = WEAK_BELOW,
    mastered: float = MASTERED_FROM,
) -> Digest:
    """The digest of the week that ends with ``day``. Raises what ``CohortService`` raises."""
    cohort, since = service.get_span(cohort_id), day - WEEK
    now, before = (
        attended(
            service.get_learners(cohort_id, each, WEEK.days, weak=weak, mastered=mastered),
            moment_of(each).timestamp(),
            limits,
        )
        for each in (day, since)
    )
    needing, needing_before = (set(learners["id"][learners["needs"]]) for learners in (now, before))
    newly = _told(now, now, needing - needing_before, limits, moment_of(day))
    no_longer = _told(now, before, needing_before - needing, limits, moment_of(since))
    return Digest(cohort, day, since, len(needing), len(needing_before), newly, no_longer)


def _told(now: pd.DataFrame, then: pd.DataFrame, who: set[str], limits: Limits, moment: datetime) -> list[Entry]:
    """These learners, in the order of ``now``, with the reasons there were ``then``."""
    why = {row.id: reasons(row, limits, moment) for row in then[then["id"].isin(who)].itertuples()}
    return [_entry(row, why[row.id]) for row in now[now["id"].isin(who)].itertuples()]


def _entry(learner: Any, why: list[str]) -> Entry:
    return Entry(learner.id, learner.name, learner.group, learner.activity, why)


def as_text(told: Digest) -> str:
    """The digest for a mail: plain text, a line a learner."""
    since = _day(told.since)
    lines = [f"{_line(told.cohort.name)}, {_day(told.day)}", ""]
    lines.append(f"{_needing(told.needing)} attention, {told.needing_before:,} a week before.")
    for heading, entries in (
        (f"New since {since}:", told.newly),
        (f"No longer since {since}, and why they did:", told.no_longer),
    ):
        if entries:
            lines += ["", heading, *map(_bullet, entries)]
    if not told.newly and not told.no_longer:
        lines += ["", f"Nobody new and nobody less since {since}."]
    return "\n".join(lines) + "\n"


def _bullet(entry: Entry) -> str:
    return f"* {_line(entry.name)} ({entry.group}, {entry.activity}): {'; '.join(entry.reasons)}"


def _needing(number: int) -> str:
    return "1 learner needs" if number == 1 else f"{number:,} learners need"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _line(name: str) -> str:
    """A name on one line, whatever is in it."""
    return " ".join(name.split())
