"""Concept: one concept's curve, what it would take to keep it, how its score came about, and every attempt behind it."""

from datetime import timedelta
from functools import partial

import streamlit as st

from mastery_core.charts.concept import concept_curve
from mastery_core.charts.names import shortened
from mastery_core.charts.palette import slots
from mastery_core.charts.standing import in_order
from mastery_core.concept import concept_id
from mastery_core.model import Outcome
from mastery_core.reckoning import reckoning
from mastery_core.standing import ENOUGH_OBSERVATIONS, bands
from mastery_core.what_if import outlook, right_answers_to_reach
from pages import address, chart, links, words
from pages.student.explained import concept as explained
from pages.student.tables import concept as tables
from pages.student.view import open_screen

RIGHT_ANSWERS = [0, 1, 2, 3, 5]
USUALLY_ASKED = 2
ATTEMPTS_A_PAGE = 20
# A score that was set anew is listed among the attempts, and not counted as one. It happens once or twice, if at all.
SET_ANEW = 5
STEPS_SHOWN = 6
# So many steps are all drawn, for who looks closer. Of more a chart shows the first, last, lowest and highest of each stretch.
MOST_MARKS = 1_000
EVERY_STEP, SOME_STEPS = 1_000_000, 250
# Over more days than this a session is thinner than a hair.
SHADED_DAYS = 100
OPTION_COLUMNS, NAME_COLUMNS = 60, 120
LOADING_HEIGHT = 480


def go_to(concept: str) -> None:
    """Another concept begins at its first page. Both are one step of the browser's history."""
    kept = {name: value for name, value in st.query_params.items() if name != "attempts_page"}
    st.query_params.from_dict(kept | {"concept": concept})


def choose() -> None:
    go_to(st.session_state.concept_choice)


# Whose, since when, until when, and which concept: the one in the address, else the one practised last

view = open_screen("Concept")
person, service, rules, zone, moment = view.person, view.service, view.rules, view.zone, view.moment
weak, mastered = rules.weak_below, rules.mastered_from

with st.skeleton(height=LOADING_HEIGHT):
    masteries = service.get_user_mastery(person.id, at=moment)

by_id = {concept_id(concept): concept for concept in sorted(masteries, key=str.casefold)}
latest = max(masteries.values(), key=lambda m: (m.last_assessed_at or moment, m.observations))
if "concept" in st.query_params:
    chosen = next(iter(address.asked("concept", by_id)), None)
else:
    # The one that was practised last when this screen was opened stays, whatever is practised meanwhile.
    opened = st.session_state.get("concept_choice")
    stays = opened in by_id and opened == st.session_state.get("concept_opened")
    chosen = st.session_state.concept_opened = opened if stays else concept_id(latest.concept_tag)
st.session_state.concept_choice = chosen
st.selectbox(
    "Concept", list(by_id), index=None if chosen is None else 0, key="concept_choice", on_change=choose,
    format_func=dict(zip(by_id, shortened(list(by_id.values()), OPTION_COLUMNS), strict=True)).__getitem__,
    placeholder="Choose a concept", help="All that you had practised by that day, in alphabetical order.",
)  # fmt: skip
if chosen is None:
    st.info(
        explained.not_practised(
            words.day_with_year(view.day, zone), links.as_label(person.display_name) if view.by_other else None
        ),
        icon=":material/link_off:",
    )
    name = links.as_label(*shortened([latest.concept_tag], links.LABEL_COLUMNS))
    st.button(
        name,
        key="concept_latest",
        on_click=go_to,
        args=(concept_id(latest.concept_tag),),
        icon=":material/arrow_forward:",
    )
    st.stop()

# Load

concept, mastery = by_id[chosen], masteries[by_id[chosen]]
since = moment - timedelta(days=view.days)
with st.skeleton(height=LOADING_HEIGHT):
    before = service.get_user_mastery(person.id, [concept], at=since).get(concept)
    in_range = mastery.observations - (before.observations if before else 0)
    stretches = EVERY_STEP if in_range <= MOST_MARKS else SOME_STEPS
    curves = service.get_mastery_curves(person.id, [concept], view.days, at=moment, stretches=stretches)
    shaded = min(in_range, MOST_MARKS) if view.days <= SHADED_DAYS else 0
    attempts = service.get_attempts(person.id, concept, max(ATTEMPTS_A_PAGE, shaded) + SET_ANEW, at=moment)
    held_in = {attempt.session_id for attempt in attempts[:shaded] if attempt.at > since} - {None}
    all_sessions = service.get_sessions(person.id, view.days, at=moment) if held_in else []
    sessions = [session for session in reversed(all_sessions) if session.id in held_in]

enough = mastery.observations >= ENOUGH_OBSERVATIONS
[band] = bands([mastery.mastery_score], [mastery.observations], weak=weak, mastered=mastered)
worth = rules.deltas[Outcome.CORRECT]
fewest = right_answers_to_reach(weak, mastery.mastery_score, worth=worth)
right = mastery.correct - (before.correct if before else 0)
graded = mastery.graded - (before.graded if before else 0)
last = mastery.last_assessed_at

# Its name, where it stands, five figures

with st.container(gap=None):
    [short] = shortened([concept], NAME_COLUMNS)
    st.header(links.as_label(short), anchor=False)
    if short != concept:
        st.text(concept)
    st.markdown(explained.standing(band, mastery, rules))

with st.grid(5, min_column_width=150):
    st.metric(
        "Mastery now", words.percent(mastery.mastery_score) if enough else words.NONE,
        words.points(mastery.mastery_score - mastery.stored_score) if enough else None, delta_color="blue",
        delta_description="faded since" if enough else "not enough data yet",
        border=True, height="stretch", help=explained.now(mastery, rules, moment),
    )  # fmt: skip
    st.metric(
        "When last practised", words.percent(mastery.stored_score) if enough else words.NONE,
        delta_description=f"on {words.day(last, moment, zone)}" if last else "before records began",
        border=True, height="stretch", help=explained.then(mastery, moment, zone),
    )  # fmt: skip
    label, falls, why = explained.fall(mastery, rules, fewest, moment, zone)
    st.metric(
        label, falls, delta_description=why, border=True, height="stretch",
        help=explained.falls_below(mastery, rules, fewest),
    )  # fmt: skip
    arrow, _, direction = words.TRENDS[mastery.trend].partition(" ")
    st.metric(
        "Trend", f"{arrow} {words.points(mastery.recent_delta)}" if enough else words.NONE,
        delta_description=f"{direction} in {explained.WEEK}" if enough else "not enough data yet",
        border=True, height="stretch", help=explained.trend(mastery),
    )  # fmt: skip
    st.metric(
        "Observations", in_range,
        delta_description=f"{right} of {graded} right" if graded else f"{mastery.observations} in all",
        border=True, height="stretch", help=explained.observations(mastery, in_range, right, graded, view.days),
    )  # fmt: skip

# The curve, and what right answers would make of it

st.subheader("How it moved, and what comes next", anchor=False)
asked = address.number("what_if", 0, max(RIGHT_ANSWERS), USUALLY_ASKED)
wanted = asked if asked in RIGHT_ANSWERS else USUALLY_ASKED
st.segmented_control(
    "If you answer so many right", RIGHT_ANSWERS, required=True, **address.held("what_if", wanted, USUALLY_ASKED),
    help=f"Each right answer adds {words.points(worth)} points, up to 100%. The dashed line shows what follows.",
)  # fmt: skip
then = outlook(
    mastery.mastery_score, wanted, at=moment, worth=worth, threshold=weak, decay_factor=mastery.decay_factor,
    period_days=rules.decay_period_days,
)  # fmt: skip
today = view.day == view.now.astimezone(zone).date()
due = words.day(then.falls_below, moment, zone) if then.falls_below else ""
sentence = explained.what_if(
    then, mastery, rules, "today" if today else f"on {words.day(view.day, moment, zone)}", fewest, due
)
st.markdown(f"**{sentence}**")
if curves and not in_range:
    st.caption(f"You did not practise it in this range ({view.range_name}): the line shows how it fades meanwhile.")
tells = mastery.observations + then.right_answers >= ENOUGH_OBSERVATIONS
falls_below = mastery.due_at if enough else None
for curve in curves:  # one, or none for a score from before practice was recorded here
    chart.show(
        concept_curve(
            curve, as_of=moment.timestamp(), zone=zone.key, weak=weak, mastered=mastered, enough=enough,
            look=slots([concept], list(masteries))[concept], falls_below=falls_below, what_if=then if tells else None,
            sessions=[(s.started_at.timestamp(), (s.ended_at or moment).timestamp()) for s in sessions],
            decay_factor=mastery.decay_factor, period_days=rules.decay_period_days,
        ),
        key=f"curve_{chosen}", zooms=True,
        alt=explained.curve(curve, concept, sentence, words.day_with_year(view.day, zone)),
    )  # fmt: skip
    numbers = st.expander(
        "The numbers behind the curve", icon=":material/table:", key="curve_numbers", on_change="rerun"
    )
    if numbers.open:
        numbers.dataframe(
            tables.points_table(curve, zone, weak, falls_below, then if tells else None, moment), hide_index=True, placeholder="",
            column_config=tables.points_columns(zone), alt="The steps that the curve is drawn from and what comes next, newest first",
        )  # fmt: skip

# How this number came about

st.subheader("How this number came about", anchor=False)
steps = explained.shown(reckoning(attempts[:STEPS_SHOWN], mastery.mastery_score, moment))[-STEPS_SHOWN:]
if steps:
    first = next((attempt for attempt in attempts if attempt.at == steps[0].at), None)
    lines = [explained.start(steps[0], first), *(explained.line(step, mastery, rules, zone) for step in steps)]
    st.markdown("\n".join(f"1. {line}" for line in lines))
    st.caption(explained.ROUNDED)
else:
    st.markdown("Its steps are from before practice was recorded here.")

# Every attempt

st.subheader("Every attempt", anchor=False)
pages = max(1, -(-mastery.observations // ATTEMPTS_A_PAGE))
table = st.container()
page = address.number("attempts_page", 1, pages, 1) or 1
if pages > 1:
    st.pagination(pages, **address.held("attempts_page", page, 1))
size, skip = ATTEMPTS_A_PAGE + (SET_ANEW if page == pages else 0), (page - 1) * ATTEMPTS_A_PAGE
rows = service.get_attempts(person.id, concept, size, skip, at=moment) if skip else attempts[:size]
table.dataframe(
    tables.attempts_table(rows, zone), column_config=tables.attempts_columns(zone), hide_index=True, placeholder="",
    height="content", key="attempts", alt=f"Attempts on this concept, newest first, page {page} of {pages}",
)  # fmt: skip
if session := links.chosen_from(tables.OPENS, [row.session_id or "" for row in rows]):
    links.open_session(session)
st.download_button(
    "All attempts as CSV", partial(tables.attempts_csv, service, person.id, concept, moment, zone),
    file_name=f"attempts-{person.id[:8]}-{chosen}.csv", mime="text/csv", on_click="ignore", icon=":material/download:",
)  # fmt: skip

# On to the concepts beside it

listed = [each.concept_tag for each in in_order(masteries.values())]
place = listed.index(concept)
st.subheader("The concepts beside it, weakest first", anchor=False)
beside = [(each, listed[at]) for each, at in (("weaker", place - 1), ("stronger", place + 1)) if 0 <= at < len(listed)]
with st.container(horizontal=True):
    for (side, other), name in zip(beside, shortened([other for _, other in beside], OPTION_COLUMNS), strict=True):
        st.button(
            links.as_label(name), key=f"concept_{side}", on_click=go_to, args=(concept_id(other),),
            icon=f":material/{'arrow_back' if side == 'weaker' else 'arrow_forward'}:",
        )  # fmt: skip
if not beside:
    st.markdown("This is the only concept you have practised so far.")
