"""How true the probability of one label against the others is, and whether an interval says more of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from styleid import cross_validate, grouped_folds
from styleid.evaluate import calibration as maps
from styleid.evaluate.calibration import HeldOut, learn_calibrator
from styleid.heads.base import get_head
from styleid.questions.calibration.measure import calibration_metrics
from styleid.questions.strangers.hidden_label import drawn_labels
from styleid.rules.calibrator import SIGMOID, TEMPERATURE, Calibrator, _log_odds
from trials.trial import FOLDS, Choice, Trial

Values = NDArray[np.float64]
#: Learned from what the other folds scored, applied to (m, 2) scores: probability of the target, least, most.
Map = Callable[[HeldOut, Values], tuple[Values, Values, Values]]
#: Labels of a set that are the target in turn.
TARGETS = 4
HEAD = "lda"
#: Pictures by their probability in so many equal parts: in how many does the interval hold the share?
PARTS = 5


def by_map(known: HeldOut, scores: Values, method: str) -> tuple[Values, Values, Values]:
    """Map by one temperature or by a sigmoid; an interval of no width."""
    found = learn_calibrator(known, method)[0].apply(scores)
    of_target: Values = found[:, 0] / found.sum(axis=1)
    return of_target, of_target, of_target


def isotonic(known: HeldOut, scores: Values) -> tuple[Values, Values, Values]:
    """Map by the isotonic regression of the known pictures."""
    model = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    model.fit(_log_odds(known.scores[:, 0]), known.true == 0)
    found: Values = model.predict(_log_odds(scores[:, 0]))
    return found, found, found


def venn_abers(known: HeldOut, scores: Values) -> tuple[Values, Values, Values]:
    """Map by the isotonic regressions with the picture added as the target and as another.

    Vovk and Petej 2014, "Venn-Abers predictors"; the one probability is that of least regret by log-loss.
    """
    odds, true = _log_odds(known.scores[:, 0]), (known.true == 0).astype(float)
    ends = np.empty((len(scores), 2))
    for row, value in enumerate(_log_odds(scores[:, 0])):
        for side in (0, 1):
            model = IsotonicRegression(y_min=0, y_max=1).fit(np.r_[odds, value], np.r_[true, side])
            ends[row, side] = model.predict([value])[0]
    low, high = ends.T
    return high / (1 - low + high), low, high


def measured(trial: Trial, way: Map) -> dict[str, float]:
    """Average over targets how true probabilities are, how wide their intervals, and what these hold."""
    targets = drawn_labels(trial.table.labels, TARGETS, trial.seed)
    rows = [of_target(trial, label, way) for label in targets]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def of_target(trial: Trial, label: str, way: Map) -> dict[str, float]:
    """Measure one label against the others."""
    head, table = get_head(HEAD), trial.table.against_rest(label)
    folds, _ = grouped_folds(table.y, table.components, FOLDS, trial.seed)
    predictions = trial.once(f"{HEAD} {label}", partial(cross_validate, head, table, folds, seed=trial.seed))
    ends = np.zeros((3, len(table.y)))
    for fold, run in zip(folds, predictions.runs, strict=True):
        known = maps.other_folds(head, table, folds, predictions, fold)
        scores = Calibrator(TEMPERATURE).in_units(run.lead).apply(predictions.scores[fold.test])
        ends[:, fold.test] = way(known, scores)
    value, low, high = ends
    both = np.column_stack([value, 1 - value])
    how = calibration_metrics(table.numbers, both, table.components, n_resamples=2)
    is_target = table.numbers == 0
    parts = np.array_split(np.argsort(value, kind="stable"), PARTS)
    errors = [abs(is_target[part].mean() - value[part].mean()) * len(part) for part in parts]
    held = [low[part].mean() <= is_target[part].mean() <= high[part].mean() for part in parts]
    return {
        "ece": how.ece.value,
        "floor": how.ece_if_perfect,
        "ece_of_target": float(np.sum(errors) / len(value)),
        "brier": how.brier.value,
        "log_loss": how.log_loss.value,
        "width": float((high - low).mean()),
        "width_unsure": float((high - low)[(value > 0.2) & (value < 0.8)].mean()) if _any(value) else 0.0,
        "parts_held": float(np.mean(held)),
        "share_at_ends": float(((value < 0.01) | (value > 0.99)).mean()),
    }


def _any(value: Values) -> bool:
    return bool(((value > 0.2) & (value < 0.8)).any())


TARGET = Choice(
    "Is the probability of one label against the others true, and should it be an interval?",
    "one temperature",
    {
        "one temperature": partial(measured, way=partial(by_map, method=TEMPERATURE)),
        "a sigmoid": partial(measured, way=partial(by_map, method=SIGMOID)),
        "isotonic regression": partial(measured, way=isotonic),
        "Venn-Abers": partial(measured, way=venn_abers),
    },
    {
        **{"ece": -1, "floor": 0, "ece_of_target": -1, "brier": -1, "log_loss": -1},
        **{"width": 0, "width_unsure": 0, "parts_held": 0, "share_at_ends": 0},
    },
)
