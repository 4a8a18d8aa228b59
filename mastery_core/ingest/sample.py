"""The sample classroom: something to look at before there is data of one's own."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from mastery_core.database.protocol import Database
from mastery_core.ingest.classroom import INSTRUCTORS, RESEARCHER
from mastery_core.ingest.ids import person_id
from mastery_core.ingest.reading import Skipped
from mastery_core.ingest.sending import ImportReport, Sender, batches
from mastery_core.ingest.simulator import simulate

SEED = 2026
SOURCE = "sample"

_BATCH = 5000


def make_sample(
    database: Database,
    *,
    seed: int = SEED,
    now: datetime | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Write the sample classroom to the log: three cohorts, who teaches them, a researcher, 90 learners, 20 concepts, ten weeks up to ``now``.

    All of it follows from ``seed`` and ``now``. Its ids follow from ``seed`` alone: a second time, on whatever day,
    nothing is added, and after an interruption only what was missing. The cohorts that it makes are shared with researchers.
    ``on_progress(done, total)`` counts interactions.
    """
    started = time.monotonic()
    cohorts = simulate(seed, now or datetime.now(UTC))
    total = sum(map(len, cohorts.values()))
    done, there_before = 0, _cohorts(database).keys()
    with Sender(database, SOURCE, Skipped()) as sender:
        for cohort, events in cohorts.items():
            for batch in batches(events, _BATCH):
                sender.send(batch, cohort)
                if cohort not in there_before:
                    database.call("share_cohort", cohort=_cohorts(database)[cohort], shared=True)
                done += len(batch)
                if on_progress is not None:
                    on_progress(done, total)
    for name, taught in INSTRUCTORS.items():
        instructor = person_id(SOURCE, name)
        database.call("add_person", person=instructor, display_name=name)
        for cohort in taught:
            database.call("add_to_cohort", cohort=cohort, person=instructor, role="instructor")
    researcher = person_id(SOURCE, RESEARCHER)
    database.call("add_person", person=researcher, display_name=RESEARCHER)
    database.call("grant_role", person=researcher, role="researcher")
    sender.report.rows = total
    sender.report.seconds = time.monotonic() - started
    return sender.report


def _cohorts(database: Database) -> dict[str, str]:
    """The ids of the cohorts, by name."""
    return {cohort["name"]: cohort["id"] for cohort in database.call("list_cohorts")}
