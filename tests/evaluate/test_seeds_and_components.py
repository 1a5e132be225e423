"""Seeds that must differ, and intervals that must rest on components: what is silent when it goes wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from evaluate_cases import LOGREG, drawn_table
from sklearn.linear_model import LogisticRegression

from styleid import cross_validate, grouped_folds, make_table, metrics_with_intervals
from styleid.evaluate.calibration import held_out
from styleid.evaluate.fitting import choose_params
from styleid.heads.base import Head, get_head
from styleid.heads.one_vs_rest import one_vs_rest_head


def test_each_head_behind_a_map_has_a_seed_of_its_own():
    X, y, groups = drawn_table(n=120)
    given = []
    spy = Head("spy", "", lambda seed: given.append(seed) or get_head("centroid").build(seed), {})
    table = make_table(X, y, groups)
    for seed in (0, 1):
        held_out(spy, {}, table, np.arange(120), seed=seed)
    assert len(given) == len(set(given)) == 2 * 20


def test_each_label_is_searched_with_a_seed_of_its_own():
    X, y, groups = drawn_table(per_group=2)
    given = []
    spy = replace(LOGREG, build=lambda seed: given.append(seed) or LogisticRegression(max_iter=500))
    choose_params(one_vs_rest_head(spy), make_table(X[:, 1:], y, groups), np.arange(len(y)), seed=0)
    assert len(set(given)) == 3


def test_the_metrics_of_a_fit_rest_on_components_not_on_pictures():
    X, y, groups = drawn_table()  # 30 groups of three
    table = make_table(X[:, 1:], y, groups)
    folds, _ = grouped_folds(y, groups, 3, 0)
    found = metrics_with_intervals(cross_validate("centroid", table, folds), table.components)
    assert {(one.n, one.n_components) for one in found.metrics.values()} == {(90, 30)}
    assert [one.n_groups for one in found.per_label.values()] == [10, 10, 10]
