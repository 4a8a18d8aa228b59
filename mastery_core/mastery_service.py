"""What may be asked, and recorded, about one learner."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd

from mastery_core.concept import check_concept
from mastery_core.curve import Floats, MasteryCurve, daily_mean, projection, trace
from mastery_core.database.protocol import Database
from mastery_core.decay import SECONDS_A_DAY, days_until_below, retained
from mastery_core.errors import InvalidInput
from mastery_core.insights import learning_velocity, strongest_and_weakest
from mastery_core.model import (
    Attempt,
    ConceptMastery,
    GroupCohort,
    GroupStanding,
    HistoryRow,
    LearningInsights,
    LearningSession,
    MasteryUpdate,
    Outcome,
    Rules,
    SessionDetail,
    SessionEvent,
    SessionSummary,
    Trigger,
)
from mastery_core.standing import ENOUGH_OBSERVATIONS, WEAK_BELOW
from mastery_core.trend import WINDOW_DAYS, trends

PROJECTED_DAYS = 14.0
LONGEST_RANGE_DAYS = 36_500
MOST_ROWS = 2**31 - 1  # SQL's integer
MOST_OUTCOMES = 1_000
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # nothing is recorded before


class MasteryService:
    """One learner's mastery, as far as the one whom ``database`` acts for may see and record it.

    Every method raises the errors of ``mastery_core.errors``: InvalidInput for an argument that cannot be, NotFound for
    a person or session that is not there (or not to be seen), NotAllowed, Unavailable. ``at`` is the moment a question
    is asked at (default now); it carries a time zone. Scores are shares in [0, 1].
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def get_user_mastery(
        self,
        user_id: str,
        concepts: Sequence[str] | None = None,
        apply_decay: bool = True,  # noqa: FBT001 - the signature is given
        *,
        at: datetime | None = None,
    ) -> dict[str, ConceptMastery]:
        """Where a learner stands, by concept: all they have practised by ``at``, or of those named.

        ``apply_decay=False`` leaves ``mastery_score`` as last practised.
        """
        moment = _moment(at)
        answer = self.database.call(
            "learner_mastery",
            learner=user_id,
            at=moment,
            concepts=None if concepts is None else list(concepts),
            window_days=WINDOW_DAYS,
        )
        return {mastery.concept_tag: mastery for mastery in _concept_masteries(answer, moment, apply_decay=apply_decay)}

    def update_mastery(
        self,
        user_id: str,
        concept_tag: str,
        outcome: str,
        session_id: str | None = None,
        custom_delta: float | None = None,
        *,
        at: datetime | None = None,
        interaction_id: str | None = None,
        interaction_type: str | None = None,
    ) -> MasteryUpdate:
        """Record what came of one interaction and return what it did to the score.

        ``outcome`` is one of ``Outcome``; ``custom_delta`` in [-1, 1] takes the place of its worth. The same
        ``interaction_id`` (a UUID, drawn here if none is given) again changes nothing and returns the first answer.
        An outcome from before later ones is put in its place, and what came after follows from it again.
        """
        if outcome not in set(Outcome):
            raise InvalidInput(f'Unknown outcome "{str(outcome)[:80]}": use one of {", ".join(Outcome)}.')
        if custom_delta is not None and not (isinstance(custom_delta, int | float) and -1 <= custom_delta <= 1):
            raise InvalidInput(f"custom_delta lies between -1 and 1; this one is {custom_delta}.")
        answer = self.database.call(
            "record_outcome",
            learner=user_id,
            concept=check_concept(concept_tag),
            outcome=str(outcome),
            interaction=interaction_id or str(uuid4()),
            session=session_id,
            custom_delta=custom_delta,
            interaction_type=interaction_type or INTERACTION_TYPES[Outcome(outcome)],
            at=_moment(at),
        )
        return MasteryUpdate(
            user_id=answer["user_id"],
            concept_tag=answer["concept_tag"],
            old_score=answer["old_score"],
            new_score=answer["new_score"],
            delta=answer["delta"],
            trigger_type=Trigger(answer["trigger_type"]),
            session_id=answer["session_id"],
            interaction_id=answer["interaction_id"],
        )

    def update_many(self, outcomes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Record up to 1,000 outcomes, all or none of them, and return what each did, in the order given.

        Each has ``id``, ``learner``, ``concept``, ``outcome``, and may have ``session``, ``custom_delta``, ``type`` and
        ``at``, as ``update_mastery`` knows them. The answers are ``MasteryUpdate``'s fields, ``created_at`` (ISO 8601)
        and ``repeated``: whether the id was known, so that nothing was changed by it.
        """
        rows = []
        for number, outcome in enumerate(outcomes, 1):
            try:
                rows.append(_outcome_row(outcome))
            except InvalidInput as error:
                raise InvalidInput(f"Outcome {number}: {error}") from None
        answers: list[dict[str, Any]] = self.database.call("record_outcomes", outcomes=rows)
        return answers

    def get_weak_concepts(
        self, user_id: str, threshold: float = WEAK_BELOW, limit: int = 5, *, at: datetime | None = None
    ) -> list[ConceptMastery]:
        """The concepts whose score is below ``threshold``, weakest first, at most ``limit``."""
        if not 0 <= threshold <= 1:
            raise InvalidInput(f"threshold is a score between 0 and 1; this one is {threshold}.")
        if limit < 1:
            raise InvalidInput(f"limit is at least 1; this one is {limit}.")
        standing = self.get_user_mastery(user_id, at=at).values()
        weak = [mastery for mastery in standing if mastery.mastery_score < threshold]
        return sorted(weak, key=lambda mastery: (mastery.mastery_score, mastery.concept_tag))[:limit]

    def get_mastery_history(
        self,
        user_id: str,
        concept_tag: str | None = None,
        days: float = 30,
        limit: int = 100,
        *,
        at: datetime | None = None,
    ) -> list[HistoryRow]:
        """The changes of scores in the ``days`` up to ``at``, newest first, at most ``limit``; rows of decay included."""
        if limit < 1:
            raise InvalidInput(f"limit is at least 1; this one is {limit}.")
        moment = _moment(at)
        rows: list[HistoryRow] = self.database.call(
            "learner_history",
            learner=user_id,
            concept=concept_tag,
            since=_days_before(moment, days),
            until=moment,
            max_rows=min(limit, MOST_ROWS),
        )
        for row in rows:
            row["created_at"] = datetime.fromisoformat(str(row["created_at"]))
        return rows

    def start_session(
        self, user_id: str, *, at: datetime | None = None, session_id: str | None = None, by_hand: bool = False
    ) -> str:
        """Start a learning session and return its id (a UUID, drawn here if none is given).

        One that is started ``by_hand`` takes in what is recorded without a session while it runs.
        """
        session = session_id or str(uuid4())
        metadata = {"by_hand": True} if by_hand else None
        self.database.call("start_session", learner=user_id, session=session, at=_moment(at), metadata=metadata)
        return session

    def end_session(self, session_id: str, *, at: datetime | None = None) -> SessionSummary:
        """End a session of one's own and sum it up. Ending it again returns the same summary."""
        answer = self.database.call("end_session", session=session_id, at=_moment(at))
        return SessionSummary(
            session_id=answer["session_id"],
            concepts_touched=answer["concepts_touched"],
            total_interactions=answer["total_interactions"],
            mastery_gained=answer["mastery_gained"],
            started_at=datetime.fromisoformat(answer["started_at"]),
            ended_at=datetime.fromisoformat(answer["ended_at"]),
        )

    def get_learning_insights(self, user_id: str, days: float = 30, *, at: datetime | None = None) -> LearningInsights:
        """What the practice of the ``days`` up to ``at`` came to, and the strongest and weakest concepts at ``at``."""
        return self.get_period_insights(user_id, self.get_user_mastery(user_id, at=at), days, at=at)[0]

    def get_period_insights(
        self,
        user_id: str,
        standing: dict[str, ConceptMastery],
        days: float = 30,
        periods: int = 1,
        *,
        at: datetime | None = None,
        zone: str = "UTC",
    ) -> list[LearningInsights]:
        """The insights of the ``days`` up to ``at`` and of so many ``periods`` of as many days before it, newest first.

        Days practised are calendar days of ``zone``. For those who have ``standing`` at hand, what ``get_user_mastery`` says at ``at``: strongest and weakest are
        taken from it, and only the newest period has them.
        """
        moment = _moment(at)
        if periods < 1:
            raise InvalidInput(f"periods is at least 1; this one is {periods}.")
        moments = [moment]
        for _ in range(periods):
            moments.insert(0, _days_before(moments[0], days))
        sums = self.database.call("learner_practice", learner=user_id, moments=moments, zone=zone)
        known = [(m.concept_tag, m.mastery_score) for m in standing.values() if m.observations >= ENOUGH_OBSERVATIONS]
        newest, *earlier = [_insights(of_period, days) for of_period in reversed(sums)]
        strongest, weakest = strongest_and_weakest(known)
        return [replace(newest, strongest_concepts=strongest, weakest_concepts=weakest), *earlier]

    def get_mastery_curves(
        self,
        user_id: str,
        concepts: Sequence[str],
        days: float = 30,
        *,
        at: datetime | None = None,
        stretches: int = 200,
    ) -> list[MasteryCurve]:
        """The curves of ``concepts`` over the ``days`` up to ``at`` and two weeks on, in the order asked for.

        Concepts never practised by ``at`` are left out. Of each of so many equal ``stretches`` of time a curve keeps the
        first, last, lowest and highest step: more cannot be told apart on a screen.
        """
        if not concepts:
            return []
        moment = _moment(at)
        since = _days_before(moment, days)
        answer = self.database.call(
            "learner_curves", learner=user_id, concepts=list(concepts), since=since, until=moment, stretches=stretches
        )
        return _curves(answer, concepts, since.timestamp(), moment.timestamp())

    def get_daily_mastery(self, user_id: str, days: float = 30, *, at: datetime | None = None) -> pd.Series:
        """Mean mastery at the end of each UTC day of the ``days`` up to ``at``, the last one at ``at`` itself.

        A float series by moment (UTC); concepts with fewer than 3 observations by then are left out, NaN where none is left.
        """
        moment = _moment(at)
        since = _days_before(moment, days)
        answer = self.database.call("learner_days", learner=user_id, since=since, until=moment)
        first, end = (np.datetime64(each.date(), "D") + np.timedelta64(1, "D") for each in (since, moment))
        midnights = np.arange(first, end, np.timedelta64(1, "D")).astype("datetime64[us]")
        now = np.datetime64(moment.replace(tzinfo=None), "us")
        # What happens at midnight belongs to the day that begins.
        asked = np.append(midnights - np.timedelta64(1, "us"), now).astype(np.int64) / 1e6
        index = pd.DatetimeIndex(np.append(midnights, now)).tz_localize("UTC")
        return pd.Series(_daily_mean(answer, asked), index=index, name="mean_mastery")

    def get_rules(self, user_id: str) -> Rules:
        """The rules that a learner's scores follow, with thresholds of their own where they have set them."""
        answer = self.database.call("learner_rules", learner=user_id)
        return Rules(
            initial_score=answer["initial_score"],
            decay_factor=answer["decay_factor"],
            decay_period_days=answer["decay_period_days"],
            weak_below=answer["weak_threshold"],
            mastered_from=answer["mastered_threshold"],
            deltas={Outcome(outcome): delta for outcome, delta in answer["deltas"].items() if outcome in set(Outcome)},
        )

    def get_attempts(
        self, user_id: str, concept_tag: str, limit: int = 20, skip: int = 0, *, at: datetime | None = None
    ) -> list[Attempt]:
        """What a learner did on one concept by ``at``, newest first: at most ``limit`` after the ``skip`` newest."""
        if limit < 1 or skip < 0:
            raise InvalidInput(f"limit is at least 1 and skip at least 0; these are {limit} and {skip}.")
        rows = self.database.call(
            "learner_attempts",
            learner=user_id,
            concept=concept_tag,
            until=_moment(at),
            max_rows=min(limit, MOST_ROWS),
            skip=min(skip, MOST_ROWS),
        )
        return [Attempt(**row | {"at": datetime.fromisoformat(row["at"])}) for row in rows]

    def get_sessions(
        self, user_id: str, days: float = 30, limit: int = 1_000, *, at: datetime | None = None
    ) -> list[LearningSession]:
        """The sessions started in the ``days`` up to ``at``, newest first, at most ``limit``."""
        if limit < 1:
            raise InvalidInput(f"limit is at least 1; this one is {limit}.")
        moment = _moment(at)
        rows = self.database.call(
            "learner_sessions",
            learner=user_id,
            since=_days_before(moment, days),
            until=moment,
            max_rows=min(limit, MOST_ROWS),
        )
        return [_session(row) for row in rows]

    def get_session(self, session_id: str, limit: int = 1_000) -> SessionDetail:
        """One session and the first ``limit`` steps in it. Raises NotFound."""
        if limit < 1:
            raise InvalidInput(f"limit is at least 1; this one is {limit}.")
        answer = self.database.call("learner_session", session=session_id, max_rows=min(limit, MOST_ROWS))
        return SessionDetail(
            session=_session(answer["session"]),
            user_id=answer["user_id"],
            by_concept={concept: (gained, lost) for concept, (gained, lost) in sorted(answer["by_concept"].items())},
            events=[SessionEvent(**row | {"at": datetime.fromisoformat(row["at"])}) for row in answer["events"]],
            event_count=answer["event_count"],
        )

    def get_practice_hours(
        self, user_id: str, days: float = 30, zone: str = "UTC", *, at: datetime | None = None
    ) -> pd.DataFrame:
        """The hours of the clock in ``zone`` with practice in the ``days`` up to ``at``, rising.

        Columns: ``hour`` (its beginning on that clock, without a zone), ``observations``, ``graded`` (answers),
        ``correct``, ``gained`` and ``lost`` (at most 0; sums of the practice deltas), ``outside`` (observations that belong
        to no session).
        """
        moment = _moment(at)
        columns = self.database.call(
            "learner_hours", learner=user_id, since=_days_before(moment, days), until=moment, zone=zone
        )
        hours = pd.DataFrame(columns).astype(PRACTICE_HOURS)
        return hours[list(PRACTICE_HOURS)]

    def get_answers_by_gap(
        self, user_id: str, edges_days: Sequence[float], days: float = 30, *, at: datetime | None = None
    ) -> pd.DataFrame:
        """Answers of the ``days`` up to ``at`` by how long their concept had not been practised.

        ``edges_days`` begins with 0 and rises: one row a class, ``from_days``, ``to_days`` (infinity in the last),
        ``graded`` and ``correct``. The first practice of a concept has nothing before it and is left out.
        """
        edges = [float(edge) for edge in edges_days]
        if not edges or edges[0] != 0 or not all(low < high < math.inf for low, high in pairwise(edges)):
            raise InvalidInput(f"edges_days begins with 0 and rises; this is {edges}.")
        moment = _moment(at)
        counts = self.database.call(
            "learner_gaps", learner=user_id, since=_days_before(moment, days), until=moment, edges=edges
        )
        graded, correct = zip(*counts, strict=True)
        return pd.DataFrame(
            {"from_days": edges, "to_days": [*edges[1:], math.inf], "graded": graded, "correct": correct}
        )

    def get_group(self, user_id: str, cohort_id: str | None = None, *, at: datetime | None = None) -> GroupStanding:
        """A learner's cohorts of five learners or more, and how the learners of one (default: the first) stand.

        They are taken as they stood at the end of the UTC day of ``at``, today at the end of yesterday: see
        ``learner_group`` in SQL for why. Raises NotFound for a cohort that is smaller, or not theirs.
        """
        answer = self.database.call("learner_group", learner=user_id, cohort=cohort_id, at=_moment(at))
        return GroupStanding(
            cohorts=[GroupCohort(**cohort) for cohort in answer["cohorts"]],
            cohort_id=answer["cohort_id"],
            concepts=pd.DataFrame(answer["concepts"], columns=list(GROUP_COLUMNS)).astype(GROUP_COLUMNS),
        )

    def get_pulse(self, user_id: str) -> str:
        """A text that changes whenever something recorded about a learner did."""
        return str(self.database.call("learner_pulse", learner=user_id))

    def export(self, user_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Everything that is recorded about a learner, row by row: the table's name and the row as it is stored."""
        for part, (table, key) in EXPORTED.items():
            after = None
            while rows := self.database.call("learner_export", learner=user_id, part=part, after=after):
                yield from ((table, row) for row in rows)
                after = {column: rows[-1][column] for column in key}

    def erase_record(self, user_id: str) -> dict[str, int]:
        """Erase everything that was recorded about a learner; how many rows went, by table. It cannot be undone."""
        gone: dict[str, int] = self.database.call("erase_record", learner=user_id)
        return gone


PRACTICE_HOURS = {
    "hour": "datetime64[s]",
    "observations": "int64",
    "graded": "int64",
    "correct": "int64",
    "gained": "float64",
    "lost": "float64",
    "outside": "int64",
}
GROUP_COLUMNS = {"concept": "str", "learners": "int64", "lower": "float64", "middle": "float64", "upper": "float64"}
# The parts of an export: the table each is of, and the columns that its rows are ordered by.
EXPORTED = {
    "student_mastery": ("student_mastery", ("concept_tag",)),
    "learning_sessions": ("learning_sessions", ("started_at", "id")),
    "interactions": ("interactions", ("concept_focus", "created_at", "id")),
    "interactions that count for nothing": ("interactions", ("id",)),
    "mastery_history": ("mastery_history", ("created_at", "interaction_id", "trigger_type")),
    "mastery_daily": ("mastery_daily", ("day", "concept_tag")),
}

INTERACTION_TYPES = {
    Outcome.CORRECT: "quiz_attempt",
    Outcome.INCORRECT: "quiz_attempt",
    Outcome.CONFUSION_DETECTED: "question_asked",
    Outcome.PASSIVE_READ: "explanation_viewed",
}


def _outcome_row(outcome: Mapping[str, Any]) -> dict[str, Any]:
    if outcome["outcome"] not in set(Outcome):
        raise InvalidInput(f'Unknown outcome "{str(outcome["outcome"])[:80]}": use one of {", ".join(Outcome)}.')
    given = {name: value for name, value in outcome.items() if value is not None}
    default = {"type": INTERACTION_TYPES[Outcome(outcome["outcome"])]}
    at = {"at": _moment(given["at"]).isoformat()} if "at" in given else {}
    return default | given | {"concept": check_concept(outcome["concept"]), "outcome": str(outcome["outcome"])} | at


def _moment(at: datetime | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    if at.tzinfo is None or at.utcoffset() is None:
        raise InvalidInput(f"{at.isoformat()} has no time zone: say which, for instance with tzinfo=UTC.")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(f"{at.isoformat()} is outside the years 1 to 9999 of UTC.") from None


def _days_before(moment: datetime, days: float) -> datetime:
    if not (isinstance(days, int | float) and math.isfinite(days) and 0 < days <= LONGEST_RANGE_DAYS):
        raise InvalidInput(f"days is a number above 0 and at most {LONGEST_RANGE_DAYS}; this one is {days}.")
    return EARLIEST if moment - EARLIEST <= timedelta(days=days) else moment - timedelta(days=days)


def _concept_masteries(answer: dict[str, Any], moment: datetime, *, apply_decay: bool) -> list[ConceptMastery]:
    settings = answer["settings"]
    period, weak = settings["decay_period_days"], settings["weak_threshold"]
    assessed = [None if text is None else datetime.fromisoformat(text) for text in answer["last_assessed_at"]]
    stored = np.array(answer["stored_score"], dtype=np.float64)
    factor = np.array(answer["decay_factor"], dtype=np.float64)
    elapsed = np.array([0.0 if then is None else (moment - then).total_seconds() / SECONDS_A_DAY for then in assessed])
    score = retained(stored, factor, elapsed, period_days=period)
    days_left = days_until_below(weak, score, factor, period_days=period)
    return [
        ConceptMastery(
            concept_tag=concept,
            mastery_score=now if apply_decay else then,
            last_assessed_at=last,
            decay_factor=kept_a_day,
            trend=trend,
            recent_delta=delta,
            stored_score=then,
            observations=observations,
            due_at=_later(moment, left),
            recent_forgetting=forgetting,
            graded=graded,
            correct=correct,
        )
        for concept, now, last, kept_a_day, trend, delta, then, observations, left, forgetting, graded, correct in zip(
            answer["concept_tag"], score.tolist(), assessed, answer["decay_factor"],
            trends(answer["recent_delta"], answer["recent_events"]), answer["recent_delta"], answer["stored_score"],
            answer["observations"], days_left.tolist(), answer["recent_forgetting"], answer["graded"], answer["correct"], strict=True,
        )
    ]  # fmt: skip


def _session(row: dict[str, Any]) -> LearningSession:
    ended = row["ended_at"]
    return LearningSession(
        **row
        | {
            "started_at": datetime.fromisoformat(row["started_at"]),
            "ended_at": None if ended is None else datetime.fromisoformat(ended),
        }
    )


def _insights(sums: dict[str, Any], days: float) -> LearningInsights:
    return LearningInsights(
        total_interactions=sums["observations"],
        concepts_practiced=sums["concepts"],
        learning_velocity=learning_velocity(sums["practised"], days),
        days_analyzed=days,
        days_practiced=sums["days_practised"],
        practice_delta=sums["practised"],
        forgotten=sums["forgotten"],
        right_answers=sums["correct"],
        graded_answers=sums["graded"],
    )


def _later(moment: datetime, days: float) -> datetime | None:
    if not math.isfinite(days):
        return None
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        return None


def _curves(answer: dict[str, Any], concepts: Sequence[str], since: float, until: float) -> list[MasteryCurve]:
    period = answer["settings"]["decay_period_days"]
    wanted = [concept for concept in dict.fromkeys(concepts) if concept in answer["curves"]]
    return [_curve(concept, answer["curves"][concept], since, until, period) for concept in wanted]


def _curve(concept: str, drawn: dict[str, Any], since: float, until: float, period: float) -> MasteryCurve:
    step_at, step_score, step_delta = (np.array(drawn[column], dtype=np.float64) for column in ("at", "score", "delta"))
    times, scores = trace(
        step_at,
        step_score,
        step_delta,
        drawn["decay_factor"],
        since=since,
        until=until,
        start=None if drawn["start_at"] is None else (drawn["start_at"], drawn["start_score"]),
        period_days=period,
    )
    ahead_at, ahead = projection(
        float(scores[-1]),
        drawn["decay_factor"],
        since=until,
        until=until + PROJECTED_DAYS * SECONDS_A_DAY,
        period_days=period,
    )
    return MasteryCurve(concept, times, scores, ahead_at, ahead, step_at, step_score, step_delta, drawn["kind"])


def _daily_mean(answer: dict[str, Any], moments: Floats) -> Floats:
    numbers: dict[str, int] = {}
    concept = np.array([numbers.setdefault(name, len(numbers)) for name in answer["concept_tag"]], dtype=np.intp)
    at, score, observations = (np.array(answer[name], dtype=np.float64) for name in ("at", "score", "observations"))
    factors = np.array([answer["decay_factors"][name] for name in numbers], dtype=np.float64)
    period = answer["settings"]["decay_period_days"]
    return daily_mean(moments, concept, at, score, observations, factors, period_days=period)
