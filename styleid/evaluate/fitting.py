"""Fit one head on given rows, and read its scores in a given order of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.errors import InputError
from styleid.heads.base import Head

#: Labels of the two sides of a one-against-the-rest problem.
POSITIVE, NEGATIVE = "this", "rest"

#: What a curve holds beside its name and best epoch, one value an epoch.
CURVES = ("loss", "val_loss", "accuracy", "val_accuracy")


def fit_head(
    head: Head,
    params: Mapping[str, object],
    X: NDArray[np.float32],
    y: NDArray[np.str_],
    groups: NDArray[Any],
    rows: NDArray[np.int64],
    *,
    seed: int,
    validation: NDArray[np.int64] | None = None,
) -> Any:
    """Build a head and fit it on some of the rows; it is handed nothing of any other row but `validation`.

    Heads with ``takes_validation`` choose their checkpoint by those rows.
    """
    extra: dict[str, object] = {}
    if head.takes_groups:
        extra["groups"] = groups[rows]
    if head.takes_validation and validation is not None:
        extra["validation"] = (X[validation], y[validation])
    return head.build(seed).set_params(**params).fit(X[rows], y[rows], **extra)


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


def training_curves(name: str, estimator: Any) -> tuple[dict[str, Any], ...]:
    """Return a head's learning curve, in a tuple that is empty for a head not trained by epochs.

    It holds ``name``, ``best_epoch`` and, for each name in `CURVES`, one value an epoch.
    """
    if not (hasattr(estimator, "history_") and hasattr(estimator, "best_epoch_")):
        return ()
    curve: dict[str, Any] = {"name": name}
    curve |= {key: [float(value) for value in estimator.history_[key]] for key in CURVES}
    return (curve | {"best_epoch": int(estimator.best_epoch_)},)
