"""What a learning curve asks of its folds, parameters and predictions, checked at the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.evaluate.fold import Fold
from styleid.evaluate.table import Table


def scored_rows(folds: Sequence[Fold]) -> NDArray[np.int64]:
    """Return the rows of all test parts.

    Parameters
    ----------
    folds : sequence of Fold
        Whose test parts share no row.

    Returns
    -------
    NDArray of int64
        (m,) row numbers, ascending.

    Raises
    ------
    InputError
        If a row is in two test parts.
    """
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
    """Return the parameters of each fold.

    Parameters
    ----------
    params : mapping, or sequence of mapping
        For all folds, or one a fold.
    n_folds : int
        Folds.

    Returns
    -------
    list of mapping
        (n_folds,).

    Raises
    ------
    InputError
        If there is another number of mappings than of folds.
    """
    settings = [params] * n_folds if isinstance(params, Mapping) else list(params)
    if len(settings) != n_folds:
        raise InputError(
            f"expected parameters for each of {n_folds} folds, found {len(settings)}; give one mapping "
            "a fold, or one for all"
        )
    return settings


def checked_full(full: ArrayLike, table: Table, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the label numbers that were predicted for the scored rows.

    Parameters
    ----------
    full : array_like of int
        (n,) label numbers; those of rows that were not scored may be anything.
    table : Table
        The n rows.
    rows : NDArray of int64
        (m,) the scored ones.

    Returns
    -------
    NDArray of int64
        (m,).

    Raises
    ------
    InputError
        If they are not one whole number a row, or out of range at a scored row.
    """
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
