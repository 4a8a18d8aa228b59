"""Where the groups begin: sliders, kept in the address and said in words."""

import streamlit as st

from mastery_core.attention import USUAL_LIMITS, Limits
from mastery_core.trend import WINDOW_DAYS
from pages import address, words

STRUGGLING, SLIPPING, EXCELLING, INACTIVE = "struggling", "slipping", "excelling", "inactive"
NAMES = (STRUGGLING, SLIPPING, EXCELLING, INACTIVE)
MOST_DECLINING, LONGEST_PAUSE = 10, 60
USUAL = {
    STRUGGLING: round(USUAL_LIMITS.struggling_below * 100),
    SLIPPING: USUAL_LIMITS.slipping_from,
    EXCELLING: round(USUAL_LIMITS.excelling_from * 100),
    INACTIVE: round(USUAL_LIMITS.inactive_after),
}
_ENDS = {STRUGGLING: (0, 100), SLIPPING: (1, MOST_DECLINING), EXCELLING: (0, 100), INACTIVE: (1, LONGEST_PAUSE)}


def asked() -> Limits:
    """The limits that the address gives, the usual ones where it gives none."""
    chosen = {name: address.number(name, *_ENDS[name], USUAL[name]) or 0 for name in NAMES}
    return Limits(
        struggling_below=chosen[STRUGGLING] / 100,
        slipping_from=chosen[SLIPPING],
        excelling_from=chosen[EXCELLING] / 100,
        inactive_after=float(chosen[INACTIVE]),
    )


def show(limits: Limits) -> None:
    """What the limits say, and sliders to move them."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(in_words(limits), width="content")
        with st.popover("Move the limits", icon=":material/tune:"):
            _slider(
                "Struggling below (%)",
                STRUGGLING,
                round(limits.struggling_below * 100),
                "Of the mean when last practised.",
            )
            _slider(
                "Slipping from so many declining concepts",
                SLIPPING,
                limits.slipping_from,
                f"By practice of the last {WINDOW_DAYS:.0f} days.",
            )
            _slider(
                "Excelling from (%)", EXCELLING, round(limits.excelling_from * 100), "Of the mean when last practised."
            )
            _slider("Inactive after so many days", INACTIVE, round(limits.inactive_after), "Without any practice.")


def in_words(limits: Limits) -> str:
    return (
        f"**Struggling**: a mean below {words.percent(limits.struggling_below)} when last practised. "
        f"**Slipping**: {words.count(limits.slipping_from, 'concept')} or more declining. "
        f"**Excelling**: a mean of {words.percent(limits.excelling_from)} or more. "
        f"**Inactive**, whatever the group: no practice for more than {words.count(round(limits.inactive_after), 'day')}."
    )


def _slider(label: str, name: str, value: int, help_text: str) -> None:
    lowest, highest = _ENDS[name]
    step = 5 if highest == 100 else 1
    # The value here too, not in the session alone: the browser draws a slider of a popover when that is first opened, which may be
    # runs after the one that set it.
    st.slider(label, lowest, highest, value, step=step, help=help_text, **address.held(name, value, USUAL[name]))
