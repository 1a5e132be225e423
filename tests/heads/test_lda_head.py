"""The discriminants are those of the textbook, and the model keeps no covariance."""

from __future__ import annotations

import numpy as np
import pytest
from heads_cases import rows
from scipy.special import softmax

from styleid.errors import InputError
from styleid.heads.lda import LDAHead
from styleid.model.file.skops import dump_estimator


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("shrinkage", [0.05, 0.4, 1.0])
def test_scores_are_those_of_gaussians_with_one_shrunk_covariance(k: int, shrinkage: float) -> None:
    X, y, _ = rows(n=150, dim=20, k=k, distance=0.4)
    y[:12] = y[0]  # labels of different sizes
    head = LDAHead(shrinkage=shrinkage).fit(X, y)
    Z = X.astype(np.float64)
    Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    labels, codes = np.unique(y, return_inverse=True)
    means = np.stack([Z[codes == code].mean(axis=0) for code in range(k)])
    centred = Z - means[codes]
    covariance = centred.T @ centred / len(Z)
    scale = np.trace(covariance) / len(covariance)
    covariance = (1 - shrinkage) * covariance + shrinkage * scale * np.eye(len(covariance))
    weights = np.linalg.solve(covariance, means.T)  # (dim, k)
    log_posterior = Z @ weights - 0.5 * (means.T * weights).sum(axis=0) + np.log(np.bincount(codes) / len(y))
    if k == 2:  # a machine's two decision values are one value and its negative
        half = log_posterior[:, 1] - log_posterior[:, 0]
        log_posterior = np.column_stack([-half, half])
    np.testing.assert_allclose(head.predict_proba(X), softmax(log_posterior, axis=1), atol=1e-9)
    assert head.classes_.tolist() == labels.tolist()


def test_fewer_rows_than_columns_are_enough() -> None:
    X, y, _ = rows(n=60, dim=200, k=4, distance=0.5, seed=3)
    held, truth = X[30:], y[30:]
    for shrinkage in (1e-6, 0.4):
        assert (LDAHead(shrinkage=shrinkage).fit(X[:30], y[:30]).predict(held) == truth).mean() > 0.9


def test_a_model_holds_no_covariance() -> None:
    X, y, _ = rows(n=90, dim=300, k=3)
    head = LDAHead().fit(X, y)
    assert len(dump_estimator(head)) < 8 * 300 * 300 / 4


def test_labels_whose_pictures_are_all_alike_are_told_by_their_means() -> None:
    X = np.repeat([[0.0, 1.0, 2.0], [1.0, 1.0, 0.0]], 4, axis=0)
    head = LDAHead().fit(X, np.repeat(["a", "b"], 4))
    assert head.predict(X + [[0.1, 0.1, -0.1]]).tolist() == ["a"] * 4 + ["b"] * 4


@pytest.mark.parametrize("shrinkage", [0, 0.0, -0.1, 1.5, None, "auto"])
def test_a_shrinkage_that_shrinks_nothing_or_all_is_refused(shrinkage: object) -> None:
    """It once added the whole identity at 0, without a word."""
    X, y, _ = rows(n=60, dim=5, k=2)
    with pytest.raises(InputError, match="shrinkage must be above 0 and at most 1, not"):
        LDAHead(shrinkage=shrinkage).fit(X, y)  # type: ignore[arg-type]
