"""Import: practice from a file into a cohort, looked at first, and undone as a whole where it was a mistake."""

import streamlit as st

from mastery_core.charts.names import shortened
from mastery_core.errors import MasteryError
from mastery_core.ingest.practice_import import Import
from pages import address, clock, links, replies, signed_in
from pages.instructor import background, kept, practice_found, practice_reading
from pages.instructor.explained import practice_import as explained
from pages.instructor.tables import practice_import as tables
from pages.instructor.view import choose_cohort

SECONDS_BETWEEN_LOOKS = 0.5
IMPORTS_A_PAGE = 20
FILE_NAME_COLUMNS, BUTTON_COLUMNS = 70, 24


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def progress() -> None:
    """How far a job is, and the way to end it. When it has ended, the screen is drawn again."""
    session = signed_in.looking()
    work = background.of(session.person_id) if session else None
    if work is None or work.job.state not in background.AT_WORK:
        kept.forget()
        st.rerun()
    kind, cancelled = work.task.kind, work.job.state == "cancelling"
    doing = explained.cancelling(kind) if cancelled else explained.at_work(kind, work.task.file, work.share)
    st.progress(work.share, text=doing)
    if kind in explained.CANCEL and not cancelled:
        st.button(explained.CANCEL[kind], icon=":material/close:", key="practice_cancel", on_click=work.job.cancel)
    st.markdown(f":small[{explained.MAY_LEAVE}]")


@st.dialog("Undo this import?")
def ask_to_undo(made: Import) -> None:
    st.markdown(explained.undo_question(made))
    with st.container(horizontal=True):
        if st.button(
            "Undo the import", type="primary", icon=":material/undo:", key="practice_undo",
            on_click=background.undo, args=(span.id, made),
        ):  # fmt: skip
            st.rerun()
        if st.button("Keep it", key="practice_keep"):
            st.rerun()


def short_name(file: str) -> str:
    [short] = shortened([file], BUTTON_COLUMNS)
    return short


# Which cohort, and what works in the background

service, person = signed_in.cohort_service(), signed_in.person()
zone = clock.viewer_zone(person)
st.title("Import", anchor=False)
span = choose_cohort(service)
work = background.of(person.id)
state = work.job.state if work else None
works = state in background.AT_WORK
here = work is not None and work.task.cohort == span.id
kind = work.task.kind if work and here else None
finished = (kind, state) == ("import", "done")
takes_files = span.archived_at is None
imports = signed_in.practice_import(span.id).get_imports()

if work and works and not here:
    cohort = next((each.name for each in service.get_cohorts() if each.id == work.task.cohort), None)
    st.info(explained.elsewhere(work.task.kind, work.task.file, cohort), icon=":material/hourglass_top:")
    progress()
replies.say(background.PLACE)

# What has just come in

if work and finished:
    came = work.job.result
    st.success(explained.imported(came, work.task.file), icon=":material/check_circle:")
    if came.skipped:
        st.markdown(explained.skipped(came.skipped))
        tables.show_skipped(came.skipped, span.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        links.cohort_link("Open the cohort")
        links.grid_link("Open the grid")
        st.button(
            "Import another file", icon=":material/upload_file:", key="practice_another", on_click=background.put_away
        )
        last = next((each for each in imports if each.id == came.import_id), None)
        if last and st.button(
            explained.undo(short_name(last.file_name)), icon=":material/undo:", key="practice_undo_last"
        ):
            ask_to_undo(last)

# A file

uploaded, shape, digest = None, None, ""
if not takes_files:
    st.info(explained.ARCHIVED, icon=":material/archive:")
    links.manage_link("Manage the cohort", span.id)
elif not finished:
    st.subheader("Choose a file", anchor=False)
    st.markdown(explained.FILES)
    uploaded = st.file_uploader(
        "File with practice", type=list(explained.ENDINGS), key="practice_file", disabled=works, width=720
    )
    with st.expander("What such a table looks like", icon=":material/help:", width=720):
        st.markdown(explained.EXAMPLE_ABOUT)
        st.code(explained.EXAMPLE, language=None)
        st.download_button(
            "Example as CSV", explained.EXAMPLE, "practice-example.csv", "text/csv", key="practice_example",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
if uploaded:
    try:
        digest, shape = background.look_at(uploaded)
    except MasteryError as error:
        st.error(explained.failed(error), icon=":material/error:")

# How it is read

reading = None
if shape:
    st.subheader("How it is read", anchor=False)
    reading = practice_reading.choose(shape, digest[:8], zone, disabled=works)
asked = background.Asked(span.id, digest, reading) if reading else None

# What it would do. What was found in a file holds for that file, read so; without a file, for the one that was checked.

of_a_file = (kind == "import" and not finished) or (kind == "check" and (works or takes_files))
fits = of_a_file and work is not None and (not uploaded or work.task.asked == asked)
found = work.found if work and fits and takes_files and (uploaded or not works) else None
if shape or found or (of_a_file and kind == "check"):
    st.subheader("Check", anchor=False)
if (kind, works) == ("check", True):
    progress()
elif work and of_a_file and takes_files and not uploaded and not works:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(explained.checked_before(work.task.file))
        st.button("Put it away", icon=":material/close:", key="practice_put_away", on_click=background.put_away)
elif uploaded and shape:
    st.button(
        "Check the whole file", type="secondary" if found else "primary", icon=":material/fact_check:", key="practice_check",
        on_click=background.check, args=(uploaded, asked), disabled=works or asked is None, help=explained.CHECK,
    )  # fmt: skip
    if asked is None:
        st.markdown(f":small[{explained.CHOOSE_COLUMNS}]")
if asked and of_a_file and not fits and not works:
    st.info(explained.VOID, icon=":material/sync_problem:")
elif work and fits and (kind, state) == ("check", "failed"):
    st.error(explained.failed(work.job.error), icon=":material/error:")
elif fits and (kind, state) == ("check", "cancelled"):
    st.info("The check was cancelled. Nothing was changed.", icon=":material/info:")
if found:
    practice_found.show(found, span, zone, doubts=not works)

# Import it

if found or (kind == "import" and (fits or works)):
    st.subheader("Import", anchor=False)
if (kind, works) == ("import", True):
    progress()
elif work and fits and kind == "import":
    if background.left_behind(imports, work):
        st.error(f"{explained.failed(work.job.error)} {explained.SOME_LEFT}", icon=":material/error:")
    elif state == "cancelled":
        st.info(explained.TAKEN_BACK, icon=":material/undo:")
    else:
        st.error(f"{explained.failed(work.job.error)} {explained.NOTHING_LEFT}", icon=":material/error:")
if work and found and not works:
    if explained.new(found):
        st.button(
            explained.button(found), type="primary", icon=":material/upload:", key="practice_import",
            on_click=background.import_checked, args=(work,),
        )  # fmt: skip
    else:
        st.info(explained.nothing_new(found), icon=":material/info:")

# What was imported before

st.subheader("Earlier imports", anchor=False)
if (kind, works) == ("undo", True):
    progress()
elif work and (kind, state) == ("undo", "done"):
    st.success(explained.undone(work.job.result, work.task.file), icon=":material/check_circle:")
elif work and (kind, state) == ("undo", "failed"):
    st.error(explained.failed(work.job.error), icon=":material/error:")
if not imports and not works:
    st.markdown(explained.NO_IMPORTS)
pages = max(1, -(-len(imports) // IMPORTS_A_PAGE))
page = address.number("imports_page", 1, pages, 1) or 1
for each in imports[(page - 1) * IMPORTS_A_PAGE : page * IMPORTS_A_PAGE]:
    [name] = shortened([each.file_name], FILE_NAME_COLUMNS)
    stands = background.stands(each, work)
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap="xxsmall", width=620):
            st.markdown(f"**{links.as_label(name)}** :small[{explained.when(each, zone)}]")
            st.markdown(f":small[{explained.state(each, stands, zone)}]")
            if stands == "interrupted":
                st.markdown(f":small[{explained.INTERRUPTED}]")
        if stands in explained.TO_UNDO and st.button(
            explained.undo(short_name(each.file_name)), icon=":material/undo:", key=f"practice_undo_{each.id}", disabled=works,
            help=explained.undo_help(name),
        ):  # fmt: skip
            ask_to_undo(each)
if pages > 1:
    st.pagination(pages, **address.held("imports_page", page, 1))
