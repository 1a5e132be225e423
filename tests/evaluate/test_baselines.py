from __future__ import annotations

import numpy as np
from evaluate_cases import drawn_table

from styleid import cross_validate, grouped_folds, make_table
from styleid.evaluate.crossval import baseline_heads
from styleid.evaluate.metrics import point_metrics


def test_the_majority_knows_one_label_and_ranks_nothing():
    y = np.array(["rare"] * 21 + ["often"] * 42 + ["some"] * 23)  # priors differ by fold
    X = np.random.default_rng(0).normal(size=(86, 3)).astype(np.float32)
    folds, _ = grouped_folds(y, np.arange(86), 5, 0)
    table = make_table(X, y, np.arange(86))
    found = cross_validate(baseline_heads(table)[0], table, folds)
    assert {found.labels[index] for index in found.predicted} == {"often"}
    overall = point_metrics(found.true, found.predicted, found.scores).overall
    assert overall["accuracy"] == 42 / 86
    assert overall["balanced_accuracy"] == 1 / 3
    assert overall["roc_auc"] == 0.5


def test_the_baselines_are_the_majority_and_the_class_means():
    X, y, groups = drawn_table(spread=0.3)
    folds, _ = grouped_folds(y, groups, 3, 0)
    heads = baseline_heads(make_table(X, y, groups))
    assert [head.name for head in heads] == ["majority", "centroid"]
    found = cross_validate(heads[1], make_table(X[:, 1:], y, groups), folds)
    assert np.mean(found.true == found.predicted) > 0.9


def test_guessing_among_equal_labels_is_right_as_often_as_there_are_labels():
    y = np.repeat(["ann", "bob", "cy"], 12)
    table = make_table(np.zeros((36, 2), dtype=np.float32), y, np.repeat(np.arange(12), 3))
    folds, _ = grouped_folds(y, table.components, 5, 0)
    overall = cross_validate(baseline_heads(table)[0], table, folds).metrics.overall
    assert overall["accuracy"] == overall["balanced_accuracy"] == 1 / 3
