"""Would more pictures help: on data where they do, and where nothing does."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_cases import LOGREG, SEEN, SPY, make_table
from test_leakage import until_scored

from styleid.evaluate.doubling import doubling_gains
from styleid.evaluate.learning_curve import learning_curve
from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.thinning import thinned
from styleid.heads.base import get_head


def noisy(signal, n=320, dim=60, seed=0):
    rng = np.random.default_rng(seed)
    label = np.arange(n) % 2
    X = rng.normal(size=(n, dim))
    X[:, :8] += signal * (2 * label[:, None] - 1)
    return X.astype(np.float32), np.array(["a", "b"])[label], np.arange(n) // 4


def curve(table, **kw):
    folds, _ = grouped_folds(table[1], table[2], 4, 0)
    return learning_curve(LOGREG, {}, *table, folds, n_resamples=300, **kw)


def test_it_rises_where_there_is_something_to_learn():
    found = curve(noisy(0.3))
    scores = [point.score for point in found.points]
    assert scores[-1] > scores[0] + 0.1
    assert np.all(np.diff(scores) > -0.02)
    assert found.can_tell
    assert 0 < found.gain_low < found.gain < found.gain_high < 0.5
    assert f"about {100 * found.gain:.1f} points" in found.note
    pictures = [point.pictures for point in found.points]
    assert pictures == pytest.approx([15, 30, 60, 120], rel=0.15)
    for point in found.points:
        assert point.low <= point.score <= point.high


def test_it_is_flat_on_noise_and_cannot_tell():
    told = 0
    for seed in range(5):
        found = curve(noisy(0.0, seed=seed))
        assert max(abs(point.score - 0.5) for point in found.points) < 0.12
        assert abs(found.gain) < 0.08
        told += found.can_tell
    assert told <= 1
    assert "cannot be told" in curve(noisy(0.0)).note


def test_a_power_law_is_followed():
    pictures = np.array([5.0, 10.0, 20.0, 40.0])
    error = np.stack([0.8 * pictures**-0.5, np.full(4, 0.3), np.zeros(4)])
    gains = doubling_gains(pictures, 1 - error, 100)
    expected = 0.8 * (40**-0.5 - 80**-0.5)
    np.testing.assert_allclose(gains, [expected, 0, 0], atol=1e-12)


def test_groups_stay_whole_and_labels_present():
    _, y, groups = make_table(n=120, k=3, per_group=4)
    rows = np.flatnonzero(np.arange(120) % 5 != 0)
    smaller: set[int] = set()
    for fraction in (0.01, 0.25, 0.5, 1.0):
        kept = thinned(y, groups, rows, fraction, 0)
        assert set(y[kept]) == set(y)
        for group in np.unique(groups[kept]):
            assert set(rows[groups[rows] == group]) <= set(kept.tolist())
        for label in np.unique(y):
            mine = len(np.unique(groups[kept][y[kept] == label]))
            assert mine == np.ceil(fraction * len(np.unique(groups[rows][y[rows] == label])))
        assert smaller <= set(kept.tolist())
        smaller = set(kept.tolist())
    assert np.array_equal(kept, rows)
    assert not np.array_equal(thinned(y, groups, rows, 0.25, 0), thinned(y, groups, rows, 0.25, 1))


def test_a_subject_kept_is_kept_by_every_hand():
    y, groups = np.repeat(["a", "b"], 30), np.tile(np.arange(10), 6)
    kept = thinned(y, groups, np.arange(60), 0.3, 0)
    assert len(np.unique(groups[kept])) == 3


def test_no_scored_component_is_learned_from():
    SEEN.clear()
    X, y, groups = make_table()
    folds, _ = grouped_folds(y, groups, 3, 0)
    learning_curve(SPY, {}, X, y, groups, folds, n_resamples=10)
    scored = []
    for before, rows in until_scored(groups):
        scored.append(rows)
        assert [event["event"] for event in before] == ["fit"]
        assert not set(groups[before[0]["rows"]]) & set(groups[rows])
    assert len(scored) == 3 * (3 * 3 + 1)


def test_the_last_point_is_the_cross_validation_and_cores_do_not_matter():
    table = noisy(0.4)
    one, two = curve(table, n_jobs=1), curve(table, n_jobs=2)
    assert one == two
    assert curve(table, seed=1).points[0] != one.points[0]
    head = get_head("centroid")
    folds, _ = grouped_folds(table[1], table[2], 4, 0)
    last = learning_curve(head, {}, *table, folds, fractions=(1.0,), n_resamples=50)
    assert len(last.points) == 1
    assert "cannot tell" in last.note
    assert not last.can_tell
