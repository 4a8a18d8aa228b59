"""One concept of a cohort, opened: who stands where on it, how it went, and how wrong answers fall with practice."""

from functools import partial

import pandas as pd
import streamlit as st

from mastery_core.charts.course import cohort_course
from mastery_core.charts.histogram import score_histogram
from mastery_core.charts.names import shortened
from mastery_core.charts.opportunities import opportunity_curve
from mastery_core.standing import enough
from pages import address, chart, files, links, words
from pages.instructor.explained import concepts as explained
from pages.instructor.tables import cohort as cohort_tables
from pages.instructor.tables import concepts as tables
from pages.instructor.view import CohortView, learners_at

NAME_COLUMNS = 120
ROWS_A_PAGE = 50
LOADING_HEIGHT = 600
NOBODY = "No learner of this cohort has practised that concept by this day."


def show(view: CohortView, concepts: pd.DataFrame, concept: str | None) -> None:
    """The concept of this name; None where the address asks for one that nobody in the cohort has practised."""
    if concept is None:
        st.error(NOBODY, icon=":material/link_off:")
        links.all_concepts_link()
        return
    links.all_concepts_link()
    [short] = shortened([concept], NAME_COLUMNS)
    st.header(links.as_label(short), anchor=False)
    row = concepts[concepts["concept"] == concept].iloc[0]
    with st.skeleton(height=LOADING_HEIGHT):
        cells = view.service.get_cells(view.span.id, view.day, concept=concept)
        course = view.service.get_course(view.span.id, view.day, view.days, concept)
        opportunities = view.service.get_opportunities(view.span.id, concept, view.day)
    if not cells.concepts:  # whoever practised it has left meanwhile
        st.error(NOBODY, icon=":material/link_off:")
        return
    standing = _standing(view, cells.learners, cells.score[:, 0], cells.observations[:, 0])
    _figures(view, row)
    _charts(view, standing[standing["observations"] > 0], course, opportunities)
    _learners(view, concept, standing)


def _standing(view: CohortView, ids: list[str], score: object, observations: object) -> pd.DataFrame:
    """Every learner: id, name, score and observations, weakest first, then those without data enough, then who never practised it."""
    cells = pd.DataFrame({"id": ids, "score": score, "observations": observations})
    told = learners_at(view, view.day)[["id", "name"]].merge(cells, on="id", how="left")
    told["observations"] = told["observations"].fillna(0).astype("int64")
    told["known"] = enough(told["observations"])
    return told.sort_values(["known", "score"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _figures(view: CohortView, row: pd.Series) -> None:
    weak, mastered = view.rules.weak_below, view.rules.mastered_from
    with st.grid(5, min_column_width=140):
        st.metric(
            "Mean mastery", explained.share(row["mean"]), **explained.change_since(row, view),
            border=True, height="stretch", help=explained.mean(row),
        )  # fmt: skip
        st.metric(
            f"▼ Below {words.percent(weak)}", f"{row['weak']:,}", delta_description=explained.of_known(row),
            border=True, height="stretch", help=explained.in_band(f"Learners whose score now is below {words.percent(weak)}.", row),
        )  # fmt: skip
        st.metric(
            "● Developing", f"{row['developing']:,}", delta_description=explained.of_known(row),
            border=True, height="stretch", help=explained.in_band("Learners between the two thresholds.", row),
        )  # fmt: skip
        st.metric(
            f"★ Mastered from {words.percent(mastered)}", f"{row['mastered']:,}", delta_description=explained.of_known(row),
            border=True, height="stretch", help=explained.in_band(f"Learners whose score now is {words.percent(mastered)} or more.", row),
        )  # fmt: skip
        st.metric(
            "Right answers", explained.rate_of(row["correct"], row["graded"]),
            delta_description=words.count(int(row["graded"]), "answer"), border=True, height="stretch",
            help=explained.right_of(row, view),
        )  # fmt: skip


def _charts(view: CohortView, standing: pd.DataFrame, course: pd.DataFrame, opportunities: pd.DataFrame) -> None:
    weak, mastered = view.rules.weak_below, view.rules.mastered_from
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Where learners stand", anchor=False)
        known = standing.loc[standing["known"], "score"]
        st.caption(explained.counted(standing))
        chart.show(
            score_histogram(known.to_numpy(), weak=weak, mastered=mastered), key="concept_histogram",
            alt=explained.histogram_alt(known.to_numpy(), weak, mastered),
        )  # fmt: skip
    with right:
        st.subheader("How wrong answers fall with practice", anchor=False)
        st.caption(explained.OPPORTUNITIES)
        chart.show(
            opportunity_curve(
                opportunities["opportunity"].to_numpy(), opportunities["graded"].to_numpy(), opportunities["correct"].to_numpy()
            ),
            key="concept_opportunities", alt=explained.opportunities_alt(opportunities),
        )  # fmt: skip
        numbers = st.expander(
            "The numbers behind it", icon=":material/table:", key="opportunity_numbers", on_change="rerun"
        )
        if numbers.open:
            with numbers:
                st.dataframe(
                    tables.opportunity_table(opportunities), column_config=tables.opportunity_columns(), hide_index=True, placeholder="",
                    alt="Answers by opportunity: how many there were and how many were right",
                )  # fmt: skip
                files.downloads(
                    "These answers", partial(tables.opportunity_table, opportunities), f"opportunities-{_of_what(view)}"
                )
    st.subheader("How it went", anchor=False)
    chart.show(
        cohort_course(course, weak=weak, mastered=mastered), key="concept_course", alt=explained.course_alt(course)
    )
    numbers = st.expander(
        "The numbers behind the curve", icon=":material/table:", key="concept_course_numbers", on_change="rerun"
    )
    if numbers.open:
        with numbers:
            st.dataframe(
                cohort_tables.course_table(course), column_config=cohort_tables.course_columns(), hide_index=True, placeholder="",
                alt="The learners' scores on this concept at each moment of the curve, newest first",
            )  # fmt: skip
            files.downloads("This curve", partial(cohort_tables.course_file, course), f"concept-curve-{_of_what(view)}")


def _learners(view: CohortView, concept: str, standing: pd.DataFrame) -> None:
    st.subheader("Its learners, weakest first", anchor=False)
    pages = max(1, -(-len(standing) // ROWS_A_PAGE))
    page = address.number("learners_page", 1, pages, 1) or 1
    shown = standing.iloc[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    weak, mastered = view.rules.weak_below, view.rules.mastered_from
    st.dataframe(
        tables.standing_table(shown, weak, mastered), column_config=tables.standing_columns(), hide_index=True, placeholder="",
        key="concept_learners", alt=f"The learners, weakest first, then those with too little data to tell, page {page} of {pages}",
    )  # fmt: skip
    if learner := links.chosen_from(tables.OPENS_LEARNER, list(shown["id"])):
        links.open_learner(learner, view.span.id, concept)
    if pages > 1:
        st.pagination(pages, **address.held("learners_page", page, 1))
    never = int((standing["observations"] == 0).sum())
    if never:
        st.caption(f"{words.count(never, 'learner')} of the cohort had not practised it by this day.")
    everybody = partial(tables.standing_table, standing, weak, mastered)
    files.downloads("These learners", everybody, f"concept-{_of_what(view)}")


def _of_what(view: CohortView) -> str:
    """What the names of files say: opaque ids and the day."""
    return f"{view.span.id[:8]}-{st.query_params['concept'][:8]}-{view.day:%Y-%m-%d}"
