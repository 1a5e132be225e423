"""How scores of a fitted head are read, whatever order its classes are in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.errors import InputError

#: Labels of the two sides of a one-against-the-rest problem.
POSITIVE, NEGATIVE = "this", "rest"


def label_scores(estimator: Any, X: NDArray[np.float32], labels: Sequence[str]) -> NDArray[np.float64]:
    """Return per-class scores, (n, k), with one column a label, whatever the order of ``classes_``.

    A label that the classifier has not learned scores 0; one that is not among `labels` raises `InputError`.
    """
    column = {label: index for index, label in enumerate(labels)}
    classes = [str(label) for label in estimator.classes_]
    unknown = [label for label in classes if label not in column]
    if unknown:
        raise InputError(
            f"expected labels {', '.join(map(repr, labels))}, found a head that also knows "
            f"{', '.join(map(repr, unknown))}; give all labels",
            unknown=tuple(unknown),
        )
    scores = np.zeros((len(X), len(labels)))
    scores[:, [column[label] for label in classes]] = estimator.predict_proba(X)
    return scores


def against_rest(y: NDArray[np.str_], label: str) -> NDArray[np.str_]:
    """Return the labels of the two-class problem: `POSITIVE` for this label, `NEGATIVE` for any other."""
    return np.where(y == label, POSITIVE, NEGATIVE)
