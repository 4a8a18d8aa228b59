"""What the cells of the Grid mean, and in which order its rows stand."""

import numpy as np
from numpy.typing import NDArray

from mastery_core.charts.grid import MOST_CLICKED_ROWS
from mastery_core.model import Rules
from mastery_core.standing import ENOUGH_OBSERVATIONS, enough
from pages.words import percent

ORDERS = {
    "name": "In alphabetical order.",
    "mastery": "By mean mastery now, lowest first; those without enough data last.",
    "likeness": "Who stands alike is side by side, within this page: clustered by the distance of their scores, what is not known counted as the mean of its concept.",
}
HOW_TO_OPEN = {
    True: "Click a cell to open the learner's concept.",
    False: f"Of up to {MOST_CLICKED_ROWS} learners at once a cell can be clicked; here the table below opens a learner.",
}


def legend(score: NDArray[np.float64], observations: NDArray[np.int64], rules: Rules) -> str:
    """What the colours say, and how many cells there are of each kind."""
    known = enough(observations) & np.isfinite(score)
    weak, mastered = int((score[known] < rules.weak_below).sum()), int((score[known] >= rules.mastered_from).sum())
    few, never = int(((observations > 0) & ~known).sum()), int((observations == 0).sum())
    return (
        f"Score now. :orange[▼ below {percent(rules.weak_below)}: {weak:,}] · :blue[● developing: {int(known.sum()) - weak - mastered:,}] · "
        f":green[★ mastered from {percent(rules.mastered_from)}: {mastered:,}] · :gray[○ grey, fewer than {ENOUGH_OBSERVATIONS} observations: {few:,}] · "
        f"empty, never practised: {never:,}. {HOW_TO_OPEN[len(score) <= MOST_CLICKED_ROWS]}"
    )
