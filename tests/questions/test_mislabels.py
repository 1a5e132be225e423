from __future__ import annotations

import numpy as np
import pytest

from styleid.questions.doubtful.measure import NEIGHBOURS, foreign_neighbours, likely_mislabels, outliers


def two_clouds(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """60 rows of two labels, scored well; every row its own component."""
    rng = np.random.default_rng(seed)
    true = np.repeat([0, 1], 30)
    X = rng.normal(size=(60, 6)) + 6 * np.eye(6)[true]
    p = rng.uniform(0.95, 0.99, 60)
    scores = np.where(np.arange(2) == true[:, None], p[:, None], 1 - p[:, None])
    return X, true, scores


def test_head_and_neighbours_must_both_contradict():
    X, true, scores = two_clouds()
    neighbours, _ = foreign_neighbours(X, np.arange(60))
    assert not len(likely_mislabels(scores, true, neighbours)[0])
    label = true.copy()
    label[[4, 40]] = 1 - label[[4, 40]]  # swapped: both contradict
    scores[4], scores[40] = [0.985, 0.015], [0.02, 0.98]
    scores[11] = scores[11, ::-1]  # an honest mistake of the head: the neighbours stand by the label
    rows, suggested = likely_mislabels(scores, label, neighbours)
    assert sorted(zip(rows.tolist(), suggested.tolist(), strict=True)) == [(4, 0), (40, 1)]
    margin = np.abs(scores[rows, 0] - scores[rows, 1])
    assert margin[0] >= margin[1]
    scores[4] = [0.6, 0.4]  # not sure
    assert likely_mislabels(scores, label, neighbours)[0].tolist() == [40]


def test_neighbours_are_of_other_components():
    X = np.array([[1, 0], [1, 0.01], [1, 0.02], [1, 0.3], [0, 1], [1, 0.5]])
    rows, distance = foreign_neighbours(X, [0, 0, 0, 1, 2, 1], 2)
    assert rows[0].tolist() == [3, 5]
    assert rows[3].tolist() == [2, 1]
    assert distance[0, 0] == pytest.approx(np.linalg.norm(X[0] - X[3] / np.linalg.norm(X[3])))
    rows, distance = foreign_neighbours(X[:3], [0, 0, 0], 2)
    assert (rows == -1).all()
    assert np.isinf(distance).all()
    assert not len(outliers(distance))


def test_outliers_are_rare_on_clean_sets_and_found_where_planted():
    flagged = 0
    for seed in range(10):
        X, _, _ = two_clouds(seed)
        _, distance = foreign_neighbours(X, np.arange(60))
        flagged += len(outliers(distance))
        X[7] = -6 * np.eye(6)[5]
        _, distance = foreign_neighbours(X, np.arange(60))
        assert outliers(distance)[0] == 7
    assert flagged <= 6  # of 600
    assert not len(outliers(np.ones((9, NEIGHBOURS))))  # all alike
