"""My data: take everything along, print a report of a term, or erase one's record."""

from datetime import UTC, datetime, time, timedelta
from io import BytesIO

import streamlit as st

from mastery_core import export
from mastery_core.mastery_service import LONGEST_RANGE_DAYS
from mastery_core.report.html import as_html
from mastery_core.report.term import term_report
from pages import address, clock, signed_in, words
from pages.student.explained import data as explained
from pages.student.review import reviews
from pages.student.tables import data as tables
from pages.student.view import EARLIEST_DAY

TERM = timedelta(days=90)
MOST_SESSIONS = 100_000

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
last_activity = person.last_activity or now
opening = clock.opening_day(last_activity, now, zone)
with st.container(horizontal=True, vertical_alignment="bottom"):
    first_day = address.day("report_from", EARLIEST_DAY, today, opening - TERM)
    st.date_input(
        "From", min_value=EARLIEST_DAY, max_value=today, width=150, format="YYYY-MM-DD",
        **address.held("report_from", first_day, opening - TERM),
    )  # fmt: skip
    last_day = address.day("report_to", EARLIEST_DAY, today, opening)
    st.date_input(
        "To", min_value=EARLIEST_DAY, max_value=today, width=150, format="YYYY-MM-DD",
        **address.held("report_to", last_day, opening),
    )  # fmt: skip
    report_button = st.container(width="content")
start = datetime.combine(first_day, time(), zone).astimezone(UTC)
moment = clock.moment_of(last_day, last_activity, now, zone)


def as_report() -> str:
    days = (moment - start) / timedelta(days=1)
    masteries = service.get_user_mastery(person.id, at=moment)
    [insights] = service.get_period_insights(person.id, masteries, days, at=moment, zone=zone.key)
    report = term_report(
        person.display_name, first_day, last_day, datetime.now(zone).date(),
        now=masteries, before=service.get_user_mastery(person.id, at=start), insights=insights,
        sessions=len(service.get_sessions(person.id, days, MOST_SESSIONS, at=moment)),
        practice=service.get_practice_hours(person.id, days, zone.key, at=moment),
        reviews=[
            (review.concept, explained.why(masteries[review.concept], rules.weak_below, moment, zone))
            for review in reviews(masteries.values(), moment, zone, rules.weak_below)
        ],
        weak=rules.weak_below, mastered=rules.mastered_from,
    )  # fmt: skip
    return as_html(report)


if start >= moment:
    st.info("A term ends after it begins: choose an earlier day to begin, or a later one to end.")
elif person.first_activity is None or person.first_activity > moment:
    nothing = (
        f"Nothing had been practised by {words.day_with_year(last_day, zone)}"
        if recorded
        else "Nothing is recorded yet"
    )
    st.info(f"{nothing}, so there is nothing to report.")
else:
    report_button.download_button(
        "Report to print", as_report, f"mastery-report-{short_id}-{first_day.isoformat()}-{last_day.isoformat()}.html",
        "text/html", key="data_report", icon=":material/print:", on_click="ignore",
    )  # fmt: skip

# The end of it

st.subheader("Delete my data", anchor=False)
if not recorded:
    st.markdown("Nothing is recorded about you, so there is nothing to delete.")
    st.stop()
ending = st.expander("What goes, what stays, and how", icon=":material/delete:", key="data_delete", on_change="rerun")
if ending.open:
    with ending, st.skeleton(height=120):
        concepts = len(service.get_user_mastery(person.id))
        sessions = len(service.get_sessions(person.id, LONGEST_RANGE_DAYS, MOST_SESSIONS))
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
