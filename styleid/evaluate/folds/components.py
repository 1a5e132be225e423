"""Join rows that must stay on one side of every split into connected components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from styleid.errors import InputError

#: One value a row; None and "" mean no value.
Key: TypeAlias = Sequence[str | None] | NDArray[np.str_]


def join_groups(*keys: Key, pairs: ArrayLike | None = None) -> NDArray[np.int64]:
    """Join rows that share a value in any key, or are named as a pair, directly or through others.

    Parameters
    ----------
    *keys : sequence of str or None
        Each (n,): digests of the content, the user's groups, and so on. A value joins rows within
        its own key only. None and ``""`` mean no value: the row stands alone for that key.
    pairs : array_like of int, optional
        (m, 2) row numbers to be joined as well, such as near-duplicates.

    Returns
    -------
    NDArray of int64
        (n,) component of each row, numbered 0, 1, ... by first appearance.

    Raises
    ------
    InputError
        If no key is given, the keys differ in length, or a pair names a row that does not exist.

    Examples
    --------
    >>> join_groups(["a", "b", "a", None], ["x", "x", None, None])
    array([0, 0, 0, 1])
    """
    lengths = sorted({len(key) for key in keys})
    if len(lengths) != 1:
        raise InputError(
            f"expected keys with a value for every row, found {len(keys)} keys of lengths {lengths}; "
            "give each key as many values as there are rows",
            lengths=lengths,
        )
    n = lengths[0]
    links = [_links(key) for key in keys]
    if pairs is not None:
        links.append(_checked_pairs(pairs, n))
    edges = np.concatenate(links)  # (n_links, 2)
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    _, numbers = connected_components(graph, directed=False)
    # scipy's numbering is an accident of its walk; first appearance is a promise.
    _, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def largest_shares(components: ArrayLike, y: ArrayLike) -> dict[str, float]:
    """Return the share of each label that its largest component holds, labels sorted.

    Joining by similarity can chain a whole label into one component; then nothing is left to score.
    """
    names, label = np.unique(np.asarray(y), return_inverse=True)
    _, component = np.unique(np.asarray(components), return_inverse=True)
    shares = {}
    for index, name in enumerate(names):
        sizes = np.bincount(component[label == index])
        shares[str(name)] = float(sizes.max() / sizes.sum())
    return shares


def _links(key: Key) -> NDArray[np.int64]:
    """Link each row that has a value to the first row with the same value: (m, 2)."""
    values = np.array(["" if value is None else str(value) for value in key], dtype=object)
    rows = np.flatnonzero(values != "")
    if not len(rows):
        return np.empty((0, 2), dtype=np.int64)
    _, first, inverse = np.unique(values[rows].astype(str), return_index=True, return_inverse=True)
    return np.column_stack([rows[first][inverse], rows]).astype(np.int64)


def _checked_pairs(pairs: ArrayLike, n: int) -> NDArray[np.int64]:
    """Return `pairs` as (m, 2) row numbers of n rows."""
    found = np.asarray(pairs, dtype=np.int64)
    if found.size == 0:
        return np.empty((0, 2), dtype=np.int64)
    if found.ndim != 2 or found.shape[1] != 2 or found.min() < 0 or found.max() >= n:
        raise InputError(
            f"expected pairs of row numbers from 0 to {n - 1} with shape (m, 2), found shape {found.shape} "
            f"with values {found.min()} to {found.max()}; pass row numbers of the same manifest",
            shape=found.shape,
            n=n,
        )
    return found
