"""Keep near-duplicates on one side of every split, reading only the pictures that may be one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.data.hash_memory import HASHES, HashMemory
from styleid.data.manifest import Manifest
from styleid.data.views import CENTER, DEFAULT_VIEW
from styleid.errors import OutputError
from styleid.evaluate.chains import Chain, join_duplicates, swallowed_labels
from styleid.evaluate.components import join_groups
from styleid.evaluate.duplicates import near_duplicate_pairs, rows_with_neighbours
from styleid.vectors.pooling import MEAN, pool_views
from styleid.vectors.store import SpaceStore


def vectors_to_compare(pictures: Manifest, store: SpaceStore, views: Sequence[str]) -> NDArray[np.float32]:
    """Return the vectors by which near-duplicates are looked for.

    Those of the default view, or of the centre, where every picture has one, so that the folds are the same
    whatever views are learned from and fits on different views compare picture by picture; else the mean of
    the views.

    Parameters
    ----------
    pictures : Manifest
        n pictures.
    store : SpaceStore
        Their vectors.
    views : sequence of str
        The views that are learned from.

    Returns
    -------
    NDArray of float32
        (n, dim).

    Raises
    ------
    StoreError
        If a picture has neither.
    """
    for view in (DEFAULT_VIEW, CENTER):
        if store.holds(pictures, (view,)):
            return store.matrix(pictures, view)
    return pool_views(store.stack(pictures, views), MEAN)


def join_near_duplicates(
    pictures: Manifest, X: ArrayLike, y: ArrayLike, components: NDArray[np.int64], root: Path, workers: int
) -> tuple[NDArray[np.int64], list[str]]:
    """Find near-duplicates among pictures and join them to their components.

    Only pictures whose vectors lie close to one of another component are read, and those only once: their
    hashes are kept in the store. What cannot be read, or kept, is noted; nothing fails.

    Parameters
    ----------
    pictures : Manifest
        n pictures.
    X : array_like of float
        (n, dim) vectors.
    y : array_like of str
        (n,) labels as the manifest gives them, so that every target is scored on the same components.
    components : NDArray of int64
        (n,) components without near-duplicates.
    root : Path
        The vector store.
    workers : int
        Files read at a time.

    Returns
    -------
    components : NDArray of int64
        (n,) with near-duplicates joined; those that `styleid check` finds.
    notes : list of str
        What a reader of a score should know, one line each.
    """
    memory = HashMemory(root / HASHES)
    sha256 = [row.sha256 for row in pictures.rows]
    # Pairs within a component change no component, but they do count where a chain is told from copies.
    for groups in (components, np.arange(len(components))):
        near = rows_with_neighbours(X, groups)
        asked = [row for row, is_near in zip(pictures.rows, near, strict=True) if is_near]
        memory.read([pictures.file(row) for row in asked], [row.sha256 for row in asked], workers)
        hashes = memory.of(sha256)
        pairs = near_duplicate_pairs(X, hashes.bits, hashes.has & near)
        joined = join_groups(components.astype(str), pairs=pairs)
        if not swallowed_labels(components, joined, y):
            break
    found, chains = join_duplicates(components, pairs, y)
    n_joined = len(np.unique(components)) - len(np.unique(found))
    notes = _notes(n_joined, chains, int((hashes.unread & near).sum()))
    return found, notes + keep_hashes(memory)


def keep_hashes(memory: HashMemory) -> list[str]:
    """Save what was learned, or say why it cannot be: a store may be on a disk that nobody writes to.

    Parameters
    ----------
    memory : HashMemory
        The hashes.

    Returns
    -------
    list of str
        A note, or nothing.
    """
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
