"""Predictions in one order and labels in another are chance, however good the model."""

from __future__ import annotations

import numpy as np
import pytest

from styleid.evaluate.crossval import Predictions
from styleid.studies.artist.order import misaligned, show_misalignment


def perfect(n: int = 400, share: float = 0.25) -> Predictions:
    true = (np.arange(n) < share * n).astype(np.int64)
    scores = np.column_stack([1 - true, true]).astype(np.float64)
    return Predictions(("others", "ann"), np.arange(n), true, true.copy(), scores, np.full(n, "holdout"), ())


@pytest.mark.parametrize("share", [0.5, 0.15])
def test_a_perfect_model_becomes_chance(share: float) -> None:
    told = show_misalignment(perfect(share=share), seed=0)
    assert told["aligned"]["balanced_accuracy"] == told["aligned"]["roc_auc"] == 1.0
    assert told["aligned"]["precision"] == {"others": 1.0, "ann": 1.0}
    assert abs(told["shuffled"]["balanced_accuracy"] - 0.5) < 0.1
    assert abs(told["orders"]["value"] - 0.5) < 0.01
    assert told["orders"]["low"] < 0.5 < told["orders"]["high"]
    assert told["orders"]["high"] - told["orders"]["low"] < 0.25
    assert told["chance"] == {"others": 1 - share, "ann": share}
    assert told["shuffled"]["precision"]["ann"] == pytest.approx(share, abs=0.1)


def test_predictions_are_the_same_ones_and_labels_stay() -> None:
    one = perfect()
    other = misaligned(one, 3)
    np.testing.assert_array_equal(other.true, one.true)
    assert np.sort(other.predicted).tolist() == np.sort(one.predicted).tolist()
    np.testing.assert_array_equal(
        other.scores.argmax(axis=1), other.predicted, "score and prediction go together"
    )
    assert not np.array_equal(other.predicted, one.predicted)


def test_one_seed_one_report() -> None:
    assert show_misalignment(perfect(), 1) == show_misalignment(perfect(), 1)
    assert show_misalignment(perfect(), 1) != show_misalignment(perfect(), 2)
