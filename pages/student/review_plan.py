"""Review plan: what to practise on which of the next days so that nothing falls below the learner's threshold."""

from datetime import date, timedelta
from functools import partial

import streamlit as st

from mastery_core.charts.plan import plan_by_day
from mastery_core.model import Outcome
from mastery_core.review_plan import day_ends, review_plan
from mastery_core.standing import ENOUGH_OBSERVATIONS
from pages import address, chart, links, words
from pages.student.explained import review_plan as explained
from pages.student.tables import review_plan as tables
from pages.student.view import open_screen

LENGTHS = {"7 days": 7, "14 days": 14}
USUAL_LENGTH = "7 days"
MOST_A_DAY = 500
SHOWN_A_DAY = 6


def begin_on(day: date) -> None:
    st.query_params["as_of"] = day.isoformat()


view = open_screen("Review plan", ranged=False)
person, service, rules, zone = view.person, view.service, view.rules, view.zone
weak = rules.weak_below

# How far, and how much

length = address.one_of("plan_days", LENGTHS, USUAL_LENGTH)
limit = address.number("plan_limit", 1, MOST_A_DAY, None)
with st.container(horizontal=True, gap="medium"):
    st.segmented_control("Plan", list(LENGTHS), required=True, **address.held("plan_days", length, USUAL_LENGTH))
    st.number_input(
        "Right answers a day", 1, MOST_A_DAY, None, step=1, placeholder="no limit", width=170, help=explained.LIMIT,
        **address.held("plan_limit", limit),
    )  # fmt: skip
days = LENGTHS[length]
first, today = (moment.astimezone(zone).date() for moment in (view.moment, view.now))
if first != today:
    st.button("Plan from today", key="plan_from_today", on_click=begin_on, args=(today,), icon=":material/today:")

# Load, and plan

with st.skeleton(height=500):
    masteries = service.get_user_mastery(person.id, at=view.moment)
known = [mastery for mastery in masteries.values() if mastery.observations >= ENOUGH_OBSERVATIONS]
plan = review_plan(
    [mastery.concept_tag for mastery in known],
    [mastery.mastery_score for mastery in known],
    [mastery.decay_factor for mastery in known],
    gain=rules.deltas[Outcome.CORRECT],
    threshold=weak,
    ends=day_ends(view.moment, days, zone),
    period_days=rules.decay_period_days,
    limit=limit,
)
by_day = tables.by_day(plan, first, days)
busy = [day for day in by_day if day.answers]
names = explained.DayNames(first, today)

# Where there is nothing to plan

apart = len(masteries) - len(known)
if not known:
    st.subheader("Your plan is on its way", anchor=False)
    st.markdown(explained.nothing_known(apart))
    st.stop()
if not plan.practices and not plan.left_out and not plan.fleeting:
    st.success(f"Nothing needs review in the next {days} days.", icon=":material/event_available:")
    st.markdown(explained.first_to_fall(known, view.moment, zone, weak))
    st.caption(explained.counted(len(known), apart))
    st.stop()

# Three figures

with st.grid(3, min_column_width=150):
    st.metric(
        "Right answers", sum(day.answers for day in by_day), delta_description=f"in {days} days", border=True,
        height="stretch", help=explained.answers(plan, {m.concept_tag: m for m in known}, rules, days),
    )  # fmt: skip
    st.metric(
        "Concepts", f"{len({practice.concept for practice in plan.practices})} of {len(known)}",
        delta_description="to practise", border=True, height="stretch",
        help=explained.concepts(plan, len(known), apart, weak, days),
    )  # fmt: skip
    busiest = max(busy, key=lambda day: day.answers, default=None)
    st.metric(
        "Busiest day", names.short(busiest.day) if busiest else words.NONE,
        delta_description=words.count(busiest.answers, "right answer") if busiest else "nothing planned",
        border=True, height="stretch", help=explained.busiest(by_day, names),
    )  # fmt: skip
st.caption(explained.counted(len(known), apart))

# By day

st.subheader("Right answers by day", anchor=False)
if plan.practices:
    chart.show(
        plan_by_day(by_day, begins=names.beginning, threshold=weak, limit=limit), key="plan_by_day",
        alt=explained.chart_alt(by_day, names),
    )  # fmt: skip
st.markdown(explained.promise(plan, first + timedelta(days=days), limit, weak))
numbers = st.expander("The plan as a table", icon=":material/table:", key="plan_numbers", on_change="rerun")
if numbers.open:
    table = tables.plan_table(plan, first)
    numbers.dataframe(
        table, column_config=tables.plan_columns(weak), hide_index=True, placeholder="", key="plan_table",
        alt="What to practise on which day: right answers and the score before and after them",
    )  # fmt: skip
    if name := links.chosen_from(tables.OPENS, table["concept"]):
        links.open_concept(name)
if plan.left_out or plan.fleeting:
    st.info(explained.not_kept_up(plan, limit, weak), icon=":material/hourglass_bottom:")
    others = st.expander("Which concepts these are", icon=":material/list:", key="plan_others", on_change="rerun")
    if others.open:
        rest = tables.rest_table(plan, first, weak)
        others.dataframe(
            rest, column_config=tables.rest_columns(weak), hide_index=True, placeholder="", key="plan_rest",
            alt="The concepts that this plan does not keep up, and why",
        )  # fmt: skip
        if name := links.chosen_from(tables.REST_OPENS, rest["concept"]):
            links.open_concept(name)

# To take along

file_name = f"review-plan-{first:%Y-%m-%d}-{person.id[:8]}"
with st.container(horizontal=True):
    st.download_button(
        "Add to my calendar", partial(tables.calendar_file, plan, first, person.id, view.now), f"{file_name}.ics",
        "text/calendar", key="plan_ics", on_click="ignore", icon=":material/calendar_add_on:", help=explained.CALENDAR,
        disabled=not plan.practices,
    )  # fmt: skip
    st.download_button(
        "Download as CSV", partial(tables.plan_csv, plan, first), f"{file_name}.csv", "text/csv", key="plan_csv",
        on_click="ignore", icon=":material/download:", disabled=not plan.practices,
    )  # fmt: skip

# What to do on each day

st.subheader("What to practise", anchor=False)
with st.grid(2, min_column_width=330):
    for number, day in enumerate(by_day):
        practices = [practice for practice in plan.practices if practice.day == number]
        if not practices:
            continue
        with st.container(border=True, gap="small"):
            st.markdown(f"**{names.long(day.day)}** :small[· {words.count(day.answers, 'right answer')}]")
            for practice in practices[:SHOWN_A_DAY]:
                with st.container(gap=None):
                    links.concept_link(practice.concept)
                    st.caption(explained.what_and_why(practice, first, names, weak))
            if len(practices) > SHOWN_A_DAY:
                st.caption(f"And {len(practices) - SHOWN_A_DAY} more in the table above.")
if free := [day for day in by_day if not day.answers]:
    st.caption(explained.free(free, names))
