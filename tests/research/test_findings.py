"""What a selection comes to: what is said where it has too little for a measure."""

from collections.abc import Callable
from typing import Any

import narwhals as nw
import pandas as pd
import pytest

from mastery_core.errors import InvalidInput
from mastery_core.research import findings
from mastery_core.research.extract import Manifest
from mastery_core.research.selection import Held, Selection, lattice
from tests.research.conftest import log_of

SETTINGS = {"decay_factor": 0.95, "decay_period_days": 1, "initial_score": 0.5}
RULES = [{"outcome": "correct", "delta": 0.1, "trigger_type": "quiz_attempt", "is_correct": True}]


def found(lazily: Callable[[pd.DataFrame], nw.LazyFrame[Any]], frame: pd.DataFrame) -> findings.Selected:
    events, manifest = lazily(frame), Manifest("2026-03-09T00:00:00+00:00", True, len(frame), SETTINGS, RULES)
    return findings.Selected(events, events, Held(0, 0, None), manifest, lattice(events), Selection())


def test_where_nobody_answered_nothing_is_forecast(lazily: Callable[[pd.DataFrame], nw.LazyFrame[Any]]) -> None:
    read = found(lazily, log_of(dict.fromkeys(("a0", "b1", "c2", "d3", "e4"), "ppp")))
    with pytest.raises(InvalidInput, match="Nobody answered anything in this selection"):
        findings.calibrations(read)


def test_all_who_answered_are_judged(lazily: Callable[[pd.DataFrame], nw.LazyFrame[Any]]) -> None:
    names = "a0", "b1", "c2", "d3", "e4"
    told = findings.calibrations(found(lazily, log_of(dict.fromkeys(names, "rrr"))))
    assert told["scores"][["learners", "answers", "right"]].to_numpy().tolist() == [[5, 15, 15]] * 3
    assert told["reliability"][["begins", "learners", "answers"]].to_numpy().tolist() == [[0.5, 5, 10], [0.6, 5, 5]]


@pytest.mark.parametrize(("judged", "others"), [(4, 5), (5, 4)])
def test_a_proposal_takes_five_learners_to_fit_and_five_to_judge_it(
    lazily: Callable[[pd.DataFrame], nw.LazyFrame[Any]], judged: int, others: int
) -> None:
    names = [*(f"{n}0" for n in range(judged)), *(f"{n}1" for n in range(others))]
    with pytest.raises(InvalidInput, match="at least 5 each, and this selection has too few who answered"):
        findings.proposal(found(lazily, log_of(dict.fromkeys(names, "rrr"))))


def test_with_so_many_there_is_a_proposal(lazily: Callable[[pd.DataFrame], nw.LazyFrame[Any]]) -> None:
    names = [*(f"{n}0" for n in range(5)), *(f"{n}1" for n in range(5))]
    told = findings.proposal(found(lazily, log_of(dict.fromkeys(names, "rrr"))))
    assert (told.judged_learners, told.training_learners) == (5, 5)
