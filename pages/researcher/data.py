"""Data: what the learners of shared cohorts did, under other names, to take along."""

from datetime import datetime

import pandas as pd
import streamlit as st

from mastery_core.errors import InvalidInput
from mastery_core.research.extract import ABOUT
from pages import clock, links, replies, signed_in
from pages.researcher.explained import data as explained

PLACE = "research_data"

# Who, and what they may have. Where a file is made nobody is signed in any more: it is made with this service.

person, service = signed_in.person(), signed_in.research_service()


def extract_now() -> None:
    """Extract behind a progress bar. Whoever leaves interrupts it, and it goes on from there the next time."""
    bar = st.progress(0.0, "Looking for what is new …")
    with replies.refusals(PLACE):
        done = service.extract(lambda done, total: bar.progress(done / max(total, 1), f"{done:,} of {total:,} events"))
        replies.done(PLACE, explained.extracted(done))
    bar.empty()


st.title("Data", anchor=False)
st.markdown(explained.WHAT)
if st.button("Extract now", type="primary", icon=":material/sync:", key="research_extract", help=explained.EXTRACT):
    extract_now()
replies.say(PLACE)

# What there is

manifest = service.get_manifest()
if manifest is None:
    st.info(explained.NOT_YET, icon=":material/info:")
    st.stop()
if not manifest.complete:
    st.info(explained.INCOMPLETE, icon=":material/info:")
    st.stop()
made_at = datetime.fromisoformat(manifest.made_at).astimezone(clock.viewer_zone(person))
if not manifest.months:
    st.info(explained.NOTHING, icon=":material/info:")
    st.stop()
try:
    found = service.get_counts(manifest)
except InvalidInput as error:
    st.error(links.as_label(str(error)), icon=":material/error:")
    st.stop()
with st.container(horizontal=True):
    st.metric("Events", f"{manifest.rows:,}", border=True, help=explained.EVENTS)
    st.metric("Learners", f"{found.learners:,}", border=True, help=explained.LEARNERS)
    st.metric("Cohorts", f"{found.cohorts:,}", border=True, help=explained.COHORTS)
    st.metric("Concepts", f"{found.concepts:,}", border=True, help=explained.CONCEPTS)
st.caption(explained.as_of(made_at))

# Take it along

st.subheader("Take it with you", anchor=False)
stem = f"mastery-events-{made_at:%Y-%m-%d}"
with st.container(horizontal=True):
    st.download_button(
        "Events as Parquet", service.as_parquet, f"{stem}-parquet.zip", "application/zip", key="research_parquet",
        icon=":material/database:", on_click="ignore",
    )  # fmt: skip
    st.download_button(
        "Events as CSV", service.as_csv, f"{stem}-csv.zip", "application/zip", key="research_csv", icon=":material/table:", on_click="ignore",
    )  # fmt: skip
    st.download_button(
        "DataShop transactions", service.as_datashop, f"{stem}-datashop.txt.gz", "application/gzip", key="research_datashop",
        icon=":material/swap_horiz:", on_click="ignore", help=explained.DATASHOP,
    )  # fmt: skip
st.markdown(explained.SAME_FROM_THE_COMMAND_LINE)
months = pd.DataFrame(
    {"month": [each.month for each in manifest.months], "events": [each.rows for each in manifest.months]}
)
left, right = st.columns([1, 2])
left.dataframe(
    months, hide_index=True, alt="The months of the extract and their events",
    column_config={
        "month": st.column_config.TextColumn("Month", help=explained.MONTH),
        "events": st.column_config.NumberColumn("Events", format="localized", help=explained.EVENTS),
    },
)  # fmt: skip
right.table(pd.DataFrame({"What it says": ABOUT}).rename_axis("Column"))
