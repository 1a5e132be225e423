from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from styleid.evaluate.bootstrap import effective_sizes
from styleid.evaluate.resample import wilson_interval


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_equals_scipy(drawn):
    hits, n = drawn
    expected = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(hits / n, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_all_right_ends_at_one_exactly():
    assert wilson_interval(1.0, 7)[1] == 1.0
    assert wilson_interval(0.0, 7)[0] == 0.0


def test_no_trials_know_nothing():
    assert wilson_interval(0.5, 0) == (0.0, 1.0)


def test_sizes_count_components_not_rows():
    true = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    predicted = np.array([0, 0, 1, 1, 1, 1, 1, 1])
    component = np.array([0, 0, 1, 1, 2, 2, 2, 3])
    overall, by_label = effective_sizes(true, predicted, component, 3)
    assert overall["accuracy"] == 4
    assert by_label["recall"].tolist() == [2, 2, 0]
    assert by_label["precision"].tolist() == [1, 3, 0]
    assert by_label["f1"].tolist() == [1, 2, 0]
    assert by_label["roc_auc"].tolist() == [2, 2, 0]


def test_a_macro_mean_of_equal_labels_rests_on_all_components():
    true = np.repeat([0, 1, 2], 10)
    assert effective_sizes(true, true, np.arange(30), 3)[0]["balanced_accuracy"] == pytest.approx(30)


def test_a_macro_mean_of_unequal_labels_rests_on_fewer():
    # var(mean) = p(1-p)/4 * (1/90 + 1/10) = p(1-p)/36
    true = np.repeat([0, 1], [90, 10])
    assert effective_sizes(true, true, np.arange(100), 2)[0]["balanced_accuracy"] == pytest.approx(36)
