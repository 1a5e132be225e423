"""Near-duplicates: pictures whose vectors are close *and* whose perceptual hashes agree.

Neither is proof alone: a network calls two figures of one hand alike, and a hash of few bits calls two
figures in one pose alike. Distances are computed block by block, so memory stays within bounds for any n.
Pairs are joined to components, but for chains of look-alikes that would swallow a label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.evaluate.table import join_groups, largest_shares
from styleid.rules.formulas import unit_rows

#: Least cosine of two vectors, and most differing bits of 256, of a near-duplicate. Measured on the demo
#: pictures with edits planted (`docs/decisions.md`): re-encoded, scaled and brightened copies are found in 96
#: of 100 cases, no two different drawings are, and the first different drawings come at 20 bits.
MIN_COSINE = 0.95
MAX_BITS = 18
#: Share of direct links in a component below which it is a chain of look-alikes, not a picture and its
#: copies.
DENSE = 0.5
#: Share of a label above which one component leaves too little to score.
SWALLOWED = 0.5
_COMPARED = 100_000  # pairs of vectors held at a time
_BLOCK = 2_000  # rows whose cosines with as many others are held at a time
#: Error of a dot product of single-precision rows, well above 2048 * 2 ** -24; and of one in double.
_LOOKED_BEYOND = 2e-4
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of rows, each with how alike they are."""

    rows: NDArray[np.int64]  # (m, 2), first < second, ascending
    cosine: NDArray[np.float64]  # (m,) of the vectors
    bits: NDArray[np.int64]  # (m,) in which the hashes differ, the least over crops

    def __len__(self) -> int:
        return len(self.rows)

    def keep(self, which: NDArray[np.bool_]) -> Pairs:
        """Return the pairs chosen by a (m,) mask."""
        return Pairs(self.rows[which], self.cosine[which], self.bits[which])


def similar_pairs(
    X: ArrayLike,
    hashes: NDArray[np.uint8],
    known: ArrayLike | None = None,
    *,
    min_cosine: float = MIN_COSINE,
    max_bits: int = MAX_BITS,
) -> Pairs:
    """List pairs of rows whose vectors, (n, dim) of any length, and hashes are both close.

    `hashes` are (n, c, b) packed bits of the picture whole and of c - 1 crops of it. A row that is not
    `known`, (n,), to have one is in no pair. `max_bits` may differ between a hash of one and the whole
    picture's hash of the other.
    """
    unit = _unit(X)
    at = np.arange(len(unit)) if known is None else np.flatnonzero(known)
    single = unit[at].astype(np.float32)
    parts = [np.empty((0, 2), dtype=np.int64)]
    for top, left, alike in _alike(hashes[at], max_bits):
        if alike.any():
            alike &= single[top] @ single[left].T >= min_cosine - _LOOKED_BEYOND
            pairs = np.argwhere(alike) + (top.start, left.start)
            parts.append(at[pairs[pairs[:, 0] < pairs[:, 1]]])  # each once
    rows = np.concatenate(parts)
    # Single precision only looks; what decides does not depend on which rows are in a block.
    some = np.array_split(rows, len(rows) // _COMPARED + 1)
    cosine = np.concatenate([np.einsum("ij,ij->i", unit[part[:, 0]], unit[part[:, 1]]) for part in some])
    close = cosine >= min_cosine - _ROUNDING
    rows, cosine = rows[close], cosine[close]
    order = np.lexsort((rows[:, 1], rows[:, 0]))
    rows = rows[order]
    bits = hash_distance(hashes[rows[:, 0]], hashes[rows[:, 1]])
    return Pairs(rows, np.minimum(cosine[order], 1.0), bits)


def rows_with_neighbours(
    X: ArrayLike, components: ArrayLike, *, min_cosine: float = MIN_COSINE
) -> NDArray[np.bool_]:
    """Return which rows, (n,), may be in a pair across components, by their vectors alone.

    True for every row of every such pair, and for a few within rounding of one. With a component a row, any
    neighbour counts.
    """
    single, component = _unit(X).astype(np.float32), np.asarray(components)
    has = np.zeros(len(single), dtype=bool)
    for top, left in _blocks(len(single)):
        if has[top].all() and has[left].all():
            continue  # where most vectors are close, as those of drawings are, the first blocks tell all
        near = single[top] @ single[left].T >= min_cosine - _LOOKED_BEYOND
        near &= component[top, None] != component[left]
        has[top] |= near.any(axis=1)
        has[left] |= near.any(axis=0)
    return has


def _unit(X: ArrayLike) -> NDArray[np.float64]:
    """Return rows of length 1."""
    return unit_rows(np.asarray(X, dtype=np.float64))


def _blocks(n: int) -> Iterator[tuple[slice, slice]]:
    """Yield every two blocks of n rows once, a block with itself too."""
    blocks = [slice(start, start + _BLOCK) for start in range(0, n, _BLOCK)]
    yield from combinations_with_replacement(blocks, 2)


def _alike(hashes: NDArray[np.uint8], max_bits: int) -> Iterator[tuple[slice, slice, NDArray[np.bool_]]]:
    """Yield two blocks of rows, and which of their pairs have a `hash_distance` of at most `max_bits`.

    Most pairs of drawings have close vectors, so the hashes are looked at first. Bits as 1 and -1 have a
    product of what agrees less what differs, and matrices are multiplied faster than bits are counted.
    """
    least = 8 * hashes.shape[2] - 2 * max_bits
    for top, left in _blocks(len(hashes)):
        one, other = (np.unpackbits(hashes[part], axis=2).astype(np.float32) * 2 - 1 for part in (top, left))
        alike = np.zeros((len(one), len(other)), dtype=bool)
        for crop in range(hashes.shape[1]):
            alike |= one[:, 0] @ other[:, crop].T >= least
            if crop:
                alike |= one[:, crop] @ other[:, 0].T >= least
        yield top, left, alike


def hash_distance(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count the bits, (m,), in which one picture whole and another differ, whole or a crop: the least of all.

    Hashes are (m, c, b) packed bits, the whole picture's first.
    """
    counts = [_differing(one[:, 0], other[:, crop]) for crop in range(other.shape[1])]
    counts += [_differing(one[:, crop], other[:, 0]) for crop in range(1, one.shape[1])]
    least: NDArray[np.int64] = np.min(counts, axis=0)
    return least


def _differing(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.int64]:
    word = np.uint64 if one.shape[1] % 8 == 0 else np.uint8  # eight bytes at a time, thrice as fast
    differing = np.bitwise_count(one.view(word) ^ other.view(word))
    bits: NDArray[np.int64] = differing.sum(axis=1, dtype=np.int64)  # (m, words) -> (m,)
    return bits


@dataclass(frozen=True)
class Chain:
    """A component of look-alikes that was not joined, since it would leave too little of a label to score."""

    label: str  # the label it would swallow
    share: float  # of the label's rows
    size: int  # rows of all labels
    density: float  # share of its pairs of rows that are near-duplicates themselves


class Joined(NamedTuple):
    """Components with near-duplicates joined, what was not joined, and labels that hang on it."""

    components: NDArray[np.int64]
    chains: list[Chain]
    swallowed: list[str]  # labels that one component would hold too much of, were all joined


def join_duplicates(components: ArrayLike, pairs: NDArray[np.int64], y: ArrayLike) -> Joined:
    """Join near-duplicates, (m, 2) `pairs`, into components, but no chains that swallow a label.

    Single links chain: a is like b, b like c, and in the end a whole label hangs together though a and z have
    nothing in common. A component over half of a label and mostly without direct links is not joined.
    """
    given = [str(component) for component in np.asarray(components).tolist()]
    labels = np.asarray(y)
    joined = join_groups(given, pairs=pairs)
    swallowed = _swallowed_labels(components, joined, y)
    if not swallowed:
        return Joined(joined, [], [])
    chained = join_groups([""] * len(given), pairs=pairs)  # by likeness alone
    chains, refused = [], np.zeros(len(pairs), dtype=bool)
    for label in swallowed:
        inside = joined == np.bincount(joined[labels == label]).argmax()
        for number in np.unique(chained[inside]):
            rows = np.flatnonzero(chained == number)
            if len({given[row] for row in rows}) == 1:
                continue  # joined by the user already
            density = float(np.isin(pairs[:, 0], rows).sum() / max(len(rows) * (len(rows) - 1) / 2, 1))
            if len(rows) > 2 and density < DENSE:
                refused |= np.isin(pairs[:, 0], rows)
                share = float((labels[rows] == label).sum() / (labels == label).sum())
                chains.append(Chain(label, share, len(rows), density))
    return Joined(join_groups(given, pairs=pairs[~refused]), chains, swallowed)


def _swallowed_labels(components: ArrayLike, joined: ArrayLike, y: ArrayLike) -> list[str]:
    """List labels that one component holds too much of once near-duplicates are joined, but not before."""
    before = largest_shares(components, y)
    return [
        label
        for label, share in largest_shares(joined, y).items()
        if share > SWALLOWED and before[label] <= SWALLOWED
    ]
