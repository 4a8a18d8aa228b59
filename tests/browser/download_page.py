"""A page with a file of one's own to take along, made when it is asked for."""

import streamlit as st

person = st.user["sub"]  # who is asking is not known any more where the file is made
# Without "ignore" a click also runs the page again, which now and then forgets the file before it is made.
st.download_button("Take along", lambda: f"learner\n{person}\n", "own.csv", "text/csv", on_click="ignore")
