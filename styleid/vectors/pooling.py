"""How the vectors of a picture's views become one row for a head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from styleid.errors import InputError
from styleid.rules.formulas import spaces_of, unit_rows

#: One row of the views' mean, or the views side by side, which a head judges one by one.
POOLS = MEAN, VOTE = ("mean", "vote")


def check_pool(pool: str) -> None:
    """Refuse a pooling that does not exist."""
    if pool not in POOLS:
        raise InputError(f"--pool expects one of {', '.join(POOLS)}; found {pool!r}", pool=pool)


def pool_views(stack: NDArray[np.float32], pool: str) -> NDArray[np.float32]:
    """Make one row of a picture's views: (n, v, dim) -> (n, dim), or (n, v * dim) for ``vote``."""
    n, v, dim = stack.shape
    if pool == MEAN:
        return np.ascontiguousarray(stack.mean(axis=1, dtype=np.float32))
    return np.ascontiguousarray(stack.reshape(n, v * dim))


def mean_of_views(rows: NDArray[np.float32], n_views: int, dims: tuple[int, ...] = ()) -> NDArray[np.float32]:
    """Return the mean of the views of rows from `pool_views`: (n, n_views * dim) -> (n, dim).

    Of several spaces, `dims` each, every part is brought to length one, or the longer vectors would drown
    the others in any distance.
    """
    if n_views > 1:
        rows = pool_views(rows.reshape(len(rows), n_views, rows.shape[1] // n_views), MEAN)
    if len(dims) < 2:
        return rows
    parts = [unit_rows(part) for part in spaces_of(rows.astype(np.float64), dims)]
    return np.concatenate(parts, axis=1).astype(np.float32)
