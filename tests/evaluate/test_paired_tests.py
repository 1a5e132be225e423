from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from styleid.evaluate.paired import corrected_mean, holm, mcnemar, sign_flip_p


def test_the_corrected_mean_by_hand() -> None:
    """Variance 0.01, j = 4, ratio 1 / 3: error sqrt((1 / 4 + 1 / 3) * 0.01); t(0.975, 3) = 3.182446."""
    values = np.array([0.1, 0.2, 0.3, 0.2]) * np.sqrt(0.01 / 0.02 * 3)
    mean = corrected_mean(values, 1 / 3)
    error = np.sqrt((1 / 4 + 1 / 3) * 0.01)
    assert values.var(ddof=1) == pytest.approx(0.01)
    assert mean.t == pytest.approx(values.mean() / error)
    assert mean.mean[1:3] == pytest.approx(
        (values.mean() - 3.182446 * error, values.mean() + 3.182446 * error), abs=1e-6
    )


def test_without_overlap_it_is_the_plain_t_test() -> None:
    values = np.random.default_rng(0).normal(0.1, 1, 15)
    mean, plain = corrected_mean(values, 0.0), ttest_1samp(values, 0.0)
    assert (mean.t, mean.p) == pytest.approx((plain.statistic, plain.pvalue))
    interval = plain.confidence_interval(0.95)
    assert mean.mean[1:3] == pytest.approx((interval.low, interval.high))
    assert corrected_mean(-values, 0.25).p == pytest.approx(corrected_mean(values, 0.25).p)
    assert corrected_mean(values, 0.25).p > mean.p


def test_values_that_do_not_vary() -> None:
    still = corrected_mean([0.0] * 5, 0.25)
    assert (still.mean.value, still.mean.n, still.t, still.p) == (0.0, 5, None, 1.0)
    assert np.isnan([still.mean.low, still.mean.high]).all(), "no width from no variance"
    assert corrected_mean([0.125, 0.125], 1.0).p == 0.5, "two folds that differ alike prove nothing"
    assert corrected_mean([0.3] * 15, 0.25).p == pytest.approx(2**-14)


def test_holm_by_hand() -> None:
    """Sorted 0.01, 0.02, 0.03, 0.04, times 4, 3, 2, 1, never falling."""
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])  # Wikipedia's example
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]


def test_mcnemar_by_hand_and_by_scipy() -> None:
    a = np.array([True] * 9 + [False] * 2 + [True] * 20)
    b = np.array([False] * 9 + [True] * 2 + [True] * 20)
    found = mcnemar(a, b, np.arange(31))
    assert (found.only_a, found.only_b) == (9, 2)
    assert found.p == pytest.approx(
        2 * (1 + 11 + 55) / 2**11
    )  # both tails of 11 fair coins, 2 or fewer heads
    assert found.p == pytest.approx(binomtest(9, 11).pvalue)
    assert found.p_groups == pytest.approx(found.p), "rows that stand alone: the same test"
    assert mcnemar(a, a, np.arange(31))[2:] == (1.0, 1.0)


def test_rows_of_one_group_are_not_so_many_proofs() -> None:
    """Ten pictures of one series got right together are one lucky series, not ten."""
    a, b = np.ones(22, dtype=bool), np.zeros(22, dtype=bool)
    component = np.repeat([0, 1], [10, 12])
    found = mcnemar(a, b, component)
    assert found.p < 1e-5
    assert found.p_groups == 0.5  # of four signs of two groups, two are as far


def test_sign_flips_against_every_sign() -> None:
    differences = np.array([3, -1, 0, 2, 2, -4, 1])
    sums = [
        sum(d if bits >> i & 1 else -d for i, d in enumerate(np.abs(differences).tolist()))
        for bits in range(2**7)
    ]
    assert sign_flip_p(differences) == pytest.approx(np.mean(np.abs(sums) >= 3))
    assert sign_flip_p(np.zeros(4, dtype=np.int64)) == 1.0


def difference(rng: np.random.Generator, gap: float) -> np.ndarray:
    """Score two nearest-mean heads, each on its own columns, in five folds three times over: (15,)."""
    n, k = 80, 5
    y = np.arange(n) % 2
    views = [rng.normal(size=(n, 4)) + (0.7 + extra) * (y[:, None] - 0.5) for extra in (gap, 0.0)]
    found = []
    for _ in range(3):
        fold = np.empty(n, dtype=int)
        for label in (0, 1):
            fold[rng.permutation(np.flatnonzero(y == label))] = np.arange(n // 2) % k
        for i in range(k):
            train, test = fold != i, fold == i
            scores = []
            for X in views:
                means = [X[train & (y == label)].mean(axis=0) for label in (0, 1)]
                far = [((X[test] - mean) ** 2).sum(axis=1) for mean in means]
                scores.append(np.mean((far[1] < far[0]) == y[test]))
            found.append(scores[0] - scores[1])
    return np.array(found)


def test_equal_heads_are_told_apart_in_five_of_a_hundred_sets_and_unequal_ones_in_most() -> None:
    rng = np.random.default_rng(0)
    equal = [difference(rng, 0.0) for _ in range(200)]
    assert np.mean([corrected_mean(d, 1 / 4).p < 0.05 for d in equal]) <= 0.07
    assert np.mean([corrected_mean(d, 0.0).p < 0.05 for d in equal]) > 0.15, "what the correction is for"
    better = [difference(rng, 0.8) for _ in range(60)]
    assert np.mean([corrected_mean(d, 1 / 4).p < 0.05 for d in better]) > 0.6


def test_the_interval_holds_the_truth() -> None:
    """Scores of folds share an error, as those of one data set do."""
    rng, held = np.random.default_rng(1), 0
    for _ in range(400):
        # Correlation test / (test + train) = 0.2 between any two folds, the model behind the correction.
        values = 0.7 + 0.05 * (np.sqrt(0.2) * rng.normal() + np.sqrt(0.8) * rng.normal(size=15))
        mean = corrected_mean(values, 1 / 4).mean
        held += mean.low <= 0.7 <= mean.high
    assert 0.93 <= held / 400 <= 0.98
