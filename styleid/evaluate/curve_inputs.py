"""Check the folds, parameters and predictions that a learning curve is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.evaluate.fold import Fold
from styleid.evaluate.table import Table


def scored_rows(folds: Sequence[Fold]) -> NDArray[np.int64]:
    """Return the (m,) rows of all test parts, ascending; raise `InputError` where two parts share one."""
    rows, times = np.unique(np.concatenate([fold.test for fold in folds]), return_counts=True)
    if times.max() > 1:
        raise InputError(
            f"expected folds that score a row at most once, found {int((times > 1).sum())} rows in two test "
            "parts or more; give one repeat's folds",
            repeated=int((times > 1).sum()),
        )
    return rows


def params_by_fold(
    params: Mapping[str, Any] | Sequence[Mapping[str, Any]], n_folds: int
) -> list[Mapping[str, Any]]:
    """Return one mapping of parameters a fold, from one for all folds or one for each."""
    settings = [params] * n_folds if isinstance(params, Mapping) else list(params)
    if len(settings) != n_folds:
        raise InputError(
            f"expected parameters for each of {n_folds} folds, found {len(settings)}; give one mapping "
            "a fold, or one for all"
        )
    return settings


def checked_full(full: ArrayLike, table: Table, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the (m,) label numbers in `full`, (n,), at the scored rows; elsewhere they may be anything."""
    predicted = np.asarray(full)
    if predicted.shape != table.y.shape or not np.issubdtype(predicted.dtype, np.integer):
        raise InputError(
            f"expected one predicted label number for each of {len(table.y)} rows in `full`, found shape "
            f"{predicted.shape} of {predicted.dtype}; put a number at every row, any where it was not scored"
        )
    scored = predicted[rows].astype(np.int64)
    if scored.min() < 0 or scored.max() >= len(table.labels):
        raise InputError(
            f"expected label numbers from 0 to {len(table.labels) - 1} in `full` at the scored rows, found "
            f"{scored.min()} to {scored.max()}; give what was predicted on these folds"
        )
    return scored
