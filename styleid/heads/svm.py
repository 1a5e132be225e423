"""Support vectors on standardised columns, with calibrated probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from styleid.heads.base import Head
from styleid.heads.calibrated import CalibratedHead
from styleid.heads.one_vs_rest_svc import OneVsRestSVC


class SVMHead(CalibratedHead):
    """`StandardScaler`, `OneVsRestSVC` and a temperature learned on inner folds that respect groups.

    ``relative_gamma``, only for the rbf kernel, is a multiple of scikit-learn's ``gamma="scale"``, so that
    one value means the same for 50 and for 2,000 columns.
    """

    def __init__(
        self,
        *,
        C: float = 0.01,
        kernel: str = "linear",
        relative_gamma: float = 0.25,
        probability: bool = True,
        calibration_folds: int = 5,
        random_state: Any = None,
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.relative_gamma = relative_gamma
        self.probability = probability
        self.calibration_folds = calibration_folds
        self.random_state = random_state

    def _classifier(self, X: NDArray[np.float64]) -> Any:
        # "scale" is 1 / (dim * variance): after StandardScaler, 1 / the number of columns that vary.
        varying = max(1, int((np.ptp(X, axis=0) > 0).sum()))
        svc = OneVsRestSVC(C=self.C, kernel=self.kernel, gamma=self.relative_gamma / varying)
        return make_pipeline(StandardScaler(), svc)


HEAD = Head(
    name="svm",
    summary="support vectors, linear or rbf, with calibrated probabilities",
    build=lambda seed: SVMHead(random_state=seed),
    grid=[
        {"kernel": ["linear"], "C": [0.001, 0.01, 0.1]},
        {"kernel": ["rbf"], "C": [1.0, 10.0], "relative_gamma": [0.25, 1.0]},
    ],
    takes_groups=True,
    search_params={"probability": False},
    complexity=5,
    plain_params={"probability": False},
)
