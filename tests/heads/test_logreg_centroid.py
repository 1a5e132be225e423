from __future__ import annotations

import numpy as np
import pytest
from heads_cases import rows
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from styleid import make_head
from styleid.heads.base import get_head
from styleid.heads.centroid import CentroidHead, NearestMean
from styleid.heads.logreg import LogRegHead


def test_logreg_is_standardised_logistic_regression_in_float64() -> None:
    X, y, _ = rows(n=120, k=4, distance=0.5)
    scaler = StandardScaler().fit(X.astype(np.float64))
    oracle = LogisticRegression(C=0.3, max_iter=5000).fit(scaler.transform(X.astype(np.float64)), y)
    head = LogRegHead(C=0.3).fit(X, y)
    expected = oracle.predict_proba(scaler.transform(X.astype(np.float64)))
    np.testing.assert_allclose(head.predict_proba(X), expected, atol=1e-9)
    assert head.model_[-1].coef_.dtype == np.float64


@pytest.mark.parametrize(
    ("n", "dim", "distance"), [(100, 512, 0.0), (400, 512, 0.05), (300, 50, 0.3), (60, 1000, 1.0)]
)
def test_logreg_converges_over_its_whole_grid(n: int, dim: int, distance: float) -> None:
    X, y, _ = rows(n=n, dim=dim, k=5, distance=distance)
    X = np.maximum(X, 0) ** 2  # ReLU-like: many zeros, long tails, columns of very different spread
    X *= np.logspace(-2, 2, dim, dtype=np.float32)
    for C in get_head("logreg").grid["C"]:  # type: ignore[call-overload]
        head = make_head("logreg", C=C).fit(X, y)  # a ConvergenceWarning is an error here
        assert head.n_iter_ < head.max_iter


@pytest.mark.parametrize("k", [2, 3])
def test_centroid_predicts_the_nearest_mean_of_unit_vectors(k: int) -> None:
    X, y, _ = rows(n=90, k=k, distance=0.6)
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    means = np.stack([unit[y == label].mean(axis=0) for label in np.unique(y)])
    distances = np.linalg.norm(unit[:, None] - means[None], axis=2)
    head = CentroidHead().fit(X, y)
    assert (head.predict(X) == np.unique(y)[distances.argmin(axis=1)]).all()
    # softmax(-d² / 0.1): the odds of two labels follow from their distances alone
    scores = head.predict_proba(X)
    odds = np.log(scores[:, 0] / scores[:, 1])
    expected = (distances[:, 1] ** 2 - distances[:, 0] ** 2) / 2 / 0.05
    np.testing.assert_allclose(odds, expected, atol=1e-5)


def test_nearest_mean_predicts_as_its_values_say() -> None:
    for k in (2, 3):
        X, y, _ = rows(k=k)
        model = NearestMean().fit(X, y)
        values = model.decision_function(X)
        best = values.argmax(axis=1) if k > 2 else (values > 0).astype(int)
        assert (model.predict(X) == model.classes_[best]).all()


def test_centroid_scores_are_worth_more_than_guessing() -> None:
    X, y, _ = rows(n=300, k=3, dim=40, distance=0.25)
    head = CentroidHead().fit(X[:150], y[:150])
    assert log_loss(y[150:], head.predict_proba(X[150:])) < 0.9 * np.log(3)


def test_one_row_a_class_is_enough_for_a_centroid() -> None:
    head = CentroidHead().fit(np.eye(3), ["a", "b", "c"])
    assert head.predict(np.eye(3)).tolist() == ["a", "b", "c"]
