"""Learning curves: how wrong answers fall with practice, over all concepts and on each, and what the Additive Factors Model makes of it."""

from typing import Any

import pandas as pd
import streamlit as st

from mastery_core.charts.learning_curves import learning_curve
from mastery_core.charts.names import shortened
from mastery_core.comparison import FEWEST
from mastery_core.concept import concept_id
from mastery_core.research.learning_curves import Limits
from pages import address, chart, files, links, words
from pages.researcher.explained import learning_curves as explained
from pages.researcher.view import figure_files, open_screen, reproduce, tables

MEASURE, THIS = "curves", "researcher/learning_curves.py"
CURVE, OPENS = "curve", "curve_opens"
NAME_COLUMNS = 120
LOADING_HEIGHT = 480
# From where to where each limit can be moved, and in which steps. Points of fewer than 5 learners are withheld whatever the limit.
ENDS = {
    "limit_learners": (FEWEST, 100, 1), "limit_opportunities": (1, 20, 1), "limit_low": (0, 100, 5), "limit_high": (0, 100, 5),
    "limit_slope": (0, 100, 1),
}  # fmt: skip
USUAL = explained.by_name(Limits())


def asked_limits() -> Limits:
    """The limits that the address gives, the usual ones where it gives none."""
    chosen = {name: address.number(name, low, high, USUAL[name]) for name, (low, high, _) in ENDS.items()}
    return explained.from_names({name: USUAL[name] if value is None else value for name, value in chosen.items()})


def show_limits(limits: Limits) -> None:
    """What the limits say, and sliders to move them."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(explained.in_words(limits), width="content")
        with st.popover("Move the limits", icon=":material/tune:"):
            for name, value in explained.by_name(limits).items():
                (low, high, step), (label, help_text) = ENDS[name], explained.LIMITS[name]
                # The value here too, as on the screens of a cohort: the browser draws a popover's slider when that is first opened.
                st.slider(label, low, high, value, step=step, help=help_text, **address.held(name, value, USUAL[name]))


def here() -> dict[str, Any]:
    """What the address says, but for the concept that is opened."""
    return {name: st.query_params.get_all(name) for name in st.query_params if name != CURVE}


def show_points(points: pd.DataFrame, model: tuple[float, float] | None, key: str) -> None:
    """The numbers of a curve, an opportunity a row."""
    column = st.column_config
    st.dataframe(
        explained.points_table(points, model), hide_index=True, placeholder="", key=key, height=400,
        alt="Every opportunity with its learners, answers, wrong answers, their share and its interval",
        column_config={
            "opportunity": column.NumberColumn("Opportunity", pinned=True, help=explained.OPPORTUNITY),
            "learners": column.NumberColumn("Learners", format="localized", help=explained.LEARNERS_WHO),
            "answers": column.NumberColumn("Answers", format="localized", help=explained.ANSWERS),
            "errors": column.NumberColumn("Wrong", format="localized", help=explained.ERRORS),
            "error_rate": column.NumberColumn("Wrong (%)", format="%.1f%%", help=explained.ERROR_RATE),
            "low": column.NumberColumn("From", format="%.1f%%", help=explained.LOW),
            "high": column.NumberColumn("To", format="%.1f%%", help=explained.HIGH),
            "model": column.NumberColumn("The model", format="%.1f%%", help=explained.PREDICTED),
        },
    )  # fmt: skip


# What is looked at

view = open_screen("Learning curves")
limits = asked_limits()
with st.skeleton(height=LOADING_HEIGHT):
    told = tables(view, MEASURE)
concepts, fit = explained.categorised(told, limits), explained.fit(told)
st.markdown(explained.WHAT)

# One concept, opened

if CURVE in st.query_params:
    st.page_link(THIS, label="All concepts", icon=":material/arrow_back:", query_params=here())
    by_id = {concept_id(concept): concept for concept in concepts["concept"]}
    opened = by_id.get(st.query_params[CURVE])
    if opened is None:
        st.error(explained.NOT_HERE, icon=":material/link_off:")
        st.stop()
    row = concepts[concepts["concept"] == opened].iloc[0]
    points = told["curves"][told["curves"]["concept"] == opened].sort_values("opportunity", ignore_index=True)
    model = (float(row["intercept"]), float(row["learning_rate"]))
    [short] = shortened([opened], NAME_COLUMNS)
    st.header(links.as_label(short), anchor=False)
    with st.grid(4, min_column_width=150):
        st.metric(
            "Category", str(row["category"]).capitalize(), delta_description=words.count(int(row["opportunities"]), "point"),
            border=True, height="stretch", help=explained.category_of(row),
        )  # fmt: skip
        st.metric(
            "Learning rate", explained.rate(row["learning_rate"]),
            delta_description=explained.between(row["learning_rate_low"], row["learning_rate_high"]),
            border=True, height="stretch", help=explained.learning_rate(row),
        )  # fmt: skip
        st.metric(
            "Right at first", explained.first_right(row), delta_description=f"ease {explained.rate(row['intercept'])}",
            border=True, height="stretch", help=explained.ease(row),
        )  # fmt: skip
        st.metric(
            "Answers", explained.practised_by(row), delta_description="in the model",
            border=True, height="stretch", help=explained.answers_of(row),
        )  # fmt: skip
    if points.empty:
        st.info(explained.NO_POINTS, icon=":material/info:")
    else:
        st.caption(explained.first_and_last(points))
        figure = learning_curve(points, model)
        left, right = st.columns([3, 2], gap="large")
        with left:
            chart.show(figure, key="concept_learning_curve", alt=explained.alt(points, opened))
            st.markdown(explained.LEGEND)
            st.markdown(explained.MODEL_LEGEND)
        with right:
            show_points(points, model, "concept_points")
        stem = f"learning-curve-{st.query_params[CURVE]}"
        figure_files(view, figure, explained.points_table(points, model), stem, f"Learning curve: {opened}")
    st.caption(explained.METHOD)
    reproduce(view, MEASURE)
    st.stop()

# All concepts together

st.subheader("All concepts together", anchor=False)
overall = told["overall"].sort_values("opportunity", ignore_index=True)
if overall.empty:
    st.info(explained.NO_POINTS, icon=":material/info:")
else:
    figure = learning_curve(overall)
    left, right = st.columns([3, 2], gap="large")
    with left:
        chart.show(figure, key="overall_learning_curve", alt=explained.alt(overall, "all concepts together"))
        st.markdown(explained.LEGEND)
    with right:
        show_points(overall, None, "overall_points")
    figure_files(view, figure, explained.points_table(overall), "learning-curve")

# Concept by concept

st.subheader("Concept by concept", anchor=False)
st.markdown(explained.CATEGORIES_ARE)
show_limits(limits)
with st.grid(5, min_column_width=140):
    for category in explained.IN_ORDER:
        st.metric(
            category.capitalize(), f"{int((concepts['category'] == category.value).sum()):,}",
            delta_description=f"of {words.count(len(concepts), 'concept')}",
            border=True, height="stretch", help=explained.in_category(category, concepts, limits),
        )  # fmt: skip
column = st.column_config
st.dataframe(
    explained.concept_table(concepts), hide_index=True, placeholder="", key="curve_concepts",
    alt="Every concept with the category of its curve, its learning rate and its ease with their intervals, and its counts",
    column_config={
        "concept": column.ButtonColumn("Concept", width="medium", pinned=True, type="tertiary", alignment="left", key=OPENS, help=explained.CONCEPT),
        "category": column.TextColumn("Category", help=explained.CATEGORY),
        "learning_rate": column.NumberColumn("Learning rate", format="%+.3f", help=explained.RATE),
        "learning_rate_low": column.NumberColumn("Rate from", format="%+.3f", help=explained.RATE_LOW),
        "learning_rate_high": column.NumberColumn("Rate to", format="%+.3f", help=explained.RATE_HIGH),
        "intercept": column.NumberColumn("Ease", format="%+.2f", help=explained.EASE),
        "intercept_low": column.NumberColumn("Ease from", format="%+.2f", help=explained.EASE_LOW),
        "intercept_high": column.NumberColumn("Ease to", format="%+.2f", help=explained.EASE_HIGH),
        "first_right": column.NumberColumn("Right at first", format="%.1f%%", help=explained.FIRST_RIGHT),
        "opportunities": column.NumberColumn("Points", format="localized", help=explained.COUNTING),
        "last_error_rate": column.NumberColumn("Wrong at last", format="%.1f%%", help=explained.LAST),
        "learners": column.NumberColumn("Learners", format="localized", help=explained.MODEL_LEARNERS),
        "answers": column.NumberColumn("Answers", format="localized", help=explained.MODEL_ANSWERS),
    },
)  # fmt: skip
if pressed := links.chosen_from(OPENS, list(concepts["concept"])):
    st.switch_page(THIS, query_params=here() | {CURVE: concept_id(pressed)})
files.download(
    "Every concept as CSV", lambda: explained.concept_table(concepts), f"concepts-by-learning-rate-{view.made_at:%Y-%m-%d}.csv"
)  # fmt: skip

# How the model fits

st.subheader("How the model fits", anchor=False)
st.markdown(explained.MODEL)
with st.grid(4, min_column_width=150):
    st.metric(
        "AIC", explained.number(fit["aic"]), delta_description=explained.made_of(fit),
        border=True, height="stretch", help=explained.aic(fit),
    )  # fmt: skip
    st.metric(
        "BIC", explained.number(fit["bic"]), delta_description=words.count(int(fit["answers"]), "answer"),
        border=True, height="stretch", help=explained.bic(fit),
    )  # fmt: skip
    st.metric(
        "RMSE", explained.error(fit["rmse"]), delta_description=words.count(int(fit["learners"]), "learner"),
        border=True, height="stretch", help=explained.rmse(fit),
    )  # fmt: skip
    st.metric(
        "Cross-validated", explained.error(fit["cross_validated_rmse"]), delta_description="RMSE, by learner",
        border=True, height="stretch", help=explained.cross_validated(fit),
    )  # fmt: skip
st.caption(explained.METHOD)
reproduce(view, MEASURE)
