"""Calibration: whether learners are right as often as their score says, beside other forecasts, and which rules would forecast better."""

from dataclasses import replace
from functools import partial

import streamlit as st

from mastery_core.charts.reliability import reliability_curve
from mastery_core.comparison import FEWEST
from mastery_core.research.calibration import calibration_error
from mastery_core.research.refit import as_sql
from pages import chart, replies, signed_in
from pages.researcher.explained import calibration as explained
from pages.researcher.explained.view import command_line
from pages.researcher.view import figure_files, open_screen, reproduce, tables
from pages.words import count

MEASURE = "calibration"
PLACE = PROPOSED = "calibration_proposal"
LOADING_HEIGHT = 480

view = open_screen("Calibration")

# Load

with st.skeleton(height=LOADING_HEIGHT):
    found = tables(view, MEASURE)
scores, rows = found["scores"], found["reliability"]
told = rows[~rows["withheld"]]
column = st.column_config

st.markdown(explained.WHAT)

# Figures

of_score = scores.set_index("forecaster").loc["mastery"]
learners, answers = int(of_score["learners"]), int(of_score["answers"])
off = calibration_error(told)
with st.grid(4, min_column_width=150):
    st.metric(
        "Judged on", f"{answers:,}", delta_description=f"answers of {count(learners, 'learner')}",
        border=True, height="stretch", help=explained.judged(learners, answers),
    )  # fmt: skip
    st.metric(
        "Log loss", explained.figure(of_score["log_loss"]), delta_description=explained.least_note(scores),
        border=True, height="stretch", help=explained.log_loss(scores),
    )  # fmt: skip
    st.metric(
        "AUC", explained.figure(of_score["auc"]), delta_description=explained.most_note(scores),
        border=True, height="stretch", help=explained.auc(scores),
    )  # fmt: skip
    st.metric(
        "Off by, on average", f"{explained.figure(off * 100, 1)} points", delta_description="from the answers",
        border=True, height="stretch", help=explained.error(told, off),
    )  # fmt: skip

# Reliability

st.subheader("Right as often as forecast?", anchor=False)
figure = reliability_curve(rows)
chart.show(figure, key="reliability", alt=explained.reliability_alt(told, len(rows) - len(told)))
st.markdown(explained.LEGEND.format(fewest=FEWEST))
reliability = explained.reliability_table(rows)
st.dataframe(
    reliability, hide_index=True, placeholder="", key="reliability_tenths", alt="Right answers by tenth of the forecast, the lowest first",
    column_config={
        "tenth": column.TextColumn("Forecast", pinned=True, help=explained.TENTH),
        "forecast": column.NumberColumn("Mean forecast", format="%.1f%%", help=explained.FORECAST),
        "rate": column.NumberColumn("Right answers", format="%.1f%%", help=explained.RATE),
        "low": column.NumberColumn("From", format="%.1f%%", help=explained.LOW),
        "high": column.NumberColumn("To", format="%.1f%%", help=explained.HIGH),
        "answers": column.NumberColumn("Answers", format="localized", help=explained.ANSWERS),
        "right": column.NumberColumn("Right", format="localized", help=explained.RIGHT),
        "learners": column.NumberColumn("Learners", format="localized", help=explained.LEARNERS),
        "says": column.TextColumn("Note", help=explained.SAYS) if rows["withheld"].any() else None,
    },
)  # fmt: skip
figure_files(view, figure, reliability, "reliability")

# Three forecasters

st.subheader("Beside two forecasts that anybody could make", anchor=False)
st.dataframe(
    explained.score_table(scores), hide_index=True, placeholder="", key="forecasters",
    alt="Log loss, Brier score and AUC of the mastery score, the skill mean and the running success rate",
    column_config={
        "forecaster": column.TextColumn("Forecast by", pinned=True, help=explained.FORECASTER),
        "log_loss": column.NumberColumn("Log loss", format="%.4f", help=explained.LOG_LOSS),
        "brier": column.NumberColumn("Brier score", format="%.4f", help=explained.BRIER),
        "auc": column.NumberColumn("AUC", format="%.4f", help=explained.AUC),
        "answers": column.NumberColumn("Answers", format="localized", help=explained.ANSWERS),
        "learners": column.NumberColumn("Learners", format="localized", help=explained.LEARNERS),
    },
)  # fmt: skip
st.markdown(explained.FORECASTS)
st.caption(explained.METHOD)

# What would forecast better: worked out when asked for, and kept for this selection of this extract

st.subheader("What would forecast better", anchor=False)
st.markdown(explained.PROPOSAL)
of_all_months = replace(view.selection, first_month=None, last_month=None)
asked = (of_all_months, view.manifest.made_at, signed_in.session_key())
if st.button(explained.WORK_IT_OUT, icon=":material/tune:", key="work_out_proposal"):
    with st.spinner(explained.WORKING, show_time=True), replies.refusals(PLACE):
        st.session_state[PROPOSED] = asked, view.service.proposal(of_all_months)
replies.say(PLACE)
of_what, refit = st.session_state.get(PROPOSED, (None, None))
if refit is not None and of_what == asked:
    (st.success if refit.clear else st.info)(explained.verdict(refit))
    with st.grid(3, min_column_width=150):
        st.metric(
            "Log loss falls by", explained.figure(refit.improvement, 4), delta_description="clear" if refit.clear else "not clear",
            border=True, height="stretch", help=explained.improvement(refit),
        )  # fmt: skip
        st.metric(
            "Scores given again", f"{explained.figure(refit.reproduced * 100, 1)}%", delta_description="by the rules in force",
            border=True, height="stretch", help=explained.reproduced(refit),
        )  # fmt: skip
        st.metric(
            "Fitted to", f"{refit.training_answers:,}", delta_description=f"answers of {count(refit.training_learners, 'learner')}",
            border=True, height="stretch", help=explained.fitted_to(refit),
        )  # fmt: skip
    numbers = {
        "now": column.NumberColumn("Now", format="%.4f", help=explained.NOW),
        "proposed": column.NumberColumn("Proposed", format="%.4f", help=explained.THEN),
        "change": column.NumberColumn("Change", format="%+.4f", help=explained.CHANGE),
    }
    st.dataframe(
        explained.quality_table(refit), hide_index=True, placeholder="", key="proposal_quality", alt=explained.proposal_alt(refit),
        column_config={
            "measure": column.TextColumn("Measure", pinned=True, help=explained.MEASURE), **numbers,
            "better": column.TextColumn("Better", help=explained.BETTER),
        },
    )  # fmt: skip
    st.dataframe(
        explained.parameter_table(refit), hide_index=True, placeholder="", key="proposal_parameters",
        alt="The parameters of the score, now and as proposed",
        column_config={"parameter": column.TextColumn("Parameter", pinned=True, help=explained.PARAMETER), **numbers},
    )  # fmt: skip
    if refit.proposed == refit.current:
        st.info(explained.AS_GOOD, icon=":material/info:")
    else:
        st.download_button(
            "Proposal as SQL", partial(as_sql, refit), f"mastery-proposal-{view.made_at:%Y-%m-%d}.sql", "application/sql",
            key="proposal_sql", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
st.markdown(explained.SAME_FROM_THE_COMMAND_LINE)
st.code(command_line("refit", of_all_months), language=None, wrap_lines=True)
reproduce(view, MEASURE)
