"""One support vector machine a class, on one shared kernel matrix, kept as plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC

from styleid.errors import InputError
from styleid.heads.rows import DecisionClassifier
from styleid.rules.formulas import rbf_kernel

#: Rows above which the kernel matrix (8 n^2 bytes: 0.8 GB here) is left to libsvm. Each machine then computes
#: it anew, one number at a time: 11 s a fit instead of 2.5 s at 5,333 rows and 10 labels.
MAX_SHARED = 10_000

#: Megabytes of kernel columns libsvm may keep, as float32; by default columns of 8,000 rows would fall out.
CACHE_MB = 400


class OneVsRestSVC(DecisionClassifier):
    """Decision values of one machine a class, each against all other rows.

    `SVC` itself has one machine for every two classes and counts their votes, so its values rank rows in
    steps only. One against the rest ranks them finely, and on the demo vectors it was also right more often
    (0.6 to 3 points, `docs/decisions.md`; Rifkin and Klautau 2004, "In Defense of One-Vs-All Classification",
    find neither way better where both are tuned).

    ``vectors_`` (n_vectors, dim) support any of the machines, or are the machines' weights if linear;
    ``coef_`` is (n_machines, n_vectors). Two classes have one machine, whose positive class is the second.
    """

    def __init__(self, *, C: float = 1.0, kernel: str = "rbf", gamma: float = 1.0) -> None:
        self.C = C
        self.kernel = kernel
        self.gamma = gamma

    def fit(self, X: NDArray[np.float64], y: NDArray[Any]) -> OneVsRestSVC:
        """Fit every machine; a kernel that is not scored here is an `InputError`."""
        if self.kernel not in ("linear", "rbf"):
            raise InputError(f"kernel must be 'linear' or 'rbf', not {self.kernel!r}", kernel=self.kernel)
        self.classes_ = np.unique(y)
        shared = len(X) <= MAX_SHARED
        rows = self._kernel(X, X) if shared else X
        positive = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        coef = np.zeros((len(positive), len(X)))
        self.intercept_ = np.zeros(len(positive))
        for machine, label in enumerate(positive):
            # Its random_state has no use without its own probabilities, yet None would draw from numpy's.
            kernel = "precomputed" if shared else self.kernel
            svc = SVC(C=self.C, kernel=kernel, gamma=self.gamma, cache_size=CACHE_MB, random_state=0)
            svc.fit(rows, y == label)
            coef[machine, svc.support_] = svc.dual_coef_[0]
            self.intercept_[machine] = svc.intercept_[0]
        if self.kernel == "linear":
            self.vectors_, self.coef_ = coef @ X, np.eye(len(positive))
        else:
            used = (coef != 0).any(axis=0)
            self.vectors_, self.coef_ = X[used], coef[:, used]
        return self

    def decision_function(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far each row lies on the side of each class, (n, n_classes), or (n,) for two classes."""
        values: NDArray[np.float64] = self._kernel(X, self.vectors_) @ self.coef_.T + self.intercept_
        return values[:, 0] if len(self.classes_) == 2 else values

    def _kernel(self, X: NDArray[np.float64], Y: NDArray[np.float64]) -> NDArray[np.float64]:
        return X @ Y.T if self.kernel == "linear" else rbf_kernel(X, Y, self.gamma)
