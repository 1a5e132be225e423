"""All that a model may ship: every head with its parameters, every map to probabilities, every detector."""

from __future__ import annotations

from typing import Any

import numpy as np
from bundle_cases import LABELS, OPTIONS, SPACE
from detector_cases import detector_of
from numpy.typing import NDArray

from styleid import make_head
from styleid.heads.base import REGISTRY
from styleid.heads.voting import Voting
from styleid.model.contents import Bundle
from styleid.model.make import make_bundle
from styleid.model.trust import Trust
from styleid.rules.calibrator import Calibrator
from styleid.rules.strangers import Unknown

#: Parameters that change how a head scores, beside its defaults.
FURTHER: dict[str, dict[str, Any]] = {
    "svm": {"kernel": "rbf", "C": 1.0},
    "knn": {"standardize": True, "weights": "uniform", "n_neighbors": 3},
    "mlp": {"standardize": True, "epochs": 2},
}
HEADS = list(REGISTRY)
EVERY = [(name, {"epochs": 2} if name == "mlp" else {}) for name in HEADS] + list(FURTHER.items())
MAPS = {
    "identity": Calibrator(),
    "temperature": Calibrator("temperature", 0.4),
    "sigmoid": Calibrator("sigmoid", 1.0, (0.5, 2.0, 1.0), (0.1, -0.3, 0.0)),
}


def voting_bundle(kind: str, X: NDArray[np.float32], y: NDArray[np.str_]) -> Bundle:
    """A model whose two views of half a row each vote, and a detector of their means."""
    means = X.reshape(len(X), 2, -1).mean(axis=1)
    detector = detector_of(kind, means, y, np.array([[1.5, -0.5], [0.7, 0.2]]))
    unknown = Unknown(detector, np.sort(detector.distances(means)), 0.05)
    options = OPTIONS | {"views": "center+fit", "pool": "vote"}
    head = Voting(make_head("lda"), n_views=2).fit(X, y)
    return make_bundle("lda", LABELS, head, SPACE, X, options, Trust(unknown=unknown))
