"""The cosines are those of directions in the space where pictures of one label scatter alike."""

from __future__ import annotations

import numpy as np
import pytest
from heads_cases import rows
from scipy.special import softmax

from styleid import make_head
from styleid.errors import InputError


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("shrinkage", [0.05, 0.4, 1.0])
def test_scores_are_those_of_cosines_under_the_inverse_covariance(k: int, shrinkage: float) -> None:
    X, y, _ = rows(n=150, dim=20, k=k, distance=0.4)
    y[:12] = y[0]  # labels of different sizes
    Z = X.astype(np.float64)
    Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    codes = np.unique(y, return_inverse=True)[1]
    means = np.stack([Z[codes == code].mean(axis=0) for code in range(k)])
    covariance = sum(np.cov(Z[codes == code].T, bias=True) * (codes == code).mean() for code in range(k))
    scale = np.trace(covariance) / len(covariance)
    inverse = np.linalg.inv((1 - shrinkage) * covariance + shrinkage * scale * np.eye(len(covariance)))
    lengths = [np.sqrt(np.einsum("ij,jk,ik->i", points, inverse, points)) for points in (Z, means)]
    cosines = Z @ inverse @ means.T / np.outer(*lengths)
    if k == 2:  # a machine's two decision values are one value and its negative
        half = (cosines[:, 1] - cosines[:, 0]) / 2
        cosines = np.column_stack([-half, half])
    head = make_head("cosine", shrinkage=shrinkage).fit(X, y)
    np.testing.assert_allclose(head.predict_proba(X), softmax(cosines / 0.05, axis=1), atol=2e-6)


def test_how_far_out_a_picture_lies_does_not_matter() -> None:
    X, y, _ = rows(n=120, dim=20, k=3, distance=0.5)
    head = make_head("cosine").fit(X, y)
    middle = X.astype(np.float64).mean(axis=0)
    farther = middle + 7 * (X - middle)
    np.testing.assert_allclose(head.predict_proba(farther), head.predict_proba(X), atol=1e-9)


def test_a_label_of_few_pictures_is_named_more_often_than_by_lda() -> None:
    """What the head is for: hands of which there are few pictures."""
    X, y, _ = rows(n=900, dim=60, k=3, distance=0.25, seed=2)
    few = np.unique(y)[0]
    learn = np.flatnonzero((np.arange(len(y)) < 300) & ((y != few) | (np.arange(len(y)) < 24)))
    held = np.flatnonzero((np.arange(len(y)) >= 300) & (y == few))
    named = {
        name: (make_head(name).fit(X[learn], y[learn]).predict(X[held]) == few).mean()
        for name in ("lda", "cosine")
    }
    assert named["cosine"] > named["lda"] + 0.05


def test_labels_whose_pictures_are_all_alike_are_told_by_their_means() -> None:
    X = np.repeat([[0.0, 1.0, 2.0], [1.0, 1.0, 0.0]], 4, axis=0)
    head = make_head("cosine").fit(X, np.repeat(["a", "b"], 4))
    assert head.predict(X + [[0.1, 0.1, -0.1]]).tolist() == ["a"] * 4 + ["b"] * 4


@pytest.mark.parametrize("shrinkage", [0, -0.1, 1.5, None])
def test_a_shrinkage_that_shrinks_nothing_or_all_is_refused(shrinkage: object) -> None:
    X, y, _ = rows(n=60, dim=5, k=2)
    with pytest.raises(InputError, match="shrinkage must be above 0 and at most 1, not"):
        make_head("cosine", shrinkage=shrinkage).fit(X, y)
