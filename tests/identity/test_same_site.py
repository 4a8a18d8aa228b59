import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastery_core.identity.same_site import same_site_path


@pytest.mark.parametrize(
    "path", ["/", "/progress", "/progress?concept=a%20b&at=2026-01-01", "/a//b", "/?next=//evil.example"]
)
def test_a_page_of_this_site_may_be_gone_on_to(path: str) -> None:
    assert same_site_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "progress",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\..\\..\\evil.example",
        "https://evil.example/",
        "HTTPS:/evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/progress\r\nset-cookie: a=b",
        "/session/sign-in?next=/",
        "/session/sign-out",
        "/session",
        "/" + "a" * 2_000,
    ],
)
def test_nothing_else_is_a_place_to_go_on_to(path: str | None) -> None:
    assert same_site_path(path) == "/"


@given(st.text(alphabet="/\\.:@ \t\n%25c?#evil", max_size=20))
def test_whatever_is_asked_for_stays_on_this_site(path: str) -> None:
    answer = same_site_path(path)

    assert answer.startswith("/")
    assert not answer.startswith("//")
    assert not set(answer) & set("\\\t\n\r")
