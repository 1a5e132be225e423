"""How true probabilities are and what label sets are worth, for maps learned in several ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate import calibration as maps
from styleid.evaluate.calibration import InnerScores, calibrated_folds, learn_calibrator, plain_scores
from styleid.evaluate.fitting import fit_seed, inner_folds
from styleid.evaluate.seeds import CALIBRATE, child_seed
from styleid.heads.base import Head, get_head
from styleid.questions.calibration.measure import calibration_metrics
from styleid.rules.calibrator import Calibrator
from styleid.rules.label_sets import ConformalSets, component_quantile, own_nonconformity
from trials.trial import Choice, Trial

LEVEL, HEAD, MANY_SPLITS = 0.9, "lda", 20
Part = tuple[NDArray[np.int64], NDArray[np.float64], InnerScores]
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

    A part holds the rows of a test part, their scores after the map, and the scores after it (`InnerScores`)
    from which the threshold of label sets is learned; and the temperature.
    """
    n, k = len(trial.table.y), len(trial.table.labels)
    scores, inside, temperatures = np.zeros((n, k)), np.zeros((n, k), dtype=bool), []
    for (rows, after, inner), temperature in parts:
        own = own_nonconformity(inner.true, inner.scores)
        rule = ConformalSets(LEVEL, component_quantile(own, inner.components, LEVEL))
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


def five_inner_folds(trial: Trial, head: Head | str = HEAD) -> dict[str, float]:
    """Take today's map: learned in five folds inside each training part."""
    predictions = trial.predictions(head)
    head = get_head(head) if isinstance(head, str) else head
    folds = calibrated_folds(head, trial.table, trial.folds, predictions, seed=trial.seed)
    return measured(
        trial, (((fold.rows, fold.scores, fold.inner), fold.calibrator.temperature) for fold in folds)
    )


def other_folds(
    trial: Trial, learn: Callable[[InnerScores], Calibrator] | None = None, head: Head | str = HEAD
) -> dict[str, float]:
    """Learn the map and the threshold from the out-of-fold scores of the other folds' pictures."""
    predictions, table = trial.predictions(head), trial.table

    def parts() -> Iterator[tuple[Part, float]]:
        for fold in trial.folds:
            rest = fold.train
            inner = InnerScores(rest, table.numbers[rest], predictions.scores[rest], table.components[rest])
            yield _mapped(fold.test, predictions.scores, inner, learn)

    return measured(trial, parts())


def within(trial: Trial, n_splits: int) -> list[InnerScores]:
    """Return, for each fold, its training part scored in that many folds inside it, not calibrated."""
    predictions, table, head = trial.predictions(HEAD), trial.table, get_head(HEAD)

    def make() -> list[InnerScores]:
        found = []
        for number, fold in enumerate(trial.folds):
            seed = child_seed(trial.seed, number)
            inside, _ = inner_folds(table, fold.train, seed=child_seed(seed, CALIBRATE), n_splits=n_splits)
            params = predictions.runs[number].params
            scores = np.zeros_like(predictions.scores)
            for at, one in enumerate(inside):
                own = fit_seed(head, child_seed(seed, CALIBRATE, at))
                scores[one.test] = plain_scores(head, params, table, one.train, one.test, seed=own)
            rows = fold.train
            found.append(InnerScores(rows, table.numbers[rows], scores[rows], table.components[rows]))
        return found

    return trial.once(f"within {n_splits}", make)


def inner(trial: Trial, n_splits: int = MANY_SPLITS) -> dict[str, float]:
    """Learn the map and the threshold in that many folds inside each training part."""
    scores = trial.predictions(HEAD).scores
    folds = zip(trial.folds, within(trial, n_splits), strict=True)
    return measured(trial, (_mapped(fold.test, scores, one) for fold, one in folds))


def inner_and_other(trial: Trial, n_splits: int, wide: bool = False) -> dict[str, float]:
    """Learn a map inside each training part, and from the other folds by how much such maps are off.

    Heads of two folds may differ in the scale of their scores, as their parameters do; after the first map
    they share one. With `wide` the threshold of label sets still comes from inside the training part.
    """
    predictions, table = trial.predictions(HEAD), trial.table
    inside = within(trial, n_splits)
    first = [learn_calibrator(one)[0] for one in inside]
    scores = np.zeros_like(predictions.scores)
    for fold, calibrator in zip(trial.folds, first, strict=True):
        scores[fold.test] = calibrator.apply(predictions.scores[fold.test])

    def parts() -> Iterator[tuple[Part, float]]:
        for fold, calibrator, one in zip(trial.folds, first, inside, strict=True):
            rest = fold.train
            outer = InnerScores(rest, table.numbers[rest], scores[rest], table.components[rest])
            second, _ = learn_calibrator(outer)
            source = replace(one, scores=calibrator.apply(one.scores)) if wide else outer
            after = replace(source, scores=second.apply(source.scores))
            both = calibrator.temperature * second.temperature
            yield (fold.test, second.apply(scores[fold.test]), after), both

    return measured(trial, parts())


def other_folds_scaled(trial: Trial, head: Head | str = HEAD) -> dict[str, float]:
    """Learn from the other folds, each head's scores first divided by their spread on its training part."""
    predictions, table = trial.predictions(head), trial.table
    head = get_head(head) if isinstance(head, str) else head
    scores = np.zeros_like(predictions.scores)
    for number, fold in enumerate(trial.folds):
        params = predictions.runs[number].params
        own = plain_scores(head, params, table, fold.train, fold.train, seed=trial.seed)
        top = np.sort(np.log(np.maximum(own, 1e-300)), axis=1)
        spread = max(float(np.median(top[:, -1] - top[:, -2])), 1e-6)
        scores[fold.test] = Calibrator(maps.TEMPERATURE, spread).apply(predictions.scores[fold.test])

    def parts() -> Iterator[tuple[Part, float]]:
        for fold in trial.folds:
            rest = fold.train
            outer = InnerScores(rest, table.numbers[rest], scores[rest], table.components[rest])
            yield _mapped(fold.test, scores, outer)

    return measured(trial, parts())


def no_map(trial: Trial) -> dict[str, float]:
    """Take the scores as the head gives them."""
    return other_folds(trial, lambda inner: Calibrator())


def _mapped(
    rows: NDArray[np.int64],
    scores: NDArray[np.float64],
    inner: InnerScores,
    learn: Callable[[InnerScores], Calibrator] | None = None,
) -> tuple[Part, float]:
    calibrator = learn(inner) if learn else learn_calibrator(inner)[0]
    after = replace(inner, scores=calibrator.apply(inner.scores))
    return (rows, calibrator.apply(scores[rows]), after), calibrator.temperature


def _by_component(inner: InnerScores) -> Calibrator:
    """Learn the temperature from one picture of each component, whatever its size."""
    _, first = np.unique(inner.components, return_index=True)
    return Calibrator(maps.TEMPERATURE, maps._temperature(inner.true[first], inner.scores[first]))


CALIBRATION = Choice(
    "From which scores should the temperature and the threshold of label sets be learned?",
    "five inner folds",
    {
        "five inner folds": five_inner_folds,
        "other folds": other_folds,
        "other folds by component": partial(other_folds, learn=_by_component),
        "other folds scaled": other_folds_scaled,
        "ten inner folds": partial(inner, n_splits=10),
        "twenty inner folds": inner,
        "five inner and other folds": partial(inner_and_other, n_splits=5),
        "five inner and other folds; sets from inner": partial(inner_and_other, n_splits=5, wide=True),
        "twenty inner and other folds": partial(inner_and_other, n_splits=MANY_SPLITS),
        "no map": no_map,
    },
    METRICS,
)
