import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.concept import MAX_CONCEPT_LENGTH, check_concept
from mastery_core.errors import InvalidInput


@pytest.mark.parametrize("name", ["mean", "z-scores", "ממוצע", "المتوسط", "p < 0.05 & more", "متوسط‌ها", "平均", "😀"])
def test_letters_of_any_script_name_a_concept(name):
    assert check_concept(name) == unicodedata.normalize("NFC", name)


def test_a_name_is_stripped_and_composed():
    assert check_concept(" \u00a0 variance e\u0301 \r\n") == "variance \u00e9"


@pytest.mark.parametrize("blank", ["", "   ", "\t\n", "\u00a0\u2003"])
def test_an_empty_name_is_refused(blank):
    with pytest.raises(InvalidInput, match=r"The concept is empty\."):
        check_concept(blank)


def test_a_name_of_500_characters_is_the_longest():
    assert check_concept("m" * MAX_CONCEPT_LENGTH) == "m" * MAX_CONCEPT_LENGTH
    with pytest.raises(InvalidInput, match="501 characters long, and 500 is the most"):
        check_concept("m" * (MAX_CONCEPT_LENGTH + 1))


def test_length_is_counted_after_composing():
    assert len(check_concept("e\u0301" * MAX_CONCEPT_LENGTH)) == MAX_CONCEPT_LENGTH


@pytest.mark.parametrize(
    "code", [0x0, 0x7, 0x1B, 0x1F, 0x7F, 0x85, 0x61C, 0x200E, 0x200F, 0x2028, 0x202A, 0x202E, 0x2066, 0x2069, 0xD800]
)
@pytest.mark.parametrize("where", ["{}mean", "me{}an", "mean{}"])
def test_what_cannot_be_seen_is_refused_and_named(code, where):
    with pytest.raises(InvalidInput, match=f"U\\+{code:04X}, which cannot be seen") as caught:
        check_concept(where.format(chr(code)))
    assert str(caught.value).isprintable()


@given(st.text(max_size=600))
def test_a_checked_name_is_left_as_it_is_by_another_check(text):
    try:
        name = check_concept(text)
    except InvalidInput:
        return
    assert check_concept(name) == name
    assert 0 < len(name) <= MAX_CONCEPT_LENGTH
