"""A Streamlit page with one chart and nothing else: what the dashboard's start is compared with."""

import plotly.graph_objects as go
import streamlit as st

st.plotly_chart(go.Figure(go.Scatter(x=[1, 2, 3, 4], y=[0.2, 0.5, 0.4, 0.8])))
