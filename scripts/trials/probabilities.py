"""How true probabilities are and what label sets are worth, for maps learned in several ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from styleid.evaluate import calibration as maps
from styleid.evaluate.calibration import HeldOut, learn_calibrator, plain_scores
from styleid.evaluate.fitting import fit_seed, inner_folds
from styleid.evaluate.seeds import CALIBRATE, child_seed
from styleid.heads.base import Head, get_head
from styleid.questions.calibration.measure import calibration_metrics
from styleid.rules.calibrator import Calibrator, _logs
from styleid.rules.label_sets import ConformalSets, component_quantile, own_nonconformity
from trials.trial import Choice, Trial

LEVEL = 0.9
Part = tuple[NDArray[np.int64], NDArray[np.float64], HeldOut]
#: Columns of label sets and probabilities: whether more is better.
METRICS = {
    **{
        "ece": -1,
        "floor": 0,
        "ece_less_floor": -1,
        "ece_over_floor": -1,
        "too_modest": 0,
        "log_loss": -1,
        "brier": -1,
    },
    **{"coverage": 0, "too_wide": -1, "too_narrow": -1, "set_size": -1, "set_share": -1, "temperature": 0},
}


def measured(trial: Trial, parts: Iterator[tuple[Part, float]]) -> dict[str, float]:
    """Measure probabilities and sets.

    A part holds the rows of a test part, their scores after the map, and the scores after it (`HeldOut`)
    from which the threshold of label sets is learned; and the temperature.
    """
    n, k = len(trial.table.y), len(trial.table.labels)
    scores, inside, temperatures = np.zeros((n, k)), np.zeros((n, k), dtype=bool), []
    for (rows, after, known), temperature in parts:
        own = own_nonconformity(known.true, known.scores)
        rule = ConformalSets(LEVEL, component_quantile(own, known.components, LEVEL))
        scores[rows], inside[rows] = after, rule.sets(after)
        temperatures.append(temperature)
    true, components = trial.table.numbers, trial.table.components
    how = calibration_metrics(true, scores, components, n_resamples=2)
    coverage = float(inside[np.arange(n), true].mean())
    right = scores.argmax(axis=1) == true
    # A set always holds the label named: where that is right more often than LEVEL, so is the set.
    wanted = max(LEVEL, float(right.mean()))
    return {
        "ece": how.ece.value,
        "floor": how.ece_if_perfect,
        "ece_over_floor": how.ece.value / how.ece_if_perfect,
        "ece_less_floor": how.ece.value - how.ece_if_perfect,
        "too_modest": float(right.mean() - scores.max(axis=1).mean()),
        "log_loss": how.log_loss.value,
        "brier": how.brier.value,
        "coverage": coverage,
        "too_wide": max(0.0, coverage - wanted),
        "too_narrow": max(0.0, LEVEL - coverage),
        "set_size": float(inside.sum(axis=1).mean()),
        "set_share": float(inside.sum(axis=1).mean()) / k,
        "temperature": float(np.exp(np.mean(np.log(temperatures)))),
    }


Learn = Callable[[HeldOut], Calibrator]


def by_consistency(known: HeldOut) -> Calibrator:
    """Learn as styleid does: what is claimed on average is how often it is right."""
    return learn_calibrator(known)[0]


def by_log_loss(known: HeldOut) -> Calibrator:
    """Learn as styleid did: the least log-loss, and no certainty where there was no mistake."""
    logs = _logs(known.scores)
    own = logs[np.arange(len(known.true)), known.true]

    def loss(log_temperature: float) -> float:
        beta = np.exp(-log_temperature)
        return float(np.mean(logsumexp(beta * logs, axis=1) - beta * own))

    bounds = (np.log(maps.LOWEST), np.log(maps.HIGHEST))
    found = float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
    top = np.sort(logs, axis=1)
    lowest = float(np.median(top[:, -1] - top[:, -2]) / np.log(len(known.true) + 1))
    return Calibrator(maps.TEMPERATURE, max(found, min(lowest, maps.HIGHEST)))


def as_styleid(trial: Trial, head: Head | str) -> dict[str, float]:
    """Take the maps of a fit."""
    predictions = trial.predictions(head)
    of_name = get_head(head) if isinstance(head, str) else head
    folds = maps.calibrated_folds(of_name, trial.table, trial.folds, predictions, seed=trial.seed)
    return measured(
        trial, (((fold.rows, fold.scores, fold.known), fold.calibrator.temperature) for fold in folds)
    )


def other_folds(trial: Trial, head: str, learn: Learn = by_log_loss) -> dict[str, float]:
    """Learn the map and the threshold from the out-of-fold scores of the other folds' pictures."""
    predictions, table = trial.predictions(head), trial.table

    def parts() -> Iterator[tuple[Part, float]]:
        for fold in trial.folds:
            rest = fold.train
            known = HeldOut(rest, table.numbers[rest], predictions.scores[rest], table.components[rest])
            yield _mapped(fold.test, predictions.scores, known, learn)

    return measured(trial, parts())


def in_leads(trial: Trial, head: str, learn: Learn = by_log_loss) -> dict[str, float]:
    """Learn from the other folds, their scores divided by their heads' leads."""
    predictions, table, of_name = trial.predictions(head), trial.table, get_head(head)

    def parts() -> Iterator[tuple[Part, float]]:
        for fold, run in zip(trial.folds, predictions.runs, strict=True):
            known = maps.other_folds(of_name, table, trial.folds, predictions, fold)
            scores = Calibrator(maps.TEMPERATURE).in_units(run.lead).apply(predictions.scores)
            yield _mapped(fold.test, scores, known, learn)

    return measured(trial, parts())


def inner_folds_of(trial: Trial, head: str, n_splits: int, learn: Learn = by_log_loss) -> dict[str, float]:
    """Learn the map and the threshold in that many folds inside each training part."""
    predictions, table, of_name = trial.predictions(head), trial.table, get_head(head)

    def make() -> list[HeldOut]:
        found = []
        for number, (fold, run) in enumerate(zip(trial.folds, predictions.runs, strict=True)):
            seed = child_seed(trial.seed, number)
            inside, _ = inner_folds(table, fold.train, seed=child_seed(seed, CALIBRATE), n_splits=n_splits)
            scores = np.zeros_like(predictions.scores)
            for at, one in enumerate(inside):
                own = fit_seed(of_name, child_seed(seed, CALIBRATE, at))
                scores[one.test] = plain_scores(of_name, run.params, table, one.train, one.test, seed=own)
            rows = fold.train
            found.append(HeldOut(rows, table.numbers[rows], scores[rows], table.components[rows]))
        return found

    known = trial.once(f"within {n_splits} {head}", make)
    folds = zip(trial.folds, known, strict=True)
    return measured(trial, (_mapped(fold.test, predictions.scores, one, learn) for fold, one in folds))


def parts_inside(trial: Trial, head: str) -> dict[str, float]:
    """Learn inside each training part as the map that ships is learned from all pictures."""
    predictions, table, of_name = trial.predictions(head), trial.table, get_head(head)

    def parts() -> Iterator[tuple[Part, float]]:
        for fold, run in zip(trial.folds, predictions.runs, strict=True):
            known = maps.held_out(of_name, run.params, table, fold.train, seed=trial.seed)
            scores = Calibrator(maps.TEMPERATURE).in_units(run.lead).apply(predictions.scores)
            yield _mapped(fold.test, scores, known, by_consistency)

    return measured(trial, parts())


def no_map(trial: Trial, head: str) -> dict[str, float]:
    """Take the scores as the head gives them."""
    return other_folds(trial, head, lambda known: Calibrator())


def _mapped(
    rows: NDArray[np.int64], scores: NDArray[np.float64], known: HeldOut, learn: Learn
) -> tuple[Part, float]:
    calibrator = learn(known)
    after = replace(known, scores=calibrator.apply(known.scores))
    return (rows, calibrator.apply(scores[rows]), after), calibrator.temperature


def of_head(head: str) -> Choice:
    """Return the choice of a map for one head."""
    ways: dict[str, Callable[..., dict[str, float]]] = {
        "five inner folds by log-loss": partial(inner_folds_of, n_splits=5),
        "twenty inner folds by log-loss": partial(inner_folds_of, n_splits=20),
        "other folds by log-loss": other_folds,
        "other folds": partial(other_folds, learn=by_consistency),
        "other folds in leads by log-loss": in_leads,
        "as styleid: other folds in leads": as_styleid,
        "as the map that ships: parts in leads": parts_inside,
        "no map": no_map,
    }
    return Choice(
        f"From which scores, and how, should {head}'s temperature be learned, and the threshold of sets?",
        "five inner folds by log-loss",
        {name: partial(way, head=head) for name, way in ways.items()},
        METRICS,
    )


LDA, SVM, LOGREG = of_head("lda"), of_head("svm"), of_head("logreg")
KNN, CENTROID, MLP = of_head("knn"), of_head("centroid"), of_head("mlp")
