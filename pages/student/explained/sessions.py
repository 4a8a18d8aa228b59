"""What each figure of the Sessions screen means: its formula, with the learner's own numbers in it."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mastery_core.model import LearningSession, SessionSummary
from mastery_core.standing import ENOUGH_OBSERVATIONS
from mastery_core.usual_session import ENOUGH_SESSIONS, LATEST, UsualSession
from pages.words import count, day_with_year, duration, percent, points

NOT_YET, STILL_RUNNING, FEW_ANSWERS = "too few to compare", "still running", "too few answers"
USUAL = "vs usual"
BY_HAND = "For practice that no tutor counts: what is recorded while it runs belongs to it."
NOTHING_RECORDED = (
    "Nothing has been recorded for you yet. Answer a few questions in the tutor or course that is connected to this "
    "dashboard, or start a session here: your days and sessions then appear on this screen."
)
NO_SUCH_SESSION = "There is no such session, or not one you may see."
IN_NO_SESSION = "they count all the same."


# The year and the list


def calendar_alt(days: Any, zone: ZoneInfo) -> str:
    """The squares of the calendar in words: ``days`` as the figure takes them."""
    practised = days[days["observations"] > 0]["observations"]
    span = f"Practice by day from {day_with_year(days.index[0].date(), zone)} to {day_with_year(days.index[-1].date(), zone)}"
    if practised.empty:
        return f"{span}: none."
    return (
        f"{span}: {count(int(practised.sum()), 'observation')} on {count(len(practised), 'day')}, "
        f"most on {day_with_year(practised.idxmax().date(), zone)} ({practised.max():,})."
    )


def shades(starts: Sequence[int], most: int) -> str:
    """What the shades of the calendar stand for."""
    if not starts:
        return "No practice in these 53 weeks."
    ends = [start - 1 for start in starts[1:]] + [most]
    steps = ", ".join(
        f"{low:,}" if low == high else f"{low:,} to {high:,}" for low, high in zip(starts, ends, strict=True)
    )
    stronger = "The stronger the blue, the more observations" if len(starts) > 1 else "Blue: observations that day"
    return f"{stronger}: {steps}. Grey: none."


def counted(sessions: int, inside: int, outside: int, *, most: int) -> str:
    """How much the listed sessions hold, and how much of the time belongs to none."""
    parts = [f"{count(sessions, 'session')} with {count(inside, 'observation')}."] if sessions else []
    if sessions == most:
        parts.append(f"These are the newest {most:,}: choose a shorter range for others.")
    if outside > 0:
        parts.append(f"{count(outside, 'observation')} outside any session: {IN_NO_SESSION}")
    return " ".join(parts)


def summed_up(summary: SessionSummary) -> str:
    """A session that was just ended, in a sentence."""
    if not summary.total_interactions:
        return "The session has ended. Nothing was recorded while it ran."
    took = (summary.ended_at - summary.started_at) if summary.ended_at and summary.started_at else timedelta()
    return (
        f"The session has ended: {duration(took / timedelta(minutes=1))}, "
        f"{count(summary.total_interactions, 'observation')} of {count(len(summary.concepts_touched), 'concept')}, "
        f"{points(sum(summary.mastery_gained.values()), 1)} points in all."
    )


def running(session: LearningSession, now: datetime, zone: ZoneInfo) -> str:
    since = session.started_at.astimezone(zone)
    today = since.date() == now.astimezone(zone).date()
    start = f"{since:%H:%M}" if today else f"{since:%a} {since.day} {since:%b}, {since:%H:%M}"
    done = (
        f"{count(session.interactions, 'observation')} of {count(session.concepts, 'concept')} so far"
        if session.interactions
        else "nothing recorded so far"
    )
    return f"**Running since {start}** ({duration((now - session.started_at) / timedelta(minutes=1))}): {done}."


# One session


def beside_usual(
    now: float | None, usual: float, shown: Callable[[float], str], why_none: str = NOT_YET
) -> dict[str, Any]:  # fmt: skip
    """How a figure of a session differs from the usual one, as ``st.metric`` takes it; or why there is no saying."""
    if now is None or math.isnan(usual):
        return {"delta": None, "delta_description": why_none if now is None else NOT_YET}
    text = shown(now - usual)
    # Streamlit puts an arrow beside every text, "+0 min" too, but none beside the number 0.
    same = not any(digit in text for digit in "123456789")
    return {"delta": 0 if same else text, "delta_description": USUAL, "delta_color": "off"}


def in_points(share: float) -> str:
    """A difference of shares where there is little room: beside a number of answers it has to say its unit."""
    return f"{points(share)} pts"


def took(session: LearningSession, usual: UsualSession, zone: ZoneInfo) -> str:
    begin = f"It began at {session.started_at.astimezone(zone):%H:%M:%S} on {day_with_year(session.started_at, zone)}"
    if session.ended_at is None or session.minutes is None:
        return f"From its first to its last moment.\n\n{begin} and is still running."
    return (
        f"From its beginning to its end.\n\n{begin} and ended at {session.ended_at.astimezone(zone):%H:%M:%S}: "
        f"**{duration(session.minutes)}**.\n\n{_usual(usual, duration(usual.minutes) if usual.minutes >= 0 else '')}"
    )


def interactions(session: LearningSession, usual: UsualSession) -> str:
    others = session.interactions - session.graded
    return (
        "How many times something was answered, asked or read.\n\n"
        f"{count(session.graded, 'answer')} + {others} asked or read = **{session.interactions}**.\n\n"
        f"{_usual(usual, f'{usual.interactions:g}')}"
    )


def concepts(session: LearningSession, usual: UsualSession) -> str:
    return (
        f"How many different concepts came up: **{session.concepts}**, over "
        f"{count(session.interactions, 'interaction')}.\n\n{_usual(usual, f'{usual.concepts:g}')}"
    )


def right(session: LearningSession, usual: UsualSession) -> str:
    if not session.graded:
        return "Right answers of all answers. Nothing was answered in this session: it was asked and read."
    text = f"Right answers of all answers: {session.correct} ÷ {session.graded}"
    if session.graded < ENOUGH_OBSERVATIONS:
        return f"{text}. It takes {ENOUGH_OBSERVATIONS} answers to tell a share."
    share = "" if math.isnan(usual.right) else percent(usual.right)
    return (
        f"{text} = **{percent(session.correct / session.graded)}**.\n\n"
        f"{_usual(usual, share)} Sessions with fewer than {ENOUGH_OBSERVATIONS} answers are left out of it."
    )


def net(session: LearningSession, usual: UsualSession) -> str:
    return (
        "What practice gained and lost in this session, over all concepts. A concept that goes from 0% to 100% is 100 "
        f"points.\n\n{points(session.gained, 1)} gained, {points(session.lost, 1)} lost: "
        f"**{points(session.net, 1)} points**.\n\nWhat time had taken away before is not in it.\n\n"
        f"{_usual(usual, points(usual.net, 1) if not math.isnan(usual.net) else '')}"
    )


def changes_alt(by_concept: dict[str, tuple[float, float]], names: Sequence[str]) -> str:
    each = "; ".join(f"{name}: {points(by_concept[name][0], 1)} and {points(by_concept[name][1], 1)}" for name in names)
    return f"Points gained and lost by concept, the most gained first. {each}."


def order_alt(session: LearningSession) -> str:
    others = session.interactions - session.graded
    return (
        f"The steps of the session in order, by concept: {session.correct} right and "
        f"{session.graded - session.correct} wrong answers, {others} asked or read. The table below has each of them."
    )


def _usual(usual: UsualSession, figure: str) -> str:
    if usual.sessions < ENOUGH_SESSIONS or not figure:
        return f"What is usual for you can be told from {ENOUGH_SESSIONS} other sessions in the chosen range on."
    return (
        f"Usual for you: **{figure}**, the middle of your {'last ' if usual.sessions == LATEST else ''}"
        f"{usual.sessions} other sessions in the chosen range."
    )
