"""Each figure, table and chart of a screen holds the numbers that MasteryService gives for the same moment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from mastery_core import MasteryService
from mastery_core.concept import concept_id
from mastery_core.database import EmbeddedDatabase
from mastery_core.model import ConceptMastery
from tests.browser import screens

NAME, ZONE = "Haruka Ishibashi", ZoneInfo("Asia/Kolkata")
# A day of the past, which what is practised since does not change; the viewer's, which ends at 18:30 UTC.
DAY = (datetime.now(ZONE) - timedelta(days=8)).date()
MOMENT = datetime.combine(DAY + timedelta(days=1), time(), ZONE).astimezone(UTC) - timedelta(microseconds=1)
DAYS = 30
ENOUGH = 3
EVERY_CONCEPT = "Every concept with its mastery, trend and dates, weakest first"


@dataclass(frozen=True)
class Asked:
    """A window on one person's screens, and the service to ask the same things."""

    page: Page
    service: MasteryService
    learner: str

    @property
    def standing(self) -> dict[str, ConceptMastery]:
        return self.service.get_user_mastery(self.learner, at=MOMENT)

    @property
    def known(self) -> list[ConceptMastery]:
        return [mastery for mastery in self.standing.values() if mastery.observations >= ENOUGH]

    def figures(self) -> dict[str, str]:
        return {label: metric.value for label, metric in screens.metrics(self.page).items()}


@pytest.fixture(scope="module")
def asked(app_url: str, browser: Browser, app_database: EmbeddedDatabase) -> Iterator[Asked]:
    found = app_database.acting_as_service().call("find_people", who=NAME, max_people=2)
    learner = found["people"][0]["id"]
    service = MasteryService(app_database.acting_as(learner))
    with screens.signed_in(browser, app_url, NAME, f"/?as_of={DAY}", timezone_id=ZONE.key) as page:
        yield Asked(page, service, learner)


def percent(share: float) -> str:
    return f"{share:.0%}"


def points(share: float, digits: int) -> str:
    rounded = round(share * 100, digits)
    return f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"


def number(text: str) -> float:
    """What a cell says, which is rounded to one digit."""
    return float(text.rstrip("%").replace(",", "").replace("−", "-"))


def same(text: str, share: float) -> bool:
    return abs(number(text) - share * 100) < 0.051


def open_numbers(page: Page, title: str) -> None:
    page.get_by_test_id("stExpander").get_by_text(title, exact=True).click()
    screens.settle(page)


def test_progress(asked: Asked) -> None:
    screens.open_screen(asked.page, "Progress")
    scores = [mastery.mastery_score for mastery in asked.known]
    insights = asked.service.get_period_insights(asked.learner, asked.standing, DAYS, 1, at=MOMENT, zone=ZONE.key)[0]
    assert asked.figures() == {
        "Mean mastery": percent(sum(scores) / len(scores)),
        "Mastered": f"{sum(score >= 0.8 for score in scores)} of {len(scores)}",
        "Needing review": f"{sum(score < 0.5 for score in scores)} of {len(scores)}",
        "Learning velocity": f"{points(insights.learning_velocity, 1)} a day",
        "Days practised": str(insights.days_practiced),
    }
    bars, faded, *_ = screens.traces(asked.page, "Mastery of ")
    assert sorted(bars["x"]) == pytest.approx(sorted(mastery.mastery_score for mastery in asked.standing.values()))
    # What was forgotten is drawn where there is data enough to say so.
    assert sum(faded["x"]) == pytest.approx(sum(m.stored_score - m.mastery_score for m in asked.known))
    daily = asked.service.get_daily_mastery(asked.learner, DAYS, at=MOMENT)
    assert screens.traces(asked.page, "Mean mastery by day")[0]["y"] == pytest.approx(daily.tolist(), nan_ok=True)
    curves = screens.traces(asked.page, "Mastery over time")
    for concept, mastery in asked.standing.items():
        ends = [trace["y"][0] for trace in curves if trace["name"] == concept][
            -1:
        ]  # of the line that leads on from now
        assert ends == pytest.approx([mastery.mastery_score] * len(ends), abs=2e-3)
    rows = screens.table(asked.page, EVERY_CONCEPT)
    assert len(rows) >= 5
    for row in rows:
        mastery = asked.standing[row["Concept"]]
        assert same(row["Score then"], mastery.stored_score)
        assert same(row["Change"], mastery.recent_delta)
        assert same(row["Forgotten"], mastery.recent_forgetting)
        if mastery.observations >= ENOUGH:
            assert same(row["Now"], mastery.mastery_score)


def test_concept(asked: Asked) -> None:
    mastery = max(asked.known, key=lambda each: each.observations)
    screens.open_screen(asked.page, "Progress")
    asked.page.goto(f"{asked.page.url.partition('?')[0]}concept?as_of={DAY}&concept={concept_id(mastery.concept_tag)}")
    screens.arrive(asked.page, "Concept")
    attempts = asked.service.get_attempts(asked.learner, mastery.concept_tag, 1_000, at=MOMENT)
    recent = [attempt for attempt in attempts if attempt.at > MOMENT - timedelta(days=DAYS)]
    figures = asked.figures()
    assert figures["Mastery now"] == percent(mastery.mastery_score)
    assert figures["When last practised"] == percent(mastery.stored_score)
    assert figures["Observations"] == str(sum(attempt.kind != "reset" for attempt in recent))
    assert figures["Trend"].split()[-1] == points(mastery.recent_delta, 0)
    drawn = {trace["name"]: trace["y"] for trace in screens.traces(asked.page, "Mastery of ")}
    for kind, word in {"correct": "right answer", "incorrect": "wrong answer"}.items():
        after = sorted(attempt.after for attempt in recent if attempt.kind == kind)
        assert sorted(drawn.get(word, [])) == pytest.approx(after)
    rows = screens.table(asked.page, "Attempts on this concept")
    assert len(rows) >= min(5, len(attempts))
    for row, attempt in zip(rows, attempts, strict=False):
        assert int(row["No."]) == attempt.opportunity
        assert datetime.fromisoformat(row["When"]) == attempt.at.replace(microsecond=0)
        assert same(row["Score before"], attempt.before)
        assert same(row["Change"], attempt.delta)
        assert same(row["Score after"], attempt.after)
        assert same(row["Forgotten before"], attempt.forgotten)


def test_sessions(asked: Asked) -> None:
    screens.open_screen(asked.page, "Sessions")
    sessions = asked.service.get_sessions(asked.learner, DAYS, at=MOMENT)
    rows = screens.table(asked.page, screens.SESSIONS_LISTED)
    assert len(rows) >= min(5, len(sessions))
    for row, session in zip(rows, sessions, strict=False):
        counts = [int(row[name]) for name in ("Interactions", "Right", "Answers", "Concepts")]
        assert counts == [session.interactions, session.correct, session.graded, session.concepts]
        for name, share in (("Net", session.net), ("Gained", session.gained), ("Lost", session.lost)):
            assert same(row[name], share)
    hours = asked.service.get_practice_hours(asked.learner, 371, ZONE.key, at=MOMENT)
    squares = [figure.get_attribute("aria-label") or "" for figure in asked.page.get_by_role("figure").all()]
    counted = [re.search(r": ([\d,]+) observations? on (\d+)", label) for label in squares]
    assert sum(int(each[1].replace(",", "")) for each in counted if each) == hours["observations"].sum()
    assert sum(int(each[2]) for each in counted if each) == hours["hour"].dt.date.nunique()


def test_one_session(asked: Asked) -> None:
    screens.open_screen(asked.page, "Sessions")
    screens.open_row(asked.page, screens.SESSIONS_LISTED)
    expect(asked.page.get_by_role("heading", name="What happened, in order")).to_be_visible()
    screens.settle(asked.page)
    session = asked.service.get_sessions(asked.learner, DAYS, at=MOMENT)[0]
    detail = asked.service.get_session(session.id)
    figures = asked.figures()
    assert figures["Interactions"] == str(session.interactions)
    assert figures["Concepts"] == str(session.concepts)
    assert figures["Right answers"] == f"{session.correct} of {session.graded}"
    assert figures["Net gain, points"] == points(session.net, 1)
    bars = screens.traces(asked.page, "Points gained and lost by concept")
    moved = [value for bar in bars if bar["type"] == "bar" for value in bar["x"]]
    assert sum(moved) == pytest.approx(session.net)
    marks = {trace["name"]: trace["x"] for trace in screens.traces(asked.page, "The steps of the session in order")}
    for kind, word in {"correct": "right answer", "incorrect": "wrong answer"}.items():
        assert marks.get(word, []) == [step for step, event in enumerate(detail.events, 1) if event.kind == kind]
    for row in screens.table(asked.page, "What each concept of the session gained and lost, in points"):
        gained, lost = detail.by_concept[row["Concept"]]
        assert same(row["Gained"], gained)
        assert same(row["Lost"], lost)


def test_insights(asked: Asked) -> None:
    screens.open_screen(asked.page, "Insights")
    now, before = asked.service.get_period_insights(asked.learner, asked.standing, DAYS, 2, at=MOMENT, zone=ZONE.key)
    figures = screens.metrics(asked.page)
    assert {name: figures[name].value for name in ("Observations", "Days practised", "Concepts practised")} == {
        "Observations": f"{now.total_interactions:,}",
        "Days practised": str(now.days_practiced),
        "Concepts practised": str(now.concepts_practiced),
    }
    assert figures["Velocity per day"].value == points(now.learning_velocity, 1)
    assert figures["Right answers"].value == percent(now.right_answers / now.graded_answers)
    assert int(figures["Observations"].change) == now.total_interactions - before.total_interactions
    hours = asked.service.get_practice_hours(asked.learner, DAYS, ZONE.key, at=MOMENT)
    drawn = {trace["name"]: trace["y"] for trace in screens.traces(asked.page, "Points won and lost")}
    assert sum(drawn["won"]) == pytest.approx(hours["gained"].sum() * 100)
    assert sum(drawn["lost"]) == pytest.approx(hours["lost"].sum() * 100)
    assert sum(drawn["won"]) + sum(drawn["lost"]) == pytest.approx(now.practice_delta * 100)
    shown = asked.page.get_by_test_id("stMain").inner_text()
    for concept, score in (*now.strongest_concepts, *now.weakest_concepts):
        assert concept in shown
        assert percent(score) in shown


def test_review_plan(asked: Asked) -> None:
    screens.open_screen(asked.page, "Review plan")
    figures = asked.figures()
    bars = [trace for trace in screens.traces(asked.page, "Right answers by day") if trace["type"] == "bar"]
    assert sum(y for bar in bars for y in bar["y"]) == int(figures["Right answers"])
    assert figures["Concepts"].endswith(f" of {len(asked.known)}")
    below = {mastery.concept_tag for mastery in asked.known if mastery.mastery_score < 0.5}
    open_numbers(asked.page, "The plan as a table")
    rows = screens.table(asked.page, "What to practise on which day")
    assert rows
    for row in rows:
        if row["Concept"] in below:  # planned for the first moment, at the score of now
            below.remove(row["Concept"])
            assert same(row["From"], asked.standing[row["Concept"]].mastery_score)


def test_my_group(asked: Asked) -> None:
    screens.open_screen(asked.page, "My group")
    asked.page.get_by_text("Show me beside my group").click()
    expect(asked.page.get_by_role("heading", name="Concept by concept")).to_be_visible()
    screens.settle(asked.page)
    group = asked.service.get_group(asked.learner, at=MOMENT).concepts.set_index("concept")
    open_numbers(asked.page, "The numbers behind it")
    rows = screens.table(asked.page, "Every concept of the group")
    assert len(rows) >= min(5, len(group))
    for row in rows:
        of_group = group.loc[row["Concept"]]
        assert [number(row[name]) for name in ("Lower quartile", "Middle", "Upper quartile")] == pytest.approx(
            [of_group[name] * 100 for name in ("lower", "middle", "upper")]
        )


def test_my_data(asked: Asked) -> None:
    screens.open_screen(asked.page, "My data")
    open_numbers(asked.page, "What goes, what stays, and how")
    expect(asked.page.get_by_text("It cannot be undone.")).to_be_visible()
    exported = [table for table, _ in asked.service.export(asked.learner)]
    shown = asked.page.get_by_test_id("stMain").inner_text()
    assert f"{exported.count('interactions'):,} observations of {exported.count('student_mastery')} concepts" in shown
    assert f"{exported.count('learning_sessions')} sessions" in shown


def test_profile_and_help(asked: Asked) -> None:
    rules = asked.service.get_rules(asked.learner)
    screens.open_screen(asked.page, "Profile")
    assert asked.page.get_by_role("spinbutton", name="Weak below (%)").input_value() == f"{rules.weak_below * 100:g}"
    assert (
        asked.page.get_by_role("spinbutton", name="Mastered from (%)").input_value() == f"{rules.mastered_from * 100:g}"
    )
    screens.open_screen(asked.page, "Help")
    then, days = (
        float(asked.page.get_by_role("spinbutton", name=label).input_value())
        for label in ("Score then (%)", "Days since")
    )
    left = then / 100 * rules.decay_factor ** (days / rules.decay_period_days)
    assert asked.figures()["Score now"] == percent(left)
