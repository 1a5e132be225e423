"""Pictures that are near-duplicates of another, among hundreds of thousands."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.duplicates import MAX_BITS


def twins(hashes: NDArray[np.uint8], trained: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which pictures are copies of another that stays: hashes (n, 32) -> (n,).

    Those to learn from (``trained``) give way to those kept for judgement, later ones to earlier ones.
    """
    order = np.lexsort((np.arange(len(hashes)), trained))  # those kept for judgement first
    gone = np.zeros(len(hashes), dtype=bool)
    for later, earlier in _pairs(hashes[order]):
        if not gone[earlier]:
            gone[later] = True
    result = np.zeros(len(hashes), dtype=bool)
    result[order] = gone
    return result


def _pairs(hashes: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """Yield (later, earlier) for all rows that differ by `MAX_BITS` at most, by the later row, ascending.

    Of one band more than bits may differ, one at least is equal in both: only rows with an equal band are
    compared (pigeonhole; Norouzi et al. 2012, "Fast Search in Hamming Space with Multi-Index Hashing").
    """
    bits = np.unpackbits(hashes, axis=1)
    words = np.ascontiguousarray(hashes).view(np.uint64)  # (n, 32) -> (n, 4)
    found = [np.empty((0, 2), dtype=np.int64)]
    for band in range(MAX_BITS + 1):
        some = bits[:, band :: MAX_BITS + 1].astype(np.int64)  # strided: neighbouring bits go together
        key = some @ (1 << np.arange(some.shape[1]))
        order = np.argsort(key, kind="stable")
        key = key[order]
        at, step = np.arange(len(key)), 0
        while len(at):
            step += 1
            at = at[at < len(key) - step]
            at = at[key[at] == key[at + step]]
            earlier, later = order[at], order[at + step]  # the sort is stable: the later row stands later
            close = np.bitwise_count(words[earlier] ^ words[later]).sum(axis=1) <= MAX_BITS
            found.append(np.column_stack((later[close], earlier[close])))
    pairs = np.unique(np.concatenate(found), axis=0)
    yield from map(tuple, pairs.tolist())
