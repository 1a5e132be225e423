from __future__ import annotations

import numpy as np
import pytest
from evaluate_cases import LOGREG, bare_table, drawn_table
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier

from styleid import make_table
from styleid.evaluate.crossval import fit_final
from styleid.evaluate.fitting import choose_params, inner_folds, search_params
from styleid.heads.base import Head
from styleid.heads.one_vs_rest import one_vs_rest_head
from styleid.heads.scores import NEGATIVE, POSITIVE


class Fixed(ClassifierMixin, BaseEstimator):
    """Predicts one label, or knows the answer where column 0 gives it."""

    def __init__(self, level=0, knows=False):
        self.level = level
        self.knows = knows

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        known = X[:, 0].astype(int) if self.knows else np.zeros(len(X), dtype=int)
        return self.classes_[known]


def table():
    X, y, groups = drawn_table(per_group=2)
    return X[:, 1:], y, groups, np.arange(len(y))


def test_the_best_mean_over_inner_folds_wins():
    X, y, groups, rows = table()
    head = Head("knn", "", lambda seed: KNeighborsClassifier(), {"n_neighbors": [40, 5, 1]})
    folds, notes = inner_folds(bare_table(y, groups), rows, seed=0)
    found = search_params(head, make_table(X, y, groups), folds, seed=0)
    assert notes == []
    for candidate in found.candidates:
        expected = [
            balanced_accuracy_score(
                y[fold.test],
                KNeighborsClassifier(**candidate.params)
                .fit(X[fold.train], y[fold.train])
                .predict(X[fold.test]),
            )
            for fold in folds
        ]
        assert candidate.scores == pytest.approx(expected)
        assert candidate.mean == pytest.approx(np.mean(expected))
    best = max(found.candidates, key=lambda candidate: candidate.mean)
    assert found.params == best.params
    assert found.score == best.mean
    assert [candidate.params["n_neighbors"] for candidate in found.candidates] == [40, 5, 1]


def test_the_first_of_equals_wins():
    X, y, groups, rows = table()
    folds, _ = inner_folds(bare_table(y, groups), rows, seed=0)
    head = Head("fixed", "", lambda seed: Fixed(), {"level": [3, 1, 2]})
    assert search_params(head, make_table(X, y, groups), folds, seed=0).params == {"level": 3}


def test_a_later_candidate_wins_when_better():
    _, y, groups, rows = table()
    X = np.unique(y, return_inverse=True)[1][:, None].astype(np.float32)
    folds, _ = inner_folds(bare_table(y, groups), rows, seed=0)
    grid = [{"knows": [False], "level": [1, 2]}, {"knows": [True]}]
    found = search_params(
        Head("fixed", "", lambda seed: Fixed(), grid), make_table(X, y, groups), folds, seed=0
    )
    assert found.params == {"knows": True}
    assert found.score == 1.0


def test_balanced_accuracy_does_not_reward_the_commonest_label():
    y = np.array(["a"] * 40 + ["b"] * 8)
    X = np.zeros((48, 1), dtype=np.float32)
    folds, _ = inner_folds(bare_table(y, np.arange(48)), np.arange(48), seed=0)
    head = Head("fixed", "", lambda seed: Fixed(), {"level": [1, 2]})
    assert search_params(head, make_table(X, y, np.arange(48)), folds, seed=0).score == pytest.approx(0.5)


def test_inner_folds_stay_inside_the_training_part():
    _, y, groups, _ = table()
    rows = np.flatnonzero(np.unique(groups, return_inverse=True)[1] % 3 > 0)
    folds, _ = inner_folds(bare_table(y, groups), rows, seed=0)
    assert len(folds) == 3
    assert sorted(np.concatenate([fold.test for fold in folds])) == rows.tolist()
    for fold in folds:
        assert sorted([*fold.train, *fold.test]) == rows.tolist()
        assert not set(groups[fold.train]) & set(groups[fold.test])


def test_inner_folds_depend_on_the_seed_alone():
    _, y, groups, rows = table()
    one, again, other = (
        inner_folds(bare_table(y, groups), rows, seed=seed)[0][0].test.tolist() for seed in (1, 1, 2)
    )
    assert one == again != other


def test_too_few_groups_make_no_inner_folds():
    folds, notes = inner_folds(
        bare_table(np.array(["a", "a", "b", "b"]), np.array([0, 1, 2, 2])), np.arange(4), seed=0
    )
    assert folds == []
    assert notes[0].startswith("parameters were not searched, the defaults are used: ")
    assert "'b' (1)" in notes[0]


def test_a_grid_of_one_is_taken_without_a_search():
    X, y, groups, rows = table()
    head = Head("fixed", "", lambda seed: Fixed(), {"level": [5]})
    found = search_params(
        head,
        make_table(X, y, groups),
        inner_folds(bare_table(y, groups), rows, seed=0)[0],
        seed=0,
    )
    assert (found.params, found.score, found.candidates) == ({"level": 5}, None, ())
    few = make_table(X[:3], ["a", "b", "b"], np.arange(3))
    assert choose_params(head, few, np.arange(3), seed=0) == ({"level": 5}, [])
    assert len(choose_params(LOGREG, few, np.arange(3), seed=0)[1]) == 1


def test_final_fit_is_the_chosen_head_on_all_rows():
    X, y, groups, _ = table()
    estimator, params, _ = fit_final(LOGREG, make_table(X, y, groups), seed=3)
    assert params["C"] in (0.1, 1.0)
    expected = LogisticRegression(max_iter=500, **params).fit(X, y)
    np.testing.assert_allclose(estimator.predict_proba(X), expected.predict_proba(X))


def test_final_fit_one_vs_rest_has_a_head_a_label():
    X, y, groups, _ = table()
    estimators, params, _ = fit_final(one_vs_rest_head(LOGREG), make_table(X, y, groups), seed=3)
    assert list(estimators) == list(params) == ["hand a", "hand b", "hand c"]
    for label, estimator in estimators.items():
        assert set(estimator.classes_) == {POSITIVE, NEGATIVE}
        positive = estimator.predict_proba(X)[:, list(estimator.classes_).index(POSITIVE)]
        assert positive[y == label].mean() > positive[y != label].mean() + 0.2


def test_final_fit_of_few_groups_uses_defaults():
    X = np.arange(6, dtype=np.float32).reshape(3, 2)
    _, params, _ = fit_final(LOGREG, make_table(X, ["a", "b", "b"], [0, 1, 2]))
    assert params == {}
