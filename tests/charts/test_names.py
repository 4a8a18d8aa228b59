"""Names as charts show them."""

from hypothesis import given
from hypothesis import strategies as st

from mastery_core.charts.names import as_text, shortened, wrapped


def test_short_names_stay_as_they_are() -> None:
    assert shortened(["Sampling", "Mean and median"], 20) == ["Sampling", "Mean and median"]


def test_long_names_end_in_an_ellipsis() -> None:
    assert shortened(["A distribution describes the likelihood"], 20) == ["A distribution desc…"]


def test_names_that_begin_alike_are_cut_in_the_middle() -> None:
    names = [f"The normal distribution has {share} percent of its observations in the range" for share in (68, 95)]
    names += ["The normal distribution, step one", "The normal distribution, step two"]
    short = shortened(names, 24)
    assert len(set(short)) == 4
    assert short[2].endswith("step one")


@given(st.lists(st.text(min_size=1, max_size=80), unique=True, max_size=30), st.integers(12, 40))
def test_no_two_short_names_are_the_same(names: list[str], columns: int) -> None:
    short = shortened(names, columns)
    assert len(set(short)) == len(names)


def test_wide_letters_take_two_columns() -> None:
    assert shortened(["標準偏差と分散の違い"], 11) == ["標準偏差と…"]


def test_text_that_plotly_or_streamlit_would_read_is_spelled_out() -> None:
    assert as_text("<b>&$%{x}#") == "&lt;b&gt;&amp;&#36;&#37;&#123;x}&#35;"
    assert wrapped("one two", 4) == "one<br>two"
    assert wrapped(" ") == " "
