"""Keep near-duplicates on one side of every split, reading only the pictures that may be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.data.facts.memory import HASHES, Hashes, HashMemory
from styleid.data.manifest.table import Manifest
from styleid.data.views.names import CENTER, DEFAULT_VIEW
from styleid.errors import OutputError
from styleid.evaluate.folds.chains import Chain, join_duplicates
from styleid.evaluate.folds.duplicates import MAX_BITS, Pairs, rows_with_neighbours, similar_pairs
from styleid.evaluate.folds.table import Table
from styleid.vectors.pooling import MEAN, pool_views
from styleid.vectors.store.store import SpaceStore

#: Pairs just short of the threshold that are shown, and how far beyond it they are looked for.
NEARLY = 12
BEYOND = 12


def vectors_to_compare(pictures: Manifest, store: SpaceStore, views: Sequence[str]) -> NDArray[np.float32]:
    """Return the vectors, (n, dim), by which near-duplicates are looked for.

    They are those of the default view, or of the centre, where every picture has one; otherwise the mean of
    the views. So the folds are the same whatever views are learned from, and fits on different views
    compare picture by picture.
    """
    for view in (DEFAULT_VIEW, CENTER):
        if store.holds(pictures, (view,)):
            return store.matrix(pictures, view)
    return pool_views(store.stack(pictures, views), MEAN)


def join_near_duplicates(
    pictures: Manifest, X: ArrayLike, y: ArrayLike, components: NDArray[np.int64], root: Path, workers: int
) -> tuple[NDArray[np.int64], list[str]]:
    """Return the components with near-duplicates joined, as `styleid check` finds them, and notes.

    Only pictures whose vectors lie close to one of another component are read, and only once: their hashes
    are kept in the store. Pictures that cannot be read are noted, and nothing fails. `y` holds the labels
    of the manifest, so that every target is scored on the same components.
    """
    memory = HashMemory(root / HASHES)
    sha256 = [row.sha256 for row in pictures.rows]
    # Pairs within a component change no component, but they do count where a chain is told from copies.
    for groups in (components, np.arange(len(components))):
        near = rows_with_neighbours(X, groups)
        asked = [row for row, is_near in zip(pictures.rows, near, strict=True) if is_near]
        memory.read([pictures.file(row) for row in asked], [row.sha256 for row in asked], workers)
        hashes = memory.of(sha256)
        pairs = similar_pairs(X, hashes.bits, hashes.has & near).rows
        joined = join_duplicates(components, pairs, y)
        if not joined.swallowed:
            break
    n_joined = len(np.unique(components)) - len(np.unique(joined.components))
    notes = _notes(n_joined, joined.chains, int((hashes.unread & near).sum()))
    return joined.components, notes + keep_hashes(memory)


def keep_hashes(memory: HashMemory) -> list[str]:
    """Save the hashes, or return a note why not: a store may be on a disk that nobody can write to."""
    try:
        memory.save()
    except OutputError as error:
        return [f"pictures will be read again next time, since their hashes cannot be kept: {error}"]
    return []


def _notes(n_joined: int, chains: Sequence[Chain], n_unread: int) -> list[str]:
    notes = [f"near-duplicates join {n_joined:,} group(s) to others"] if n_joined else []
    notes += [
        f"{chain.size:,} look-alikes hang together in a row, {chain.share:.0%} of {chain.label!r}; taken for "
        "different pictures and not joined, `styleid check` shows them"
        for chain in chains
    ]
    if n_unread:
        notes.append(
            f"{n_unread:,} picture(s) may be copies of others by their vectors, but their files are gone, "
            "changed or unreadable now: folds may part such copies"
        )
    return notes


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Near-duplicate pairs of a training set, as row numbers."""

    pairs: Pairs
    nearly: Pairs  # the closest pairs that are not, from different components
    components: NDArray[np.int64]  # (n,) with near-duplicates joined
    chains: tuple[Chain, ...]  # not joined


def find_duplicates(table: Table, X: NDArray[np.float32], hashes: Hashes) -> Duplicates:
    """Find near-duplicates and join them to the table's components.

    `X` is (n, dim), from `vectors_to_compare`; a picture without a hash is in no pair.
    """
    looked_at = similar_pairs(X, hashes.bits, hashes.has, max_bits=MAX_BITS + BEYOND)
    pairs = looked_at.keep(looked_at.bits <= MAX_BITS)
    components, chains, _ = join_duplicates(table.components, pairs.rows, table.y)
    apart = components[looked_at.rows[:, 0]] != components[looked_at.rows[:, 1]]
    others = looked_at.keep((looked_at.bits > MAX_BITS) & apart)
    closest = np.zeros(len(others), dtype=bool)
    closest[np.argsort(others.bits, kind="stable")[:NEARLY]] = True
    return Duplicates(pairs, others.keep(closest), components, tuple(chains))
