"""Calibration numbers against scikit-learn, by hand, and on scores whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_cases import drawn
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, log_loss

from styleid.errors import InputError
from styleid.questions.calibration.measure import METRICS, calibration_metrics, equal_mass_bins


def test_brier_and_log_loss_are_scikit_learns():
    scores, true = drawn(300)
    found = calibration_metrics(true, scores, np.arange(300), n_resamples=50)
    assert found.log_loss.value == pytest.approx(log_loss(true, scores))
    assert found.brier.value == pytest.approx(brier_score_loss(true, scores, scale_by_half=False))
    for name in METRICS:
        value, low, high = getattr(found, name)[:3]
        assert low <= value <= high


def test_columns_that_do_not_sum_to_one_are_scored_each():
    scores = np.array([[0.9, 0.5], [0.2, 0.6]])
    found = calibration_metrics(np.array([0, 1]), scores, np.arange(2), n_resamples=20)
    by_hand = -(np.log(0.9) + np.log(0.5) + np.log(0.8) + np.log(0.6)) / 2
    assert found.log_loss.value == pytest.approx(by_hand)


def test_a_sure_mistake_is_finite():
    found = calibration_metrics(np.array([1]), np.array([[1.0, 0.0]]), np.arange(1), n_resamples=20)
    assert found.log_loss.value == pytest.approx(-np.log(np.finfo(float).eps))
    assert found.ece.value == 1


def test_pictures_scored_alike_leave_no_interval():
    """All right and all equally sure: no resample moves the numbers, which says nothing of other pictures."""
    found = calibration_metrics(np.zeros(12, dtype=np.int64), np.tile([0.9, 0.1], (12, 1)), np.arange(12))
    for name in METRICS:
        value, low, high = getattr(found, name)[:3]
        assert value > 0
        assert np.isnan([low, high]).all(), name


def test_the_error_by_hand():
    # 40 pictures: 20 at 0.6 of which half are right, 20 at 0.9 of which all are.
    scores = np.array([[0.6, 0.4]] * 20 + [[0.9, 0.1]] * 20)
    true = np.array([0, 1] * 10 + [0] * 20)
    found = calibration_metrics(true, scores, np.arange(40) // 2)
    assert found.n_bins == 2
    assert found.ece.value == pytest.approx((0.1 + 0.1) / 2)
    assert found.ece_equal_width.value == pytest.approx(0.1)
    assert [(point.n, point.n_groups) for point in found.curve] == [(20, 10), (20, 10)]
    assert [(round(p.score, 9), p.accuracy) for p in found.curve] == [(0.6, 0.5), (0.9, 1.0)]
    low, high = found.curve[1].low, found.curve[1].high
    assert (low, high) == (pytest.approx(0.7225, abs=1e-3), 1.0)  # Wilson, 10 of 10


def test_a_calibrated_head_shows_what_a_perfect_one_would_and_a_loud_one_more():
    scores, true = drawn(1500)
    groups = np.arange(1500)
    fair = calibration_metrics(true, scores, groups)
    loud = calibration_metrics(true, softmax(4 * np.log(scores), axis=1), groups)
    assert fair.ece.value == pytest.approx(fair.ece_if_perfect, abs=0.02)
    assert fair.ece.low < 0.01
    assert loud.ece.value > 5 * loud.ece_if_perfect
    assert loud.ece.low > 0.1


def test_bins_hold_alike_and_ties_stay_together():
    top = np.random.default_rng(0).random(310)
    assert np.ptp(np.bincount(equal_mass_bins(top))) <= 1
    assert equal_mass_bins(top).max() == 14
    assert set(equal_mass_bins(np.full(100, 0.5))) == {0}
    assert equal_mass_bins(np.linspace(0, 1, 45)).max() == 1  # 20 pictures a bin at least
    order = np.random.default_rng(1).permutation(310)
    assert np.array_equal(equal_mass_bins(top)[order], equal_mass_bins(top[order]))


def test_pictures_of_one_group_do_not_count_as_many():
    scores, true = drawn(200)
    alone = calibration_metrics(true, scores, np.arange(200)).brier
    again = calibration_metrics(
        np.repeat(true, 4), np.repeat(scores, 4, axis=0), np.repeat(np.arange(200), 4)
    ).brier
    assert again[1:3] == pytest.approx(alone[1:3])


def test_no_row_is_refused():
    with pytest.raises(InputError, match="n > 0"):
        calibration_metrics(np.zeros(0, dtype=int), np.zeros((0, 2)), [])
