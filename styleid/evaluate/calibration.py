"""Turn scores into probabilities by a map learned from pictures that the scoring heads had not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import expit, log_expit
from threadpoolctl import threadpool_limits

from styleid.evaluate.crossval import Predictions
from styleid.evaluate.fitting import fit_head, fit_seed, training_lead
from styleid.evaluate.seeds import CALIBRATE, child_seed
from styleid.evaluate.table import Fold, Table, check_folds
from styleid.heads.base import Head
from styleid.heads.scores import label_scores
from styleid.rules.calibrator import IDENTITY, SIGMOID, TEMPERATURE, Calibrator, _log_odds, _logs
from styleid.rules.formulas import softmax

#: Parts inside a training part: with few pictures many, so that heads learn from nearly all of it, and fewer
#: as the pictures grow.
MOST_PARTS, FEWEST_PARTS, FITTED_ROWS = 20, 5, 20_000
#: Groups that a map is learned from at least: fewer say nothing of those to come.
LEAST_GROUPS = 5
#: Temperatures and slopes beyond are a likelihood without a maximum, not a finding.
LOWEST, HIGHEST = 1e-3, 1e3


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Scores of rows by heads that have not seen their components."""

    rows: NDArray[np.int64]  # (m,) row numbers of the whole table, ascending
    true: NDArray[np.int64]  # (m,) columns of the true labels
    scores: NDArray[np.float64]  # (m, k) in units of each head's lead, or after the map
    components: NDArray[Any]  # (m,) of each row


def held_out(
    head: Head,
    params: Mapping[str, Any],
    table: Table,
    rows: NDArray[np.int64],
    *,
    seed: int,
    n_jobs: int = 1,
) -> HeldOut:
    """Score each row of a training part by a head that was fitted on the other components of that part.

    No row outside `rows` is read, and the only component of a label is in every head's training. The numbers
    do not depend on `n_jobs`.
    """
    n_parts = int(np.clip(FITTED_ROWS // len(rows), FEWEST_PARTS, MOST_PARTS))
    parts = dealt_parts(table, rows, n_parts, child_seed(seed, CALIBRATE))
    seeds = [fit_seed(head, child_seed(seed, CALIBRATE, number)) for number in range(len(parts))]
    tasks = (
        delayed(unit_scores)(head, params, table, np.setdiff1d(rows, part), part, each)
        for part, each in zip(parts, seeds, strict=True)
    )
    scores = np.zeros((len(table.y), len(table.labels)))
    for part, result in zip(parts, Parallel(n_jobs=n_jobs)(tasks), strict=True):
        scores[part] = result
    scored = np.sort(np.concatenate([rows[:0], *parts]))
    return HeldOut(scored, table.numbers[scored], scores[scored], table.components[scored])


def dealt_parts(table: Table, rows: NDArray[np.int64], n_parts: int, seed: int) -> list[NDArray[np.int64]]:
    """Deal the components of rows out to at most so many parts, of which none takes much of one label.

    A component that is the last of a label outside a part stays out of it, and the only one of a label is in
    no part. Rows are ascending in each part; empty parts are left out.
    """
    names, component = np.unique(table.components[rows], return_inverse=True)
    holds = np.zeros((len(names), len(table.labels)), dtype=bool)
    holds[component, table.numbers[rows]] = True
    sizes, left = np.bincount(component), holds.sum(axis=0)  # components of each label
    taken, load = np.zeros((n_parts, len(table.labels)), dtype=np.int64), np.zeros(n_parts, dtype=np.int64)
    part = np.full(len(names), -1)
    for one in np.random.default_rng(seed).permutation(len(names)).tolist():
        mine = holds[one]
        share = ((taken[:, mine] + 1) / left[mine]).max(axis=1)
        best = int(np.lexsort((load, share))[0])
        if share[best] < 1:
            part[one] = best
            taken[best, mine] += 1
            load[best] += sizes[one]
    parts = [rows[part[component] == number] for number in range(n_parts)]
    return [one for one in parts if len(one)]


def unit_scores(
    head: Head,
    params: Mapping[str, Any],
    table: Table,
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    seed: int,
) -> NDArray[np.float64]:
    """Fit a head and return its scores of other rows in units of its lead, (n_test, k)."""
    with threadpool_limits(1):
        estimator = fit_head(head, params, table, train, seed=seed)
        lead = training_lead(head, estimator, table, train)
        scores = label_scores(estimator, table.X[test], table.labels)
    return _plain_map(head, len(table.labels)).in_units(lead).apply(scores)


def _plain_map(head: Head, k: int) -> Calibrator:
    """Return the map of a head's kind that changes nothing, until it is told a lead."""
    return Calibrator(SIGMOID, 1.0, (1.0,) * k, (0.0,) * k) if head.by_label else Calibrator(TEMPERATURE)


def plain_scores(
    head: Head,
    params: Mapping[str, Any],
    table: Table,
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Fit a head and return its scores of other rows, not calibrated, (n_test, k).

    `seed` is the head's, from `fit_seed`. A label that the training rows do not hold scores 0.
    """
    with threadpool_limits(1):
        estimator = fit_head(head, params, table, train, seed=seed)
        return label_scores(estimator, table.X[test], table.labels)


def learn_calibrator(known: HeldOut, method: str = TEMPERATURE) -> tuple[Calibrator, tuple[str, ...]]:
    """Learn one temperature, or a sigmoid a column, from scores of held-out rows.

    Where there are too few, the map is the identity and the notes say why.
    """
    if (n := len(np.unique(known.components))) < LEAST_GROUPS:
        why = f"expected pictures of at least {LEAST_GROUPS} groups to learn from, found {n}"
        return Calibrator(), (f"scores were not calibrated: {why}",)
    if method == TEMPERATURE:
        return Calibrator(TEMPERATURE, _temperature(known.true, known.scores)), ()
    odds = _log_odds(known.scores)
    pairs = [_sigmoid(known.true == label, odds[:, label]) for label in range(odds.shape[1])]
    return Calibrator(SIGMOID, 1.0, tuple(a for a, _ in pairs), tuple(b for _, b in pairs)), ()


def _temperature(true: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """Find the T at which softmax(log(scores) / T) claims, on average, as much as it is right.

    Clarté et al. 2023, "Expectation consistency for calibration of neural networks"; it rests less on single
    sure mistakes than the log-loss of Guo et al. 2017. The label that scores highest stays the same. Of n
    pictures c were named rightly: (c + 1/2) / (n + 1) are claimed, the estimate of Krichevsky and Trofimov
    1981, so that pictures without a mistake allow no certainty.
    """
    logs = _logs(scores)  # (n, k)
    right = (np.count_nonzero(logs.argmax(axis=1) == true) + 0.5) / (len(true) + 1)

    def over(log_temperature: float) -> float:
        return float(softmax(logs * np.exp(-log_temperature)).max(axis=1).mean()) - right

    lowest, highest = np.log(LOWEST), np.log(HIGHEST)
    if over(lowest) <= 0 or over(highest) >= 0:  # ties that nothing parts, or a head worse than chance
        return LOWEST if over(lowest) <= 0 else HIGHEST
    return float(np.exp(brentq(over, lowest, highest, xtol=1e-9)))


def _sigmoid(positive: NDArray[np.bool_], odds: NDArray[np.float64]) -> tuple[float, float]:
    """Minimise the cross-entropy of expit(a * odds + b) to smoothed targets; a > 0 keeps a column's order.

    Platt 1999, "Probabilistic Outputs for Support Vector Machines". Which column is higher may change.
    """
    n_yes, n_no = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (n_yes + 1) / (n_yes + 2), 1 / (n_no + 2))

    def loss(pair: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = pair[0] * odds + pair[1]
        error = expit(values) - target
        entropy = -np.mean(target * log_expit(values) + (1 - target) * log_expit(-values))
        return float(entropy), np.array([np.mean(error * odds), np.mean(error)])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, bounds=[(LOWEST, HIGHEST), (None, None)])
    return float(found.x[0]), float(found.x[1])


@dataclass(frozen=True, eq=False)
class CalibratedFold:
    """What was learned for one fold without its test part."""

    name: str
    calibrator: Calibrator
    known: HeldOut  # what the map was learned from, *after* it: label sets are learned from the same
    rows: NDArray[np.int64]  # (t,) scored rows
    plain: NDArray[np.float64]  # (t, k) before the map
    scores: NDArray[np.float64]  # (t, k) after it
    notes: tuple[str, ...]


def calibrated_folds(
    head: Head,
    table: Table,
    folds: Sequence[Fold],
    predictions: Predictions,
    *,
    seed: int = 0,
    n_jobs: int = 1,
) -> list[CalibratedFold]:
    """Learn a map for each fold without its test part and apply it to the scores of that part.

    `predictions` is the cross-validation of `head` on these folds. A fold's map is learned from the scores
    that the other folds' heads gave to their own test parts; of a single fold, in parts of its training part.
    Its validation part, which chose the parameters, is not looked at. The numbers do not depend on `n_jobs`.
    """
    check_folds(folds, table.components, cover=False)
    found = []
    for number, (fold, run) in enumerate(zip(folds, predictions.runs, strict=True)):
        if len(folds) == 1:
            known = held_out(
                head, run.params, table, fold.train, seed=child_seed(seed, number), n_jobs=n_jobs
            )
        else:
            known = other_folds(head, table, folds, predictions, fold)
        units, known, notes = _learn(head, known)
        calibrator = units.in_units(run.lead)
        plain = predictions.scores[np.searchsorted(predictions.rows, fold.test)]
        found.append(
            CalibratedFold(fold.name, calibrator, known, fold.test, plain, calibrator.apply(plain), notes)
        )
    return found


def other_folds(
    head: Head, table: Table, folds: Sequence[Fold], predictions: Predictions, fold: Fold
) -> HeldOut:
    """Return what the other folds' heads scored their own test parts, in units of their leads."""
    scores = predictions.scores.copy()
    unit = _plain_map(head, len(table.labels))
    for one, run in zip(folds, predictions.runs, strict=True):
        at = np.searchsorted(predictions.rows, one.test)
        scores[at] = unit.in_units(run.lead).apply(scores[at])
    rest = ~np.isin(predictions.rows, fold.test)
    rows = predictions.rows[rest]
    return HeldOut(rows, predictions.true[rest], scores[rest], table.components[rows])


def _learn(head: Head, known: HeldOut) -> tuple[Calibrator, HeldOut, tuple[str, ...]]:
    """Learn the map of a head from scores in units of leads, and apply it to them."""
    calibrator, notes = learn_calibrator(known, SIGMOID if head.by_label else TEMPERATURE)
    return calibrator, replace(known, scores=calibrator.apply(known.scores)), notes


def with_calibration(predictions: Predictions, folds: Sequence[CalibratedFold]) -> Predictions:
    """Return predictions with the scores after the maps, or as they are if some fold could not learn one.

    Half of the pictures with probabilities and half with plain scores could not be read.
    """
    if any(fold.calibrator.method == IDENTITY for fold in folds):
        return predictions
    return predictions.with_scores(in_row_order(folds)[1])


def in_row_order(
    folds: Sequence[CalibratedFold], *, plain: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the scored rows of all folds, (m,) ascending, and their (m, k) scores after the map.

    With `plain` the scores are those before it.
    """
    rows = np.concatenate([fold.rows for fold in folds])
    scores = np.concatenate([fold.plain if plain else fold.scores for fold in folds])
    order = np.argsort(rows)
    return rows[order], scores[order]


def calibrate(
    head: Head, params: Mapping[str, Any], table: Table, *, seed: int = 0, n_jobs: int = 1
) -> tuple[Calibrator, HeldOut, tuple[str, ...]]:
    """Learn from all rows the map of scores in units of a head's lead; return held-out scores after it."""
    return _learn(head, held_out(head, params, table, np.arange(len(table.y)), seed=seed, n_jobs=n_jobs))
