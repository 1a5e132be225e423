"""Join near-duplicates to components, and refuse chains of look-alikes that swallow a label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.evaluate.folds.components import join_groups, largest_shares

#: Share of direct links in a component below which it is a chain of look-alikes, not a picture and its
#: copies.
DENSE = 0.5
#: Share of a label above which one component leaves too little to score.
SWALLOWED = 0.5


@dataclass(frozen=True)
class Chain:
    """A component of look-alikes that was not joined, since it would leave too little of a label to score."""

    label: str  # the label it would swallow
    share: float  # of the label's rows
    size: int  # rows of all labels
    density: float  # share of its pairs of rows that are near-duplicates themselves


def join_duplicates(
    groups: ArrayLike, pairs: NDArray[np.int64], y: ArrayLike
) -> tuple[NDArray[np.int64], list[Chain]]:
    """Join near-duplicates, (m, 2) `pairs`, into components, but no chains that swallow a label.

    Single links chain: a is like b, b like c, and in the end a whole label hangs together though a and z have
    nothing in common. A component over half of a label and mostly without direct links is not joined.
    """
    given = [str(group) for group in np.asarray(groups).tolist()]
    labels = np.asarray(y)
    chained = join_groups([""] * len(given), pairs=pairs)  # by likeness alone
    joined = join_groups(given, pairs=pairs)
    chains, refused = [], np.zeros(len(pairs), dtype=bool)
    for label in swallowed_labels(groups, joined, y):
        inside = joined == np.bincount(joined[labels == label]).argmax()
        for number in np.unique(chained[inside]):
            rows = np.flatnonzero(chained == number)
            if len({given[row] for row in rows}) == 1:
                continue  # joined by the user already
            density = _density(pairs, rows)
            if len(rows) > 2 and density < DENSE:
                refused |= np.isin(pairs[:, 0], rows)
                chains.append(Chain(label, float((labels[rows] == label).sum() / (labels == label).sum()),
                                    len(rows), density))  # fmt: skip
    return join_groups(given, pairs=pairs[~refused]), chains


def swallowed_labels(groups: ArrayLike, joined: ArrayLike, y: ArrayLike) -> list[str]:
    """List labels that one component holds too much of once near-duplicates are joined, but not before."""
    before = largest_shares(groups, y)
    return [
        label
        for label, share in largest_shares(joined, y).items()
        if share > SWALLOWED and before[label] <= SWALLOWED
    ]


def _density(pairs: NDArray[np.int64], rows: NDArray[np.int64]) -> float:
    """Return the share of pairs among `rows` that are in `pairs`."""
    possible = len(rows) * (len(rows) - 1) / 2
    return float(np.isin(pairs[:, 0], rows).sum() / possible) if possible else 1.0
