"""What a check found in a file: what an import would do, whom and what it met, and the first answers as they are understood."""

from zoneinfo import ZoneInfo

import streamlit as st

from mastery_core.ingest.practice_import import DryRun
from mastery_core.model import CohortSpan
from pages import files
from pages.instructor.explained import practice_import as explained
from pages.instructor.tables import practice_import as tables


def show(found: DryRun, span: CohortSpan, zone: ZoneInfo, *, doubts: bool) -> None:
    """The report of a check, for the cohort that the file would go into; ``doubts``: with what looks like a wrong choice."""
    with st.grid(5, min_column_width=140):
        for label, number, beside, help_text in (
            ("Rows", found.rows, explained.left_out(found), explained.rows(found)),
            ("To import", explained.new(found), "new answers", explained.to_import(found)),
            ("There already", found.already_there, "left as they are", explained.there_already(found)),
            ("Learners", len(found.learners), explained.made(found), explained.learners(found)),
            ("Concepts", len(found.concepts), "different names", explained.concepts(found)),
        ):
            st.metric(label, f"{number:,}", delta_description=beside, border=True, height="stretch", help=help_text)
    st.markdown(explained.time_span(found, zone))
    for doubt in explained.doubts(found, span.learners) if doubts else ():
        st.warning(doubt, icon=":material/help:")
    if found.skipped:
        st.markdown(explained.skipped(found.skipped))
        tables.show_skipped(found.skipped, span.id)
    if not found.learners:
        return
    st.markdown(f"**Learners met**\n\n{explained.MEETING}")
    st.dataframe(
        tables.learner_table(found.learners), column_config=tables.learner_columns(), hide_index=True, placeholder="",
        alt="The learners of the file, those first that will be made: name, whether known, answers",
    )  # fmt: skip
    files.downloads("Learners", lambda: tables.learner_table(found.learners), f"import-learners-{span.id[:8]}")
    with st.expander(f"The concepts ({len(found.concepts):,})", icon=":material/category:"):
        st.dataframe(
            tables.concept_table(found.concepts), column_config=tables.concept_columns(), hide_index=True, placeholder="",
            alt="The concepts of the file, the most practised first, and how many answers each has",
        )  # fmt: skip
        files.downloads("Concepts", lambda: tables.concept_table(found.concepts), f"import-concepts-{span.id[:8]}")
    st.markdown("**The first answers, as they are understood**")
    st.dataframe(
        tables.event_table(found), column_config=tables.event_columns(zone), hide_index=True, placeholder="",
        alt="The first answers of the file as they are understood: learner, concept, outcome and time",
    )  # fmt: skip
