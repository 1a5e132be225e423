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
    """Build a head and fit it on some of the rows; it is handed nothing of any other row.

    Parameters
    ----------
    head : Head
        What to build.
    params : mapping of str to object
        Parameters to set.
    X : NDArray of float32
        (n, dim) vectors.
    y : NDArray of str
        (n,) labels.
    groups : NDArray
        (n,) components; given to heads that split off parts by themselves.
    rows : NDArray of int64
        Rows to learn from.
    seed : int
        Seed of everything random in the head.
    validation : NDArray of int64, optional
        Rows that heads with ``takes_validation`` choose their checkpoint by.

    Returns
    -------
    sklearn.base.ClassifierMixin
        The fitted classifier.
    """
    extra: dict[str, object] = {}
    if head.takes_groups:
        extra["groups"] = groups[rows]
    if head.takes_validation and validation is not None:
        extra["validation"] = (X[validation], y[validation])
    return head.build(seed).set_params(**params).fit(X[rows], y[rows], **extra)


def label_scores(estimator: Any, X: NDArray[np.float32], labels: Sequence[str]) -> NDArray[np.float64]:
    """Return per-class scores with one column a label, whatever the order of ``classes_``.

    Parameters
    ----------
    estimator : sklearn.base.ClassifierMixin
        A fitted classifier.
    X : NDArray of float32
        (n, dim) vectors.
    labels : sequence of str
        The k labels, in the order of the columns wanted.

    Returns
    -------
    NDArray of float64
        (n, k); 0 for a label the classifier has not learned.

    Raises
    ------
    InputError
        If the classifier knows a label that is not among `labels`.
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
    """Return the labels of the problem "this label or any other".

    Parameters
    ----------
    y : NDArray of str
        (n,) labels.
    label : str
        The label that becomes `POSITIVE`; all others become `NEGATIVE`.

    Returns
    -------
    NDArray of str
        (n,).
    """
    return np.where(y == label, POSITIVE, NEGATIVE)


def training_curves(name: str, estimator: Any) -> tuple[dict[str, Any], ...]:
    """Return the learning curves of a head that was trained by epochs.

    Parameters
    ----------
    name : str
        What a plot calls the training.
    estimator : sklearn.base.ClassifierMixin
        A fitted classifier; its ``history_`` maps each name in `CURVES` to one value an epoch.

    Returns
    -------
    tuple of dict
        ``{"name", "loss", "val_loss", "accuracy", "val_accuracy", "best_epoch"}``; empty for a head
        without ``history_`` and ``best_epoch_``.
    """
    if not (hasattr(estimator, "history_") and hasattr(estimator, "best_epoch_")):
        return ()
    curve: dict[str, Any] = {"name": name}
    curve |= {key: [float(value) for value in estimator.history_[key]] for key in CURVES}
    return (curve | {"best_epoch": int(estimator.best_epoch_)},)
