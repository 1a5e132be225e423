"""Fit one head on given rows, and read its scores in a given order of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.heads.base import Head

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


def training_curves(name: str, estimator: Any) -> tuple[dict[str, Any], ...]:
    """Return a head's learning curve, in a tuple that is empty for a head not trained by epochs.

    It holds ``name``, ``best_epoch`` and, for each name in `CURVES`, one value an epoch.
    """
    if not (hasattr(estimator, "history_") and hasattr(estimator, "best_epoch_")):
        return ()
    curve: dict[str, Any] = {"name": name}
    curve |= {key: [float(value) for value in estimator.history_[key]] for key in CURVES}
    return (curve | {"best_epoch": int(estimator.best_epoch_)},)
