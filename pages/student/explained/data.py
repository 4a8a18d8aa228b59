"""What the screen My data says about a learner's record: what is in it, what an end of it takes away, what it leaves."""

from datetime import datetime
from zoneinfo import ZoneInfo

from mastery_core.model import ConceptMastery
from pages.words import count, day, percent

# What has to be typed before anything is erased.
PHRASE = "delete my data"
TABLE_NAMES = {
    "student_mastery": "Standing",
    "learning_sessions": "Sessions",
    "interactions": "Interactions",
    "mastery_history": "History",
    "mastery_daily": "Days",
}
# What a row of each table is.
ROWS = {
    "interactions": "interaction",
    "student_mastery": "concept",
    "learning_sessions": "session",
    "mastery_history": "score change",
    "mastery_daily": "daily sum",
}
FORMATS = (
    "Everything that is recorded about you, as it is stored: your profile and cohorts, where you stand, your sessions, each "
    "interaction, every change of a score, and what each day came to. JSON keeps every value exactly; the archive has a CSV "
    "file for each table, and a README that explains them."
)
REPORT = (
    "One page to print or to keep as PDF: how your mastery moved in the term, how much you practised, where you stand, and "
    "what to review next. It opens in any browser and loads nothing from elsewhere."
)
STAYS = (
    "Your account, your name and profile, and the cohorts you belong to stay. What a tutor or a course keeps about you "
    "itself is not touched. New practice starts a new record."
)


def erased(concepts: int, observations: int, sessions: int) -> str:
    """What would go, in the learner's own numbers."""
    return (
        f"This erases **{count(observations, 'observation')}** of **{count(concepts, 'concept')}**, "
        f"**{count(sessions, 'session')}**, and everything that follows from them: scores, history, daily sums. "
        "**It cannot be undone.**"
    )


def gone(rows: dict[str, int]) -> str:
    """What went, table by table."""
    *parts, last = [count(rows.get(table, 0), noun) for table, noun in ROWS.items()]
    return f"Your learning record is erased: {', '.join(parts)} and {last}."


def why(mastery: ConceptMastery, weak: float, at: datetime, zone: ZoneInfo) -> str:
    """Why a concept is to be reviewed, in a few words."""
    if mastery.due_at is None or mastery.mastery_score < weak:
        return f"{percent(mastery.mastery_score)} now"
    return f"below {percent(weak)} on {day(mastery.due_at, at, zone)}"
