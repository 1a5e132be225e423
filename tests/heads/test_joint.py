"""A head of each space: what every head wrapped in it promises, against averages made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from heads_cases import rows
from sklearn.utils.estimator_checks import parametrize_with_checks

from styleid import make_head
from styleid.errors import InputError
from styleid.heads.base import REGISTRY, get_head
from styleid.heads.joint import Joint, suited_head

DIMS = (12, 5)
QUICK: dict[str, dict[str, Any]] = {"mlp": {"epochs": 3}}
every_head = pytest.mark.parametrize("name", REGISTRY)


def two_spaces(n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows of two spaces side by side (n, 17), y and groups."""
    X, y, groups = rows(n=n, dim=12, distance=0.6, seed=0)
    other, _, _ = rows(n=n, dim=5, distance=0.6, seed=1)
    return np.hstack([X, 30 * other]), y, groups


@parametrize_with_checks([Joint(make_head("centroid"))], legacy=True)
def test_scikit_learn_contract(estimator: Any, check: Any) -> None:
    check(estimator)


@every_head
def test_scores_are_the_geometric_mean_of_the_spaces(name: str) -> None:
    X, y, groups = two_spaces()
    extra = {"groups": groups} if get_head(name).takes_groups else {}
    head = suited_head(get_head(name), DIMS, 1).build(4).set_params(**QUICK.get(name, {})).fit(X, y, **extra)
    each = [
        make_head(name, seed=4, **QUICK.get(name, {})).fit(part, y, **extra).predict_proba(part)
        for part in (X[:, :12], X[:, 12:])
    ]
    mean = np.sqrt(np.maximum(each[0], 1e-300) * np.maximum(each[1], 1e-300))
    expected = mean / mean.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(head.predict_proba(X), expected, rtol=0, atol=1e-9)
    assert (head.predict(X) == head.classes_[expected.argmax(axis=1)]).all()
    assert head.n_features_in_ == 17


def test_parameters_reach_the_head_of_each_space() -> None:
    X, y, _ = two_spaces()
    head = suited_head(get_head("knn"), DIMS, 1).build(0).set_params(n_neighbors=3).fit(X, y)
    assert [one.n_neighbors for one in head.estimators_] == [3, 3]
    assert head.get_params()["estimator__n_neighbors"] == 3


def test_a_validation_part_is_cut_as_the_rows_are() -> None:
    X, y, groups = two_spaces()
    head = suited_head(get_head("mlp"), DIMS, 1).build(0).set_params(epochs=2)
    head.fit(X, y, groups=groups, validation=(X[:9], y[:9]))
    by_hand = make_head("mlp", epochs=2).fit(X[:, 12:], y, groups=groups, validation=(X[:9, 12:], y[:9]))
    np.testing.assert_allclose(head.estimators_[1].predict_proba(X[:, 12:]), by_hand.predict_proba(X[:, 12:]))


def test_views_vote_on_both_spaces() -> None:
    X, y, _ = two_spaces()
    views = np.hstack([X, X + 1])  # the spaces of a view lie side by side, then the next view's
    head = suited_head(get_head("centroid"), DIMS, 2).build(0).fit(views, y)
    alone = Joint(make_head("centroid"), DIMS).fit(np.concatenate([X, X + 1]), np.tile(y, 2))
    expected = (alone.predict_proba(X) + alone.predict_proba(X + 1)) / 2
    np.testing.assert_allclose(head.predict_proba(views), expected, rtol=0, atol=1e-12)


def test_one_space_needs_no_joint() -> None:
    head = get_head("lda")
    assert suited_head(head, (12,), 1) is head
    with pytest.raises(InputError, match=r"rows of 12 \+ 5 numbers side by side, found rows of 16"):
        Joint(make_head("lda"), DIMS).fit(np.zeros((4, 16)), ["a", "a", "b", "b"])
