"""Support vectors on standardised columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from styleid.heads.base import Head
from styleid.heads.one_vs_rest_svc import OneVsRestSVC
from styleid.heads.rows import DecisionHead


class SVMHead(DecisionHead):
    """`StandardScaler` and `OneVsRestSVC`.

    ``relative_gamma``, only for the rbf kernel, is a multiple of scikit-learn's ``gamma="scale"``, so that
    one value means the same for 50 and for 2,000 columns.
    """

    def __init__(
        self,
        *,
        C: float = 0.01,
        kernel: str = "linear",
        relative_gamma: float = 0.25,
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.relative_gamma = relative_gamma

    def _classifier(self, X: NDArray[np.float64]) -> Any:
        # "scale" is 1 / (dim * variance): after StandardScaler, 1 / the number of columns that vary.
        varying = max(1, int((np.ptp(X, axis=0) > 0).sum()))
        svc = OneVsRestSVC(C=self.C, kernel=self.kernel, gamma=self.relative_gamma / varying)
        return make_pipeline(StandardScaler(), svc)


HEAD = Head(
    name="svm",
    summary="support vectors, linear or rbf",
    build=lambda seed: SVMHead(),
    grid=[
        {"kernel": ["linear"], "C": [0.001, 0.01, 0.1]},
        {"kernel": ["rbf"], "C": [1.0, 10.0], "relative_gamma": [0.25, 1.0]},
    ],
    complexity=5,
)
