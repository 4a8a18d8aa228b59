"""What a selection of an extract comes to, measure by measure: the tables that the command line prints and screens draw.

Each function answers tables by name, in the order in which they are read. Groups of fewer than ``FEWEST`` learners are left out or have no
figures: see the measures. Where points within cells are told apart (opportunities, classes of gaps, weeks, tenths of the scale), those of fewer are left out cell
by cell: see ``selection``. What is fitted (the Additive Factors Model, half-lives) is fitted to all that is selected.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from mastery_core.comparison import FEWEST
from mastery_core.errors import InvalidInput
from mastery_core.research import afm, calibration, learning_curves, refit, retention, time_to_mastery, velocity
from mastery_core.research.engines import collect, open_events
from mastery_core.research.extract import Manifest, read_manifest
from mastery_core.research.selection import Held, Lattice, Selection, choices, hold, lattice, select

VELOCITIES = {"per_day": "a day", "per_day_practised": "a day practised", "per_10": "in 10 observations"}

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Selected:
    """The events of a selection, those ``in_time`` and those of all months, what it holds, and the manifest of the extract.

    ``lattice`` is of the whole extract, with what is withheld: it is for ``at`` alone.
    """

    in_time: nw.LazyFrame[Any]
    of_all_months: nw.LazyFrame[Any]
    held: Held
    manifest: Manifest
    lattice: Lattice
    selection: Selection

    def at(self, point: nw.Expr) -> nw.LazyFrame[Any]:
        """The events ``in_time``, for a measure that tells such points apart."""
        return select(self.lattice, self.selection, point)


def open_selection(folder: Path, selection: Selection, engine: str = "duckdb", held: Held | None = None) -> Selected:
    """A selection of the extract in ``folder``; ``held`` is what it holds, where that has been counted already.

    Raises InvalidInput as ``open_events`` and ``hold`` do.
    """
    whole = lattice(open_events(folder, engine))
    if held is None:
        held = hold(whole, selection, choices(whole))
    of_all_months = replace(selection, first_month=None, last_month=None)
    return Selected(
        select(whole, selection), select(whole, of_all_months), held, read_manifest(folder), whole, selection
    )


def velocities(found: Selected, by: Sequence[str] = ()) -> Tables:
    """How fast learners learn: the distribution of each of ``VELOCITIES`` over learners, in shares of a score."""
    week = velocity.week_of(velocity.day_of(nw.col("seconds")))
    events = found.at(week) if "week" in by else found.in_time
    learners = collect(velocity.velocity(events, by), ["learner", *by])
    parts = [
        velocity.distribution(learners, by, column=column).assign(velocity=what) for column, what in VELOCITIES.items()
    ]
    told = pd.concat(parts, ignore_index=True)
    return {"velocity": told[["velocity", *told.columns.drop("velocity")]]}


def curves(found: Selected, _by: Sequence[str] = ()) -> Tables:
    """Learning curves: error rates by opportunity, overall and by concept, what the Additive Factors Model makes of them, how it fits."""
    overall, points = _points(found, ()), _points(found, ("concept",))
    answers = collect(afm.answers_of(found.in_time), ["learner", "concept", "opportunity"])
    model = afm.fit(answers)
    concepts = learning_curves.categories(points, model)
    told = model.concepts.merge(concepts[["concept", "category"]], on="concept", how="left")
    told["category"] = told["category"].fillna(learning_curves.Category.TOO_LITTLE_DATA.value)
    told.loc[told["learners"] < FEWEST, [name for name in told.columns if told[name].dtype == "float64"]] = float("nan")
    fit = asdict(model.fit) | {"cross_validated_rmse": afm.cross_validated_rmse(answers)}
    return {"overall": overall, "concepts": told, "curves": points, "model": pd.DataFrame([fit])}


def times_to_mastery(found: Selected, by: Sequence[str] = ()) -> Tables:
    """How long mastery takes, in opportunities and in days: medians by group, and the Kaplan-Meier curves."""
    pairs = time_to_mastery.durations(found.in_time)
    learners = collect(time_to_mastery.people(found.in_time, by), by)
    tables: Tables = {}
    for unit in time_to_mastery.UNITS:
        counted = collect(time_to_mastery.counted(pairs, unit, by), [*by, "duration"])
        longest = collect(time_to_mastery.followed(pairs, unit, by), [*by, "duration"])
        told = time_to_mastery.kaplan_meier(counted, learners, by)
        tables |= {unit: told.groups, f"curve in {unit}": time_to_mastery.shown(told.curve, longest, by)}
    return tables


def retentions(found: Selected, by: Sequence[str] = ()) -> Tables:
    """What is still known after a gap: right answers by the time since the concept was practised, and half-lives by concept."""
    settings = found.manifest.settings
    gaps = retention.shown(collect(retention.by_gap(found.at(retention.gap_class()), by), [*by, "bin"]))
    steps = collect(retention.for_fit(found.in_time), ["concept", "step"])
    fitted = retention.fit_half_life(
        steps, decay_factor=float(settings["decay_factor"]), period_days=float(settings["decay_period_days"])
    )
    return {"by gap": gaps.drop(columns="bin"), "half-lives": fitted}


def calibrations(found: Selected, _by: Sequence[str] = ()) -> Tables:
    """How well the score before an answer forecasts that answer, beside two others. Raises InvalidInput where nobody answered."""
    scores = calibration.scores(found.in_time)
    if not scores["answers"].any():
        raise InvalidInput(
            "Nobody answered anything in this selection: there is nothing to forecast. Choose more concepts or months."
        )
    reliable = calibration.with_intervals(collect(calibration.reliability(found.at(calibration.tenth())), ["bin"]))
    return {"scores": scores, "reliability": reliable.drop(columns="bin")}


def proposal(found: Selected) -> refit.Refit:
    """Which decay and which deltas would forecast better. Scores are folded from the first event on: months are not selected.

    Raises InvalidInput where it would be fitted to fewer than ``FEWEST`` learners, or judged on fewer.
    """
    fitted = refit.fit(refit.sample(found.of_all_months), refit.in_force(found.manifest))
    if min(fitted.training_learners, fitted.judged_learners) < FEWEST:
        raise InvalidInput(
            f"A proposal is fitted to some learners and judged on others, at least {FEWEST} each, and this selection has too few who"
            " answered. Choose more cohorts or concepts, or a smaller minimum of observations."
        )
    return fitted


def _points(found: Selected, by: Sequence[str]) -> pd.DataFrame:
    """Each of at least ``FEWEST`` learners, as each of its cells is."""
    events = found.at(nw.col("opportunity"))
    return learning_curves.with_intervals(collect(learning_curves.error_rates(events, by), [*by, "opportunity"]))


@dataclass(frozen=True, slots=True)
class Measure:
    """How a measure is worked out, and the groups that it can be told ``by``."""

    tables: Callable[[Selected, Sequence[str]], Tables]
    by: tuple[str, ...] = ()


MEASURES = {
    "velocity": Measure(velocities, ("concept", "cohort", "week")),
    "curves": Measure(curves),
    "time-to-mastery": Measure(times_to_mastery, ("concept", "cohort")),
    "retention": Measure(retentions, ("concept", "cohort")),
    "calibration": Measure(calibrations),
}


def velocity_difference(
    found: Selected, one_cohort: str, other_cohort: str, column: str
) -> velocity.VelocityDifference:
    """How much faster the learners of the other cohort learn, and how sure that is: see ``velocity.compare_velocity``.

    ``column`` is one of ``VELOCITIES``. A cohort that is not in the selection has no learners: then nothing is compared.
    """
    both = found.in_time.filter(nw.col("cohort").is_in([one_cohort, other_cohort]))
    learners = collect(velocity.velocity(both, ["cohort"]), ["learner", "cohort"])
    one, other = (learners[learners["cohort"] == name] for name in (one_cohort, other_cohort))
    return velocity.compare_velocity(one, other, column=column)
