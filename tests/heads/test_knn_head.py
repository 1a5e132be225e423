from __future__ import annotations

import numpy as np
import pytest
from heads_cases import rows
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from styleid.errors import InputError
from styleid.heads.knn import KNNHead
from styleid.rules import formulas


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_votes_are_those_of_scikit_learn_with_one_more_shared_out(weights: str) -> None:
    X, y, _ = rows(n=90, distance=0.5)
    X, new, y = X[:60].astype(float), X[60:].astype(float), y[:60]
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    unit_new = new / np.linalg.norm(new, axis=1, keepdims=True)
    votes = KNeighborsClassifier(7, weights=weights).fit(unit, y).predict_proba(unit_new)
    distances = np.linalg.norm(unit_new[:, None] - unit[None], axis=2)
    closest = np.column_stack([1 / distances[:, y == label].min(axis=1) for label in np.unique(y)])
    expected = (7 * votes + closest / closest.sum(axis=1, keepdims=True)) / 8
    head = KNNHead(n_neighbors=7, weights=weights).fit(X, y)
    np.testing.assert_allclose(head.predict_proba(new), expected, atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 9), st.integers(0, 100))
def test_the_shared_vote_only_settles_ties(k: int, seed: int) -> None:
    X, y, _ = rows(n=60, distance=0.3, seed=seed)
    head = KNNHead(n_neighbors=k, weights="uniform").fit(X[:40], y[:40])
    cosine = KNeighborsClassifier(k, metric="cosine").fit(X[:40].astype(float), y[:40])
    votes = cosine.predict_proba(X[40:].astype(float))
    clear = np.sort(votes, axis=1)[:, -1] > np.sort(votes, axis=1)[:, -2] + 1e-9
    assert (head.predict(X[40:]) == cosine.classes_[votes.argmax(axis=1)])[clear].all()


def test_scores_rank_finely_and_none_is_zero() -> None:
    X, y, _ = rows(n=120, distance=0.5)
    scores = KNNHead(n_neighbors=5, weights="uniform").fit(X[:60], y[:60]).predict_proba(X[60:])
    assert len(np.unique(scores[:, 0])) == 60
    assert (scores > 0).all()


def test_more_neighbours_than_rows_uses_all_rows() -> None:
    X, y, _ = rows(n=12)
    all_rows = KNNHead(n_neighbors=12).fit(X, y).predict_proba(X)
    assert np.array_equal(KNNHead(n_neighbors=500).fit(X, y).predict_proba(X), all_rows)


def test_length_of_a_vector_does_not_matter() -> None:
    X, y, _ = rows()
    head = KNNHead().fit(X, y)
    np.testing.assert_allclose(head.predict_proba(X * 37.0), head.predict_proba(X), atol=1e-9)


def test_a_copy_of_a_training_row_gets_its_label() -> None:
    X, y, _ = rows(distance=0.0)
    head = KNNHead(n_neighbors=15, weights="distance").fit(X, y)
    assert (head.predict(X) == y).all()
    assert (head.predict_proba(X).max(axis=1) < 1).all()


def test_standardize_undoes_the_scale_of_columns() -> None:
    X, y, _ = rows()
    stretched = X * np.logspace(-3, 3, X.shape[1], dtype=np.float32) + 5
    by_hand = KNNHead().fit(StandardScaler().fit_transform(X.astype(float)), y)
    head = KNNHead(standardize=True).fit(stretched, y)
    expected = by_hand.predict_proba(StandardScaler().fit_transform(X.astype(float)))
    np.testing.assert_allclose(head.predict_proba(stretched), expected, atol=1e-3)


def test_many_rows_are_scored_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, _ = rows()
    head = KNNHead().fit(X, y)
    whole = head.predict_proba(X)
    monkeypatch.setattr(formulas, "BATCH", 7)
    np.testing.assert_allclose(head.predict_proba(X), whole, atol=1e-12)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"weights": "cubic"}, "must be 'uniform' or 'distance', not 'cubic'"),
        ({"n_neighbors": 0}, "1 or more, not 0"),
    ],
)
def test_impossible_parameters_are_named(params: dict[str, object], message: str) -> None:
    X, y, _ = rows()
    with pytest.raises(InputError, match=message):
        KNNHead(**params).fit(X, y)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 12), st.integers(1, 4), st.integers(0, 1000))
def test_the_nearest_are_those_of_a_stable_sort(k: int, levels: int, seed: int) -> None:
    closeness = np.random.default_rng(seed).integers(levels, size=(7, 12)).astype(float)  # many are level
    expected = np.argsort(-closeness, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(formulas._nearest(closeness, k), expected)
