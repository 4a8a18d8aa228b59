"""Additive Factors Model: how easy each concept is, how fast it is learnt, and how proficient each learner is.

``logit P(right) = proficiency(learner) + intercept(concept) + learning_rate(concept) * (opportunity - 1)``

Source: Cen, Koedinger, Junker, "Learning Factors Analysis", ITS 2006. What is found is the mode of the posterior: proficiencies are
standard normal beforehand, as in DataShop, which sets where 0 is; intercepts and learning rates are normal with standard deviations so
wide (100 and 10 logits) that they take no part, but where a concept's answers alone set no bound, such as where all of them are right.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import inv
from scipy.sparse import csr_array
from scipy.special import expit, log_expit, ndtri
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from mastery_core.errors import InvalidInput

# Each step of the fit takes memory for (learners + 2 concepts)² numbers, and time for their cube: of 1,000 learners and 200 concepts
# 16 MB and some tenths of a second.
MOST_LEARNERS = 1_000
# The standard deviations of what is believed beforehand, in logits (a step). The fit has one penalty for all coefficients, that of a
# standard normal; a column times 100 makes a coefficient of 1 stand for 100.
WIDTH_INTERCEPT, WIDTH_RATE = 100.0, 10.0
TOLERANCE, MOST_ITERATIONS = 1e-8, 200

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

CONCEPTS = {
    "concept": "str", "answers": "int64", "learners": "int64",
    "intercept": "float64", "intercept_se": "float64", "intercept_low": "float64", "intercept_high": "float64",
    "learning_rate": "float64", "learning_rate_se": "float64", "learning_rate_low": "float64", "learning_rate_high": "float64",
}  # fmt: skip
LEARNERS = {"learner": "str", "answers": "int64", "proficiency": "float64"}


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the model fits the answers that it was made of.

    ``log_likelihood`` is of the answers alone, without what was believed beforehand. ``parameters``: one a learner, two a concept, one
    where its learning rate cannot be known. ``aic`` is 2 parameters - 2 log likelihood, ``bic`` ln(answers) parameters - 2 log
    likelihood; ``rmse`` is the root of the mean squared difference of the chance of a right answer from what it was, 1 or 0.
    """

    answers: int
    learners: int
    parameters: int
    log_likelihood: float
    aic: float
    bic: float
    rmse: float


@dataclass(frozen=True, slots=True)
class AFM:
    """The model: ``concepts`` with the columns of ``CONCEPTS``, ``learners`` with those of ``LEARNERS``, by name, and how it fits.

    In logits. ``intercept`` is the ease of a concept: 0 means that half of the first answers of a middling learner are right.
    ``learning_rate`` is what an opportunity adds; NaN where all answers on the concept are of one opportunity, which tells of none.
    ``_se`` are standard errors, ``_low`` and ``_high`` the ends of the interval: of that ``confidence``, by the normal distribution.
    """

    concepts: pd.DataFrame
    learners: pd.DataFrame
    fit: Fit
    confidence: float


def answers_of(events: nw.LazyFrame[Any], most_learners: int | None = MOST_LEARNERS) -> nw.LazyFrame[Any]:
    """What ``fit`` takes, a row an answer, in any order: ``learner``, ``concept``, ``opportunity``, ``right`` (1 or 0).

    Of more than ``most_learners`` who answered, so many are taken, the first by name: names are keyed hashes, so that these are drawn as
    by chance, and the same ones each time. None takes all of them.
    """
    answered = events.filter(~nw.col("is_correct").is_null())
    told = answered.select(
        "learner",
        "concept",
        nw.col("opportunity").cast(nw.Int64),
        right=nw.col("is_correct").cast(nw.Float64).cast(nw.Int64),
    )
    if most_learners is None:
        return told
    chosen = answered.select("learner").unique().sort("learner").head(most_learners)
    return told.join(chosen, on="learner", how="semi")


def fit(answers: pd.DataFrame, confidence: float = 0.95) -> AFM:
    """The Additive Factors Model of ``answers``, as ``answers_of`` tells of them.

    Standard errors come from the information of the posterior at its mode, the learners' part eliminated. They take the width of the
    learners' distribution, 1, for given. Raises InvalidInput where there are no answers, or all are right, or all wrong; ValueError
    unless 0 < confidence < 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1; this one is {confidence}")
    _check(answers["right"])
    design = _design(answers)
    coefficients = _coefficients(design)
    logits = design.matrix @ coefficients
    values = coefficients * design.widths
    return AFM(
        _concepts(design, values, _standard_errors(design, expit(logits)), float(ndtri((1 + confidence) / 2))),
        _learners(design, values),
        _fit(design, logits),
        confidence,
    )


def predicted(afm: AFM, answers: pd.DataFrame) -> Floats:
    """The chance that each of the answers is right, by ``learner``, ``concept`` and ``opportunity``.

    A learner who is not in the model has the proficiency 0, a concept that is not the intercept 0; so has a learning rate not known.
    """
    concepts = afm.concepts.set_index("concept")
    proficiency = answers["learner"].map(afm.learners.set_index("learner")["proficiency"])
    intercept, rate = (answers["concept"].map(concepts[name]) for name in ("intercept", "learning_rate"))
    parts = (np.nan_to_num(part.to_numpy(dtype=np.float64)) for part in (proficiency, intercept, rate))
    theta, beta, gamma = parts
    chance: Floats = expit(theta + beta + gamma * (answers["opportunity"].to_numpy(dtype=np.float64) - 1))
    return chance


def cross_validated_rmse(answers: pd.DataFrame, folds: int = 10) -> float:
    """The error (as ``Fit.rmse``) of answers of learners whom the model was not fitted to, and who have the proficiency 0 in it.

    The learners are dealt into ``folds`` by the order of their names, keyed hashes; each fold is predicted from the others. NaN where
    there is but one learner, or where all answers outside of a fold are right, or all wrong. Raises ValueError for under 2 folds.
    """
    if folds < 2:
        raise ValueError(f"there are at least 2 folds; this is {folds}")
    place, names = pd.factorize(answers["learner"], sort=True)
    if len(names) < 2:
        return float("nan")
    fold = place % min(folds, len(names))
    squares = 0.0
    for held_out in range(fold.max() + 1):
        others, own = answers[fold != held_out], answers[fold == held_out]
        if others["right"].nunique() < 2:
            return float("nan")
        squares += float(((predicted(fit(others), own) - own["right"].to_numpy(dtype=np.float64)) ** 2).sum())
    return float(np.sqrt(squares / len(answers)))


@dataclass(frozen=True, slots=True)
class _Design:
    """Answers as a regression has them. Columns of ``matrix``: learners, concepts, concepts times steps; ``widths`` is of each column.

    ``learner`` and ``concept`` are the places of each answer's among the names; ``varies``: where a concept has several opportunities.
    """

    learners: pd.Index
    concepts: pd.Index
    learner: Ints
    concept: Ints
    right: Floats
    varies: Bools
    matrix: csr_array
    widths: Floats


def _check(right: pd.Series) -> None:
    if right.empty:
        raise InvalidInput("There are no answers to fit a learning curve to.")
    if right.nunique() < 2:
        which = "right" if right.iloc[0] else "wrong"
        raise InvalidInput(f"All answers are {which}: there is nothing to fit a learning curve to.")


def _design(answers: pd.DataFrame) -> _Design:
    learner, learners = pd.factorize(answers["learner"], sort=True)
    concept, concepts = pd.factorize(answers["concept"], sort=True)
    opportunity = answers.groupby(concept)["opportunity"]
    varies = (opportunity.max() > opportunity.min()).to_numpy()
    steps = np.where(varies[concept], answers["opportunity"].to_numpy(dtype=np.float64) - 1, 0.0)
    widths = np.repeat([1.0, WIDTH_INTERCEPT, WIDTH_RATE], [len(learners), len(concepts), len(concepts)])
    rows, columns = len(answers), widths.size
    values = np.column_stack([np.ones(rows), np.full(rows, WIDTH_INTERCEPT), WIDTH_RATE * steps])
    places = np.column_stack([learner, len(learners) + concept, len(learners) + len(concepts) + concept])
    begins = np.arange(0, 3 * rows + 1, 3, dtype=np.int32)
    matrix = csr_array((values.ravel(), places.ravel().astype(np.int32), begins), shape=(rows, columns))
    right = answers["right"].to_numpy(dtype=np.float64)
    return _Design(pd.Index(learners), pd.Index(concepts), learner, concept, right, varies, matrix, widths)


def _coefficients(design: _Design) -> Floats:
    """Of the columns of the matrix: each a standard normal beforehand, which is the penalty at C = 1.

    Where Newton's method cannot go on, it says so and L-BFGS ends its work; that is no failure. Not to converge at all still warns.
    """
    model = LogisticRegression(
        C=1.0, fit_intercept=False, solver="newton-cholesky", tol=TOLERANCE, max_iter=MOST_ITERATIONS
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*It will now resort to lbfgs instead", ConvergenceWarning)
        coefficients: Floats = model.fit(design.matrix, design.right).coef_[0]
    return coefficients


def _standard_errors(design: _Design, chance: Floats) -> Floats:
    """Of the concepts' intercepts, then their learning rates: from the inverse of the information, learners eliminated.

    The information of learners among themselves is diagonal, so what is left of the concepts' without them, the Schur complement
    ``C - Bᵀ A⁻¹ B``, costs no inverse of the whole.
    """
    count = len(design.learners)
    learners, concepts = design.matrix[:, :count], design.matrix[:, count:]
    weight = chance * (1 - chance)
    weighted = concepts * weight[:, None]
    between = (learners.T @ weighted).toarray()
    own = np.bincount(design.learner, weights=weight, minlength=count) + 1
    among = (concepts.T @ weighted).toarray() + np.eye(concepts.shape[1])
    covariance = inv(among - (between.T / own) @ between)
    errors: Floats = np.sqrt(covariance.diagonal()) * design.widths[count:]
    return errors


def _concepts(design: _Design, values: Floats, errors: Floats, z: float) -> pd.DataFrame:
    intercept, rate = np.split(values[len(design.learners) :], 2)
    intercept_se, rate_se = np.split(errors, 2)
    rate, rate_se = (np.where(design.varies, each, np.nan) for each in (rate, rate_se))
    pairs = np.unique(design.concept * len(design.learners) + design.learner) // len(design.learners)
    counts = (np.bincount(each, minlength=len(design.concepts)) for each in (design.concept, pairs))
    told = (
        *counts,
        *(intercept, intercept_se, intercept - z * intercept_se, intercept + z * intercept_se),
        *(rate, rate_se, rate - z * rate_se, rate + z * rate_se),
    )
    return pd.DataFrame(dict(zip(CONCEPTS, (design.concepts, *told), strict=True))).astype(CONCEPTS)


def _learners(design: _Design, values: Floats) -> pd.DataFrame:
    told = (design.learners, np.bincount(design.learner), values[: len(design.learners)])
    return pd.DataFrame(dict(zip(LEARNERS, told, strict=True))).astype(LEARNERS)


def _fit(design: _Design, logits: Floats) -> Fit:
    answers, learners = design.right.size, len(design.learners)
    parameters = learners + len(design.concepts) + int(design.varies.sum())
    likelihood = float(log_expit(np.where(design.right == 1, logits, -logits)).sum())
    return Fit(
        answers,
        learners,
        parameters,
        likelihood,
        2 * parameters - 2 * likelihood,
        float(np.log(answers)) * parameters - 2 * likelihood,
        float(np.sqrt(((expit(logits) - design.right) ** 2).mean())),
    )
