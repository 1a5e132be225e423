"""What every head of the registry promises."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any

import numpy as np
import pytest
from heads_cases import rows
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils.estimator_checks import parametrize_with_checks

from styleid import make_head
from styleid.errors import InputError
from styleid.heads.base import REGISTRY, Head, get_head

every_head = pytest.mark.parametrize("name", REGISTRY)


# No head is excused from any check.
@parametrize_with_checks([make_head(name) for name in REGISTRY], legacy=True)
def test_scikit_learn_contract(estimator: Any, check: Any) -> None:
    check(estimator)


@every_head
@pytest.mark.parametrize("k", [2, 3, 6])
def test_prediction_is_the_label_with_the_highest_score(name: str, k: int) -> None:
    X, y, _ = rows(n=18 * k, k=k, distance=0.5)
    head = make_head(name).fit(X, y)
    scores = head.predict_proba(X)
    assert head.classes_.tolist() == sorted(set(y.tolist()))
    assert scores.shape == (len(X), k)
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=1e-12)
    assert (head.predict(X) == head.classes_[scores.argmax(axis=1)]).all()
    assert (head.predict(X) == y).mean() > 1.2 / k


@every_head
def test_classes_far_apart_are_told_apart(name: str) -> None:
    X, y, _ = rows(n=240, k=4, distance=3.0)
    head = make_head(name).fit(X[:120], y[:120])
    assert (head.predict(X[120:]) == y[120:]).mean() > 0.97


@every_head
def test_same_seed_same_scores_bit_for_bit(name: str) -> None:
    X, y, groups = rows(distance=0.3)
    extra = {"groups": groups} if get_head(name).takes_groups else {}
    once, again = (make_head(name, seed=5).fit(X, y, **extra).predict_proba(X) for _ in range(2))
    assert np.array_equal(once, again)


@every_head
def test_global_random_state_is_neither_read_nor_moved(name: str) -> None:
    X, y, _ = rows(distance=0.3)
    np.random.seed(1)  # noqa: NPY002
    once = make_head(name).fit(X, y).predict_proba(X)
    np.random.seed(2)  # noqa: NPY002
    before = np.random.get_state()[1]  # noqa: NPY002
    assert np.array_equal(once, make_head(name).fit(X, y).predict_proba(X))
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@every_head
def test_float32_and_float64_of_the_same_numbers_score_the_same(name: str) -> None:
    X, y, _ = rows(distance=0.4)
    single = make_head(name).fit(X, y).predict_proba(X)
    double = make_head(name).fit(X.astype(np.float64), y).predict_proba(X.astype(np.float64))
    assert np.array_equal(single, double)


@every_head
def test_a_row_scores_the_same_alone_and_among_others_in_any_order(name: str) -> None:
    X, y, _ = rows(distance=0.4)
    head = make_head(name).fit(X, y)
    scores = head.predict_proba(X)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(head.predict_proba(X[order]), scores[order], rtol=0, atol=1e-9)
    alone = np.concatenate([head.predict_proba(X[i : i + 1]) for i in range(10)])
    np.testing.assert_allclose(alone, scores[:10], rtol=0, atol=1e-9)


@every_head
def test_copies_score_the_same(name: str) -> None:
    X, y, _ = rows()
    head = make_head(name, seed=3).fit(X, y)
    for other in (pickle.loads(pickle.dumps(head)), copy.deepcopy(head), clone(head).fit(X, y)):
        assert np.array_equal(head.predict_proba(X), other.predict_proba(X))


@every_head
def test_every_point_of_the_grid_can_be_fitted(name: str) -> None:
    head = get_head(name)
    X, y, _ = rows(n=60)
    for params in ParameterGrid(head.grid):
        fitted = make_head(name, **params).fit(X, y)
        assert set(fitted.predict(X)) <= set(y)


@every_head
def test_groups_are_taken_where_promised_and_must_fit_the_rows(name: str) -> None:
    X, y, groups = rows()
    if not get_head(name).takes_groups:
        pytest.skip("fits all rows at once and has no inner parts")
    make_head(name).fit(X, y, groups=groups)
    with pytest.raises(InputError, match=r"one a row: there are 90 rows and groups of shape \(89,\)"):
        make_head(name).fit(X, y, groups=groups[1:])


@every_head
def test_one_class_is_refused_with_its_name(name: str) -> None:
    with pytest.raises(
        InputError, match=r"at least two classes apart; all 9 rows are of one class, .*'anna'"
    ):
        make_head(name).fit(np.eye(9), ["anna"] * 9)


@every_head
def test_a_column_that_never_changes_and_a_row_of_zeros_do_no_harm(name: str) -> None:
    X, y, _ = rows()
    X[:, 4] = 0.0
    X[7] = 0.0
    scores = make_head(name).fit(X, y).predict_proba(X)
    assert np.isfinite(scores).all()


def test_unknown_head_lists_those_there_are() -> None:
    with pytest.raises(
        InputError,
        match="no head called 'forest'; choose one of: lda, cosine, logreg, svm, mlp, knn, centroid",
    ):
        get_head("forest")


@every_head
def test_registry_names_the_head_as_it_names_itself(name: str) -> None:
    head = get_head(name)
    assert isinstance(head, Head)
    assert head.name == name
    assert head.build(0) is not head.build(0)


def test_finding_and_building_heads_loads_no_torch() -> None:
    import subprocess

    code = (
        "import sys\nfrom styleid.heads.base import REGISTRY, make_head\n"
        "for name in REGISTRY: make_head(name)\nassert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
