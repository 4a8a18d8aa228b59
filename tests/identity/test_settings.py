"""Which Supabase project there is: the environment first, then the secrets file; half of it is an error that says so."""

from pathlib import Path

import pytest

from mastery_core.errors import InvalidInput
from mastery_core.settings import SupabaseSettings, setting, supabase_settings

KEY = "sb_publishable_1234"


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY", "MASTERY_SESSIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".streamlit").mkdir()
    return tmp_path / ".streamlit" / "secrets.toml"


def test_without_a_word_the_embedded_database_serves() -> None:
    assert supabase_settings() is None


def test_the_environment_comes_before_the_file(nothing_said: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_said.write_text(f'[supabase]\nurl = "https://file.example/"\npublishable_key = "{KEY}"\n')
    assert supabase_settings() == SupabaseSettings("https://file.example", KEY)
    monkeypatch.setenv("SUPABASE_URL", "https://environment.example")
    assert supabase_settings() == SupabaseSettings("https://environment.example", KEY)


def test_any_setting_may_stand_in_either_place(nothing_said: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_said.write_text('[mastery]\nsessions = "table"\n')
    assert setting("mastery", "sessions") == "table"
    monkeypatch.setenv("MASTERY_SESSIONS", "memory")
    assert setting("mastery", "sessions") == "memory"


@pytest.mark.parametrize(
    ("name", "missing"),
    [("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY"), ("SUPABASE_PUBLISHABLE_KEY", "SUPABASE_URL")],
)
def test_half_of_it_is_an_error_that_names_the_other_half(
    monkeypatch: pytest.MonkeyPatch, name: str, missing: str
) -> None:
    monkeypatch.setenv(name, "https://project.example")
    with pytest.raises(InvalidInput, match=f"{missing} is not set"):
        supabase_settings()


@pytest.mark.parametrize("url", ["project.supabase.co", "ftp://project.example", "https://", "https://a.example/?x=1"])
def test_what_is_no_address_is_an_error(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SUPABASE_URL", url)
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", KEY)
    with pytest.raises(InvalidInput, match="is not an address like"):
        supabase_settings()


def test_a_file_that_cannot_be_read_is_an_error(nothing_said: Path) -> None:
    nothing_said.write_text("[supabase\n")
    with pytest.raises(InvalidInput, match=r"secrets.toml cannot be read"):
        supabase_settings()


def test_keys_are_in_no_representation() -> None:
    assert KEY not in repr(SupabaseSettings("https://project.example", KEY, KEY))
