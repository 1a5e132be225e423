"""How the vectors of a picture's views become one row for a head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from styleid.errors import InputError

#: One row of the views' mean, or the views side by side, which a head judges one by one.
POOLS = MEAN, VOTE = ("mean", "vote")


def check_pool(pool: str) -> None:
    """Refuse a pooling that does not exist.

    Parameters
    ----------
    pool : str
        What was asked for.

    Raises
    ------
    InputError
        If it is none of `POOLS`.
    """
    if pool not in POOLS:
        raise InputError(f"--pool expects one of {', '.join(POOLS)}; found {pool!r}", pool=pool)


def pool_views(stack: NDArray[np.float32], pool: str) -> NDArray[np.float32]:
    """Make one row of the views of each picture.

    Parameters
    ----------
    stack : NDArray of float32
        (n, v, dim) vectors, from `SpaceStore.stack`.
    pool : str
        One of `POOLS`.

    Returns
    -------
    NDArray of float32
        ``mean``: (n, dim); ``vote``: (n, v * dim), the views side by side.
    """
    n, v, dim = stack.shape
    if pool == MEAN:
        return np.ascontiguousarray(stack.mean(axis=1, dtype=np.float32))
    return np.ascontiguousarray(stack.reshape(n, v * dim))


def mean_of_views(rows: NDArray[np.float32], n_views: int) -> NDArray[np.float32]:
    """Return one vector a picture from rows that may hold several.

    Parameters
    ----------
    rows : NDArray of float32
        (n, n_views * dim), from `pool_views`.
    n_views : int
        Views side by side.

    Returns
    -------
    NDArray of float32
        (n, dim) the mean of the views.
    """
    if n_views == 1:
        return rows
    return pool_views(rows.reshape(len(rows), n_views, rows.shape[1] // n_views), MEAN)
