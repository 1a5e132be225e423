"""One set of scores less another of the same pictures, against an oracle that draws the pictures out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from styleid.errors import InputError
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.metrics import point_metrics
from styleid.evaluate.paired import paired_differences
from styleid.evaluate.resample import component_counts

METRICS = ("accuracy", "balanced_accuracy", "roc_auc")
GROUPS = np.repeat(np.arange(12), 3)


def scored(seed: int, strength: float, true: np.ndarray | None = None) -> Predictions:
    """Scores of every second picture; the stronger, the more they follow the labels."""
    rng = np.random.default_rng(seed)
    rows = np.arange(0, len(GROUPS), 2)
    true = rng.integers(0, 2, len(rows)) if true is None else true
    score = 1 / (1 + np.exp(-(strength * (true - 0.5) + rng.normal(size=len(rows)))))
    both = np.column_stack([1 - score, score])
    names = np.full(len(rows), "holdout")
    return Predictions(("a", "b"), rows, true, both.argmax(axis=1), both, names, ())


def test_it_is_what_drawing_the_pictures_themselves_gives() -> None:
    one = scored(0, 3.0)
    other = scored(1, 0.5, one.true)
    found = paired_differences(one, other, GROUPS, METRICS, n_resamples=40, seed=7)
    component = np.unique(GROUPS[one.rows], return_inverse=True)[1]
    drawn: dict[str, list[float]] = {metric: [] for metric in METRICS}
    for counts in np.concatenate([*component_counts(int(component.max()) + 1, 40, 7, 100)]):
        rows = np.repeat(np.arange(len(component)), counts[component].astype(int))
        both = [
            point_metrics(of.true[rows], of.predicted[rows], of.scores[rows]).overall for of in (one, other)
        ]
        for metric in METRICS:
            drawn[metric].append(both[0][metric] - both[1][metric])  # type: ignore[operator]
    for metric in METRICS:
        own, its = (point_metrics(of.true, of.predicted, of.scores).overall[metric] for of in (one, other))
        assert own is not None
        assert its is not None
        assert found[metric].value == pytest.approx(own - its)
        assert (found[metric].low, found[metric].high) == pytest.approx(
            tuple(np.quantile(drawn[metric], [0.025, 0.975]))
        )


def test_turned_round_it_changes_its_sign_and_nothing_else() -> None:
    one = scored(0, 3.0)
    other = scored(1, 0.5, one.true)
    there = paired_differences(one, other, GROUPS, ("accuracy",), n_resamples=100)["accuracy"]
    back = paired_differences(other, one, GROUPS, ("accuracy",), n_resamples=100)["accuracy"]
    assert back[:3] == pytest.approx((-there.value, -there.high, -there.low))
    same = paired_differences(one, one, GROUPS, ("accuracy",))["accuracy"]
    assert same.value == 0.0
    assert np.isnan([same.low, same.high]).all(), "what no resample moves has no interval of no width"


def test_a_metric_of_one_label_is_none_and_the_others_are_there() -> None:
    one = scored(0, 3.0, np.zeros(18, dtype=np.int64))
    other = scored(1, 3.0, np.zeros(18, dtype=np.int64))
    found = paired_differences(one, other, GROUPS, METRICS, n_resamples=20)
    assert np.isnan(found["roc_auc"][:3]).all()
    assert np.isfinite(found["accuracy"][0])


def test_scores_of_other_pictures_are_refused() -> None:
    one = scored(0, 3.0)
    for other in (replace(one, rows=one.rows + 1), replace(one, true=1 - one.true)):
        with pytest.raises(InputError, match="scores of the same pictures"):
            paired_differences(one, other, GROUPS, METRICS)
