import tomllib
from pathlib import Path

from mastery_core.identity.middleware import PERSON_HEADER, SESSION_HEADER

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())


def test_streamlit_believes_the_headers_that_the_gate_writes_and_no_others() -> None:
    assert CONFIG["server"]["trustedUserHeaders"] == {PERSON_HEADER: "sub", SESSION_HEADER: "sid"}


def test_out_of_the_box_only_this_computer_is_served_and_nothing_is_told_to_anybody() -> None:
    assert CONFIG["server"]["address"] == "localhost"
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"
