"""Linear discriminant analysis with a shrunk covariance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve, solve_triangular
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from styleid.errors import InputError
from styleid.heads.base import Head
from styleid.heads.rows import DecisionHead


def within_labels(
    X: NDArray[np.float64], codes: NDArray[np.int64], shrinkage: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return labels' means, (k, dim), and the covariance around them, shrunk towards a multiple of identity.

    An `InputError` refuses a shrinkage that is not above 0 and at most 1.
    """
    if not isinstance(shrinkage, int | float | np.floating) or not 0 < shrinkage <= 1:
        raise InputError(f"shrinkage must be above 0 and at most 1, not {shrinkage!r}", shrinkage=shrinkage)
    means = np.stack([X[codes == code].mean(axis=0) for code in range(int(codes.max()) + 1)])
    centred = X - means[codes]
    covariance = centred.T @ centred / len(X)
    # Where all pictures of each label are alike, the nearest mean decides.
    ridge = shrinkage * np.trace(covariance) / len(covariance) or 1.0
    covariance *= 1 - shrinkage
    covariance[np.diag_indices_from(covariance)] += ridge
    return means, covariance


def whitening(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (dim, dim) matrix whose product with its transpose is the inverse of a covariance."""
    factor = cholesky(covariance, lower=True)
    white: NDArray[np.float64] = solve_triangular(factor, np.eye(len(factor)), lower=True).T
    return white


class ShrunkLDA(LinearDiscriminantAnalysis):  # type: ignore[misc]
    """scikit-learn's with its solver "lsqr", many times as fast, and no covariance kept in the model.

    scikit-learn multiplies the rows of each label by themselves and solves by singular values. One product of
    all rows, each less its label's mean, gives the same matrix; shrunk, it suits Cholesky's method.
    """

    def fit(self, X: NDArray[np.float64], y: NDArray[Any]) -> ShrunkLDA:
        """Fit as scikit-learn does, with the covariance of `within_labels`."""
        self.classes_, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        self.priors_ = counts / len(X)
        self.means_, covariance = within_labels(X, codes, self.shrinkage)
        weights = solve(covariance, self.means_.T, assume_a="pos")  # (dim, k)
        intercept = np.log(self.priors_) - 0.5 * (self.means_.T * weights).sum(axis=0)
        self.coef_, self.intercept_ = weights.T, intercept
        if len(counts) == 2:  # one decision value, the second label's less the first's
            self.coef_, self.intercept_ = np.diff(weights.T, axis=0), np.diff(intercept)
        return self


class LDAHead(DecisionHead):
    """`StandardScaler` and `ShrunkLDA`.

    Directions in which the pictures of one label differ among themselves get little weight (Hastie,
    Tibshirani and Friedman, "The Elements of Statistical Learning", 4.3). With fewer pictures than columns
    the covariance must be pulled towards a multiple of the identity (Ledoit and Wolf 2004, "A
    well-conditioned estimator"): ``shrinkage`` says how far, from just above 0 (wants many more rows than
    columns) to 1 (only means count).
    """

    def __init__(
        self,
        *,
        shrinkage: float = 0.2,
    ) -> None:
        self.shrinkage = shrinkage

    def _classifier(self, X: NDArray[np.float64]) -> Any:
        # The solver that shrinks without the projection that nobody looks at.
        return make_pipeline(StandardScaler(), ShrunkLDA(solver="lsqr", shrinkage=self.shrinkage))


HEAD = Head(
    name="lda",
    summary="linear discriminants with a shrunk covariance",
    build=lambda seed: LDAHead(),
    grid={"shrinkage": [0.4, 0.2, 0.1]},
    complexity=2,
)
