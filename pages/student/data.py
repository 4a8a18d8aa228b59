"""My data: take everything along, print a report of a term, or erase one's record."""

from datetime import UTC, datetime
from io import BytesIO

import streamlit as st

from mastery_core import export
from mastery_core.mastery_service import LONGEST_RANGE_DAYS
from pages import clock, signed_in
from pages.student import term
from pages.student.explained import data as explained
from pages.student.tables import data as tables

# Who, and what there is about them. Where a file is made nobody is signed in any more: it is made with this service.

person, service, rules = signed_in.person(), signed_in.mastery_service(), signed_in.rules()
now, zone = datetime.now(UTC), clock.viewer_zone(person)
today = now.astimezone(zone).date()
recorded = person.last_activity is not None
short_id = person.id[:8]
stem = f"mastery-{short_id}-{today.isoformat()}"

with st.container(gap=None):
    st.title("My data", anchor=False)
    st.text(person.display_name)


def as_json() -> BytesIO:
    export.write_json(file := BytesIO(), person, service.export(person.id), made_at=datetime.now(UTC))
    return file


def as_archive() -> BytesIO:
    export.write_archive(file := BytesIO(), person, service.export(person.id), made_at=datetime.now(UTC))
    return file


def as_csv(table: str) -> BytesIO:
    export.write_csv(file := BytesIO(), table, service.export(person.id))
    return file


def erase() -> None:
    """Erase the record of whoever is signed in, if they typed the phrase: asked again here, whatever the button showed."""
    if st.session_state.get("data_phrase", "").strip() == explained.PHRASE:
        st.session_state.data_erased = signed_in.mastery_service().erase_record(signed_in.session().person_id)
        st.session_state.data_phrase = ""
        signed_in.forget()


if not recorded and "data_erased" in st.session_state:
    st.success(explained.gone(st.session_state.data_erased), icon=":material/check_circle:")

# Take it along

st.subheader("Take it with you", anchor=False)
st.markdown(explained.FORMATS)
with st.container(horizontal=True):
    st.download_button(
        "Everything as JSON", as_json, f"{stem}.json", "application/json", key="data_json",
        icon=":material/data_object:", on_click="ignore",
    )  # fmt: skip
    st.download_button(
        "Everything as CSV archive", as_archive, f"{stem}.zip", "application/zip", key="data_archive",
        icon=":material/folder_zip:", on_click="ignore",
    )  # fmt: skip
st.caption("One table as CSV:")
with st.container(horizontal=True, gap="small"):
    for table, name in explained.TABLE_NAMES.items():
        st.download_button(
            name, lambda table=table: as_csv(table), f"{stem}-{table}.csv", "text/csv", key=f"data_{table}",
            help=export.ABOUT[table], icon=":material/download:", on_click="ignore",
        )  # fmt: skip
contents = st.expander(
    "What is in each table and column", icon=":material/table:", key="data_contents", on_change="rerun"
)
if contents.open:
    contents.dataframe(
        tables.export_table(), column_config=tables.export_columns(), hide_index=True,
        alt="The tables of an export, their columns, and what each says",
    )  # fmt: skip

# A report of the term

st.subheader("Report of a term", anchor=False)
st.markdown(explained.REPORT)
term.offer(service, rules, person, zone)

# The end of it

st.subheader("Delete my data", anchor=False)
if not recorded:
    st.markdown("Nothing is recorded about you, so there is nothing to delete.")
    st.stop()
ending = st.expander("What goes, what stays, and how", icon=":material/delete:", key="data_delete", on_change="rerun")
if ending.open:
    with ending, st.skeleton(height=120):
        concepts = len(service.get_user_mastery(person.id))
        sessions = len(service.get_sessions(person.id, LONGEST_RANGE_DAYS, term.MOST_SESSIONS))
    with ending:
        st.markdown(f"{explained.erased(concepts, person.interactions, sessions)}\n\n{explained.STAYS}")
        st.markdown("Take a copy along first:")
        with st.container(horizontal=True):
            st.download_button(
                "Everything as JSON", as_json, f"{stem}.json", "application/json", key="data_json_first",
                icon=":material/data_object:", on_click="ignore",
            )  # fmt: skip
            st.download_button(
                "Everything as CSV archive", as_archive, f"{stem}.zip", "application/zip", key="data_archive_first",
                icon=":material/folder_zip:", on_click="ignore",
            )  # fmt: skip
        phrase = st.text_input(f"Type “{explained.PHRASE}” to go on", key="data_phrase", autocomplete="off", live=True)
        st.button(
            "Erase my learning record", type="primary", icon=":material/delete_forever:", key="data_erase",
            disabled=phrase.strip() != explained.PHRASE, on_click=erase,
        )  # fmt: skip
