"""Fit one head on given rows, and read its scores in a given order of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.folds.seeds import FIT, child_seed
from styleid.evaluate.folds.table import Table
from styleid.heads.base import Head
from styleid.heads.one_vs_rest import OneVsRest

#: What a curve holds beside its name and best epoch, one value an epoch.
CURVES = ("loss", "val_loss", "accuracy", "val_accuracy")


def fit_head(
    head: Head,
    params: Mapping[str, object],
    table: Table,
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
        extra["groups"] = table.components[rows]
    if head.takes_validation and validation is not None:
        extra["validation"] = (table.X[validation], table.y[validation])
    if head.by_label:
        extra["seeds"] = {label: child_seed(seed, FIT, number) for number, label in enumerate(table.labels)}
    return head.build(seed).set_params(**params).fit(table.X[rows], table.y[rows], **extra)


def fit_seed(head: Head, seed: int) -> int:
    """Return the seed to fit a head with in a fold of this seed; one-vs-rest derives one a label from it."""
    return seed if head.by_label else child_seed(seed, FIT, 0)


def training_curves(name: str, estimator: Any) -> tuple[dict[str, Any], ...]:
    """Return the learning curves of a head's trainings by epochs, one a label for one-vs-rest, or none.

    Each holds ``name``, ``best_epoch`` and, for each name in `CURVES`, one value an epoch.
    """
    if isinstance(estimator, OneVsRest):
        by_label = estimator.estimators_.items()
        return tuple(curve for label, one in by_label for curve in training_curves(f"{name} {label}", one))
    if not (hasattr(estimator, "history_") and hasattr(estimator, "best_epoch_")):
        return ()
    curve: dict[str, Any] = {"name": name}
    curve |= {key: [float(value) for value in estimator.history_[key]] for key in CURVES}
    return (curve | {"best_epoch": int(estimator.best_epoch_)},)
