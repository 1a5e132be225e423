"""A vote over views: what every head wrapped in it promises, against averages made by hand."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from heads_cases import rows
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils.estimator_checks import parametrize_with_checks

from styleid import make_head
from styleid.errors import InputError
from styleid.heads.base import REGISTRY, get_head
from styleid.heads.voting import Voting, voting_head

V, DIM = 3, 12
QUICK: dict[str, dict[str, Any]] = {"mlp": {"epochs": 3}}
every_head = pytest.mark.parametrize("name", REGISTRY)


def voted(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return views (n, V, DIM), the same side by side, y and groups."""
    X, y, groups = rows(n=n, dim=DIM, distance=0.6, seed=seed)
    rng = np.random.default_rng(seed + 1)
    views = X[:, None] + rng.normal(0, 0.5, (n, V, DIM)).astype(np.float32)
    return views, views.reshape(n, V * DIM), y, groups


def wrapped(name: str, seed: int = 0) -> Voting:
    return voting_head(get_head(name), V).build(seed).set_params(**QUICK.get(name, {}))


@parametrize_with_checks([Voting(make_head(name)) for name in ("logreg", "centroid")], legacy=True)
def test_scikit_learn_contract(estimator: Any, check: Any) -> None:
    check(estimator)


@every_head
def test_scores_are_the_average_of_the_views(name: str) -> None:
    views, X, y, groups = voted()
    extra = {"groups": groups} if get_head(name).takes_groups else {}
    head = wrapped(name, seed=4).fit(X, y, **extra)
    extra = {"groups": np.repeat(groups, V)} if extra else {}
    by_hand = make_head(name, seed=4, **QUICK.get(name, {})).fit(
        np.concatenate(list(views)), np.repeat(y, V), **extra
    )
    expected = np.mean([by_hand.predict_proba(views[:, v]) for v in range(V)], axis=0)
    np.testing.assert_allclose(head.predict_proba(X), expected, rtol=0, atol=1e-12)
    assert head.classes_.tolist() == by_hand.classes_.tolist()
    assert (head.predict(X) == head.classes_[expected.argmax(axis=1)]).all()
    assert head.n_features_in_ == V * DIM
    assert np.ptp(expected - by_hand.predict_proba(views[:, 0])) > 1e-3, "the views do not agree"


@every_head
def test_rows_permuted_in_are_rows_permuted_out(name: str) -> None:
    views, X, y, _ = voted()
    head = wrapped(name).fit(X, y)
    scores = head.predict_proba(X)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(head.predict_proba(X[order]), scores[order], rtol=0, atol=1e-9)
    turned = views[:, ::-1].reshape(len(X), -1)
    np.testing.assert_allclose(head.predict_proba(turned), scores, rtol=0, atol=1e-9)
    alone = np.concatenate([head.predict_proba(X[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(alone, scores[:5], rtol=0, atol=1e-9)


@every_head
def test_copies_score_the_same(name: str) -> None:
    _, X, y, _ = voted()
    head = wrapped(name, seed=3).fit(X, y)
    for other in (pickle.loads(pickle.dumps(head)), clone(head).fit(X, y)):
        assert np.array_equal(head.predict_proba(X), other.predict_proba(X))


@every_head
def test_the_grid_of_the_head_serves_as_it_is(name: str) -> None:
    head = voting_head(get_head(name), V)
    assert (head.name, head.grid, head.complexity) == (name, get_head(name).grid, get_head(name).complexity)
    for params in [*ParameterGrid(head.grid)][:3]:
        build = head.build(0).set_params(**params)
        own = build.estimator.get_params()
        assert {key: own[key] for key in params} == params
        assert clone(build).estimator.get_params() == own
    with pytest.raises(ValueError, match="Invalid parameter 'nonsense'"):
        head.build(0).set_params(nonsense=1)


def test_one_view_is_the_head_itself() -> None:
    head = get_head("knn")
    assert voting_head(head, 1) is head


def test_parameters_by_the_estimators_name_too() -> None:
    head = Voting(make_head("logreg"), 2).set_params(estimator__C=0.25, n_views=3)
    assert (head.estimator.C, head.n_views) == (0.25, 3)


class Spy(ClassifierMixin, BaseEstimator):
    """Writes down what it is fitted with."""

    seen: dict[str, Any] = {}

    def fit(self, X: Any, y: Any, groups: Any = None, validation: Any = None) -> Spy:
        Spy.seen = {"X": X, "y": y, "groups": groups, "validation": validation}
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def test_groups_and_validation_reach_every_view() -> None:
    views, X, y, groups = voted(n=12)
    more, held, own, _ = voted(n=6, seed=5)
    Voting(Spy(), V).fit(X, y, groups=groups, validation=(held, own))
    for i in range(12):
        for v in range(V):
            at = i * V + v
            np.testing.assert_array_equal(Spy.seen["X"][at], views[i, v])
            assert (Spy.seen["y"][at], Spy.seen["groups"][at]) == (y[i], groups[i])
    np.testing.assert_array_equal(Spy.seen["validation"][0].reshape(6, V, DIM), more)
    np.testing.assert_array_equal(Spy.seen["validation"][1].reshape(6, V), own[:, None].repeat(V, axis=1))
    Voting(Spy(), V).fit(X, y)
    np.testing.assert_array_equal(Spy.seen["groups"].reshape(12, V), np.arange(12)[:, None].repeat(V, 1))
    assert Spy.seen["validation"] is None


def test_a_head_trained_by_epochs_shows_its_curves() -> None:
    _, X, y, groups = voted()
    head = wrapped("mlp").fit(X, y, groups=groups, validation=(X[:9], y[:9]))
    assert len(head.history_["loss"]) == 3
    assert 1 <= head.best_epoch_ + 1 <= 4
    assert not hasattr(wrapped("centroid").fit(X, y), "history_")


def test_rows_of_other_views_are_refused() -> None:
    _, X, y, groups = voted()
    with pytest.raises(InputError, match="expected rows of 3 views side by side, found rows of 35 numbers"):
        Voting(make_head("centroid"), V).fit(X[:, 1:], y)
    with pytest.raises(InputError, match="rows of 0 views"):
        Voting(make_head("centroid"), 0).fit(X, y)
    with pytest.raises(InputError, match="groups must be one a row: there are 60 rows"):
        Voting(make_head("svm"), V).fit(X, y, groups=groups[1:])
    with pytest.raises(
        InputError, match=r"validation rows of 36 numbers, found an array of shape \(60, 35\)"
    ):
        Voting(make_head("mlp"), V).fit(X, y, validation=(X[:, 1:], y))
    with pytest.raises(ValueError, match="35 features"):
        Voting(make_head("centroid"), V).fit(X, y).predict(X[:, 1:])
