"""Join near-duplicates to components, and refuse chains of look-alikes that swallow a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

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
            density = _density(pairs, rows)
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


def _density(pairs: NDArray[np.int64], rows: NDArray[np.int64]) -> float:
    """Return the share of pairs among `rows` that are in `pairs`."""
    possible = len(rows) * (len(rows) - 1) / 2
    return float(np.isin(pairs[:, 0], rows).sum() / possible) if possible else 1.0
