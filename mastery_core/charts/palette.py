"""Colours and symbols, chosen so that nothing is said by colour alone.

The colours begin with those of Okabe and Ito (https://jfly.uni-koeln.de/color/) and go on with ones that stay apart
for people with protanopia, deuteranopia and tritanopia. Each has a contrast of at least 3 to 1 on the light and on the
dark page, so that one figure serves both. ``.streamlit/config.toml`` repeats them as chartCategoricalColors.
"""

from collections.abc import Sequence

from mastery_core.attention import Group
from mastery_core.standing import Band

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8227e8", "#d2003c", "#9678ff", "#4b6969")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "triangle-down", "cross", "star")

BAND_COLOURS = {
    Band.WEAK: "#d55e00",
    Band.DEVELOPING: "#0072b2",
    Band.MASTERED: "#009e73",
    Band.NOT_ENOUGH_DATA: "#7d8590",
}
BAND_GLYPHS = {Band.WEAK: "▼", Band.DEVELOPING: "●", Band.MASTERED: "★", Band.NOT_ENOUGH_DATA: "○"}

GROUP_GLYPHS = {
    Group.STRUGGLING: "▼",
    Group.SLIPPING: "↘",
    Group.ON_TRACK: "●",
    Group.EXCELLING: "★",
    Group.NOT_ENOUGH_DATA: "○",
}

BAND_WORDS = {
    Band.WEAK: "to review",
    Band.DEVELOPING: "on the way",
    Band.MASTERED: "mastered",
    Band.NOT_ENOUGH_DATA: "not enough data",
}


def slots(chosen: Sequence[str], concepts: Sequence[str]) -> dict[str, int]:
    """Which colour and symbol each chosen concept has: its own by its place among all, or the next that is free.

    So a concept looks the same from day to day, and no two in one figure look alike while there are slots enough.
    """
    place = {concept: number for number, concept in enumerate(sorted(concepts))}
    taken: dict[str, int] = {}
    for concept in sorted(chosen):
        own = place.get(concept, 0)
        free = (
            slot % len(COLOURS) for slot in range(own, own + len(COLOURS)) if slot % len(COLOURS) not in taken.values()
        )
        taken[concept] = next(free, own % len(COLOURS))
    return taken
