"""Transfer and forgetting, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from styleid.studies.forgetting.measures import (
    accuracies,
    backward_transfer,
    f1_scores,
    forgetting,
    forward_transfer,
    independent_matrix,
    just_trained,
)

R = np.array(
    [
        [0.50, 0.48, 0.52],  # before
        [0.90, 0.60, 0.50],
        [0.95, 0.80, 0.58],  # the first gains by the second
        [0.70, 0.65, 0.85],
    ]
)


def test_measures_are_those_worked_out_by_hand() -> None:
    assert just_trained(R).tolist() == [0.90, 0.80, 0.85]
    assert backward_transfer(R) == pytest.approx(((0.70 - 0.90) + (0.65 - 0.80)) / 2)
    # The best before the end: .95 of the first, .80 of the second.
    assert forgetting(R) == pytest.approx(((0.95 - 0.70) + (0.80 - 0.65)) / 2)
    # Right before it is learned, less before any training.
    assert forward_transfer(R) == pytest.approx(((0.60 - 0.48) + (0.58 - 0.52)) / 2)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_models_of_their_own_forget_exactly_nothing(k: int) -> None:
    own = independent_matrix(np.random.default_rng(k).random(k))
    assert forgetting(own) == 0.0
    assert backward_transfer(own) == 0.0
    assert forward_transfer(own) is None
    assert np.isnan(own[0]).all()


def test_two_tasks_are_enough() -> None:
    two = np.array([[0.5, 0.5], [0.9, 0.4], [0.6, 0.8]])
    assert backward_transfer(two) == pytest.approx(-0.3)
    assert forgetting(two) == pytest.approx(0.3)
    assert forward_transfer(two) == pytest.approx(-0.1)


def test_accuracy_and_f1_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    true, predicted = rng.random(50) < 0.5, rng.random(50) < 0.6
    counts = confusion_matrix(true, predicted)
    assert accuracies(counts) == pytest.approx(accuracy_score(true, predicted))
    assert f1_scores(counts) == pytest.approx(f1_score(true, predicted))
    assert f1_scores(np.array([[5, 0], [5, 0]])) == 0.0
    assert f1_scores(np.array([[5, 0], [0, 0]])) == 0.0
    assert accuracies(np.array([[[3, 1], [2, 4]], [[1, 0], [0, 1]]])).tolist() == [0.7, 1.0]


def test_what_is_best_at_the_end_is_forgotten_less_than_nothing() -> None:
    gained = np.array([[0.5, 0.5, 0.5], [0.6, 0.5, 0.5], [0.7, 0.6, 0.5], [0.9, 0.8, 0.7]])
    # The end itself is not among what it is compared with.
    assert forgetting(gained) == pytest.approx(((0.7 - 0.9) + (0.6 - 0.8)) / 2)
    assert backward_transfer(gained) == pytest.approx(((0.9 - 0.6) + (0.8 - 0.6)) / 2)


def test_a_score_before_its_own_stage_counts_as_once_known() -> None:
    known = np.array([[0.5, 0.5, 0.5], [0.8, 0.9, 0.5], [0.7, 0.6, 0.5], [0.7, 0.6, 0.7]])
    assert forgetting(known) == pytest.approx(((0.8 - 0.7) + (0.9 - 0.6)) / 2)
