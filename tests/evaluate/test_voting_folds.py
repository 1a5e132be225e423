"""All views of a picture share its fold: in folds, searches, calibration and one-vs-rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from styleid import cross_validate, grouped_folds, make_table
from styleid.evaluate.calibration import held_out
from styleid.evaluate.crossval import evaluate_holdout
from styleid.evaluate.splits import holdout
from styleid.heads.base import Head
from styleid.heads.one_vs_rest import one_vs_rest_head
from styleid.heads.voting import voting_head

N, V = 48, 4


class Spy(ClassifierMixin, BaseEstimator):
    """Told picture and view by a row's two numbers; scores a picture by what it must not have learned."""

    log: list[dict[str, Any]] = []

    def __init__(self, depth: int = 1) -> None:
        self.depth = depth

    def fit(self, X: Any, y: Any, groups: Any = None, validation: Any = None) -> Spy:
        self.classes_ = np.unique(y)
        self.seen = {"train": X, "y": y, "groups": groups, "validation": validation, "scored": None}
        Spy.log.append(self.seen)
        return self

    def predict_proba(self, X: Any) -> Any:
        if not np.array_equal(X, self.seen["train"]):  # a head's lead is read off its own training rows
            self.seen["scored"] = X
        # Pictures by turns of each class, views unlike: the mean over views decides.
        k = len(self.classes_)
        scores = np.full((len(X), k), 0.1)
        scores[np.arange(len(X)), X[:, 0].astype(int) % k] += 1 + X[:, 1] / 10
        return scores / scores.sum(axis=1, keepdims=True)


def table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pictures, views = np.divmod(np.arange(N * V), V)
    X = np.stack([pictures, views], axis=1).astype(np.float32).reshape(N, V * 2)
    return X, np.array(["a", "b"])[np.arange(N) % 2], np.arange(N) // 4


def spy() -> Head:
    Spy.log = []
    head = Head(
        "spy", "a spy", lambda seed: Spy(), {"depth": [1, 2]}, takes_groups=True, takes_validation=True
    )
    return voting_head(head, V)


def check_fit(seen: dict[str, Any], y: np.ndarray, groups: np.ndarray) -> set[int]:
    """Run that a fit saw all views of its pictures and nothing of the groups it scored."""
    pictures, views = seen["train"].astype(int).T
    assert (pictures.reshape(-1, V) == pictures.reshape(-1, V)[:, :1]).all()
    assert (views.reshape(-1, V) == np.arange(V)).all(), "every view of each, once"
    assert len(set(pictures)) * V == len(pictures)
    np.testing.assert_array_equal(seen["groups"], groups[pictures])
    if seen["scored"] is not None:
        scored = seen["scored"][:, 0].astype(int)
        assert not set(groups[pictures]) & set(groups[scored])
    return set(pictures)


@pytest.mark.parametrize("one_vs_rest", [False, True])
def test_no_view_of_a_scored_picture_is_learned_from(one_vs_rest: bool) -> None:
    X, y, groups = table()
    folds, _ = grouped_folds(y, groups, 3, 0)
    head = spy()
    found = cross_validate(
        one_vs_rest_head(head) if one_vs_rest else head, make_table(X, y, groups), folds, seed=1
    )
    for seen in Spy.log:
        check_fit(seen, y, groups)
    assert len(Spy.log) == 3 * (1 + one_vs_rest) * (2 * 3 + 1), "a search of 2 on 3 inner folds, and a fit"
    assert found.rows.tolist() == list(range(N))
    if not one_vs_rest:
        own = np.full((N, V), 1.1) + np.arange(V) / 10
        expected = (own / (own + 0.1)).mean(axis=1)
        np.testing.assert_allclose(found.scores[np.arange(N), np.arange(N) % 2], expected)
    Spy.log.clear()
    judged = one_vs_rest_head(head) if one_vs_rest else head
    held_out(judged, {}, make_table(X, y, groups), np.arange(N), seed=1)
    assert Spy.log
    for seen in Spy.log:
        check_fit(seen, y, groups)
        assert seen["scored"] is not None


def test_the_validation_part_holds_all_views_of_its_pictures() -> None:
    X, y, groups = table()
    fold = holdout(y, groups, 0)
    evaluate_holdout(spy(), make_table(X, y, groups), fold, seed=0)
    for seen in Spy.log:
        learned = check_fit(seen, y, groups)
        rows, labels = seen["validation"]
        held = rows[:, 0].astype(int)
        assert sorted(set(held)) == sorted(fold.validation)
        assert (rows[:, 1].reshape(-1, V) == np.arange(V)).all()
        np.testing.assert_array_equal(labels, y[held])
        assert not set(groups[held]) & set(groups[sorted(learned)])
