"""What the screen Data says about an extract."""

from datetime import datetime

from mastery_core.research.extract import Extracted
from pages.words import count

WHAT = (
    "What the learners of shared cohorts did, event by event, to work with where you like. Nobody is named in it: learners, cohorts and "
    "sessions have names that only this database can give, the same in every extract. A cohort is in it when those who teach it share it "
    "and enough of its learners practised and take part; who wants no part in research is left out. Of who is in it, all practice is."
)
EXTRACT = "Reads what is new or has changed since the last extract. When you leave the page it stops, and goes on from there the next time."
NOT_YET = "Nothing has been extracted here yet: **Extract now** does."
INCOMPLETE = (
    "The extract is not complete: it is under way, or was interrupted. **Extract now** goes on where it stopped."
)
NOTHING = (
    "There is nothing to extract: no cohort is shared with researchers in which enough learners practised and take part. Those who teach "
    "a cohort share it on their screen **Manage**."
)
EVENTS = "An event is one outcome that was recorded: an answer, something read, a confusion noticed, or a score put in force (reset)."
LEARNERS = (
    "Learners with at least one event. Each is counted in one cohort: of those that are shared, the one joined first."
)
COHORTS = "Cohorts that are shared and have enough learners who practised and take part: five, where this house does not ask for more."
CONCEPTS = "Different concepts in the events."
MONTH = "A month of UTC. Each is a file of its own."
DATASHOP = (
    "The transaction format of PSLC DataShop: tab-separated text, packed with gzip. An import of it (`--format datashop`) gives the same "
    "events and scores again, but for resets and deltas of an outcome's own."
)
SAME_FROM_THE_COMMAND_LINE = (
    "A download is brought up to date first, so that who has left is not in it. "
    "The same, for a program: `python -m mastery_core extract DIR` writes the Parquet files into a folder, and brings them up to date "
    "when it is run again."
)


def extracted(done: Extracted) -> str:
    """What a run came to."""
    if not done.written and not done.removed:
        return "Nothing has changed since the last extract."
    return f"{count(done.manifest.rows, 'event')} extracted; {count(len(done.written), 'month')} written now."


def as_of(moment: datetime) -> str:
    return f"As of {moment.day} {moment:%B %Y}, {moment:%H:%M}."
