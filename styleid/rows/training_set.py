"""From a manifest and a store to rows a head can learn from, and what was left out or joined on the way."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.data.hash_memory import HASHES, Hashes, HashMemory
from styleid.data.manifest.labels import OTHERS, UNKNOWN, ToldBefore, left_out, refuse_verdicts
from styleid.data.manifest.table import Manifest, Row
from styleid.data.views.names import CENTER, DEFAULT_VIEW, parse_views
from styleid.errors import InputError, OutputError
from styleid.evaluate.duplicates import (
    MAX_BITS,
    Chain,
    Pairs,
    join_duplicates,
    rows_with_neighbours,
    similar_pairs,
)
from styleid.evaluate.table import Table, join_groups, make_table
from styleid.report.numbers import count_of
from styleid.rows.selection import Selection, settled
from styleid.vectors.pooling import MEAN, VOTE, mean_of_views, pool_views
from styleid.vectors.store.store import SpaceStore

#: Pairs just short of the threshold that are shown, and how far beyond it they are looked for.
NEARLY = 12
BEYOND = 12


@dataclass(frozen=True)
class TrainingSet:
    """The n pictures that a head can learn from, in manifest order.

    `labels` are sorted; with a target, it comes last, where scikit-learn expects the positive class.
    """

    manifest: Manifest
    X: NDArray[np.float32]  # (n, dim); where v views vote, (n, v * dim): side by side
    y: NDArray[np.str_]  # (n,) as the fit sees them
    own_labels: NDArray[np.str_]  # (n,) as the user calls them, also where a target is fitted
    components: NDArray[np.int64]  # (n,) a number for all that must stay together
    labels: tuple[str, ...]
    n_excluded: int  # pictures of the manifest that are not here
    notes: tuple[str, ...]  # why they are not, one line each
    views: tuple[str, ...] = (DEFAULT_VIEW,)
    pool: str = MEAN
    dims: tuple[int, ...] = ()  # of several spaces' vectors side by side, the length of each

    @cached_property
    def table(self) -> Table:
        """What a head learns from: the vectors with their labels and components."""
        return make_table(self.X, self.y, self.components, self.labels)

    @property
    def n_views(self) -> int:
        """Number of views that a row of `X` holds side by side."""
        return len(self.views) if self.pool == VOTE else 1

    @property
    def vectors(self) -> NDArray[np.float32]:
        """One vector per picture, (n, dim): the mean of its views, for what needs no head."""
        return mean_of_views(self.X, self.n_views, self.dims)


def training_set(
    manifest: Manifest,
    store: SpaceStore,
    selection: Selection,
    n_jobs: int | None = None,
    *,
    near_duplicates: bool = True,
) -> TrainingSet:
    """Gather what can be learned from and scored.

    Left out, with a note each: pictures that cannot be read or do not fit the views, that have no label,
    whose bytes appear under two labels, and, if so asked, labels that are too small. A picture that was
    never embedded raises `StoreError`.
    """
    selection = settled(selection, store)
    views = parse_views(str(selection.views))
    chosen = manifest.where(selection.where)
    notes: list[str] = []
    forget = "are gone (delete their rows of the manifest to forget them)"
    rows = _leave_out(
        chosen.rows, lambda row: not (row.sha256 or os.path.exists(chosen.file(row))), notes, forget
    )
    rows = _leave_out(rows, lambda row: not row.sha256, notes, "could not be read")
    known, failed = store.known(), {failure["sha256"] for failure in store.failures()}
    lacking = failed - {row.sha256 for row in rows if all((row.sha256, view) in known for view in views)}
    undecoded = lacking - {sha256 for sha256, _ in known}
    rows = _leave_out(rows, lambda row: row.sha256 in undecoded, notes, "could not be decoded")
    misfit = f"do not fit the views {selection.views}"
    rows = _leave_out(rows, lambda row: row.sha256 in lacking, notes, misfit)
    rows = _leave_out(rows, lambda row: not row.label, notes, "have no label")
    n_labels = Counter(sha256 for sha256, _ in {(row.sha256, row.label) for row in rows})
    twice = "have the same bytes under two labels"
    rows = _leave_out(rows, lambda row: n_labels[row.sha256] > 1, notes, twice)
    own_labels = {row.image_id: row.label for row in rows}
    if selection.target is not None:
        rows = _against_others(rows, selection.target)
    workers = (n_jobs or os.cpu_count() or 1) if near_duplicates else None
    components, joined = _components(rows, chosen, own_labels, store, views, workers)
    # Again, since with fewer pictures other look-alikes may hang together.
    while selection.skip_small and (small := _small_labels(rows, components)):
        few = f"are of labels with fewer than 2 groups ({', '.join(map(repr, sorted(small)))})"
        rows = _leave_out(rows, lambda row: row.label in small, notes, few, str)
        components, joined = _components(rows, chosen, own_labels, store, views, workers)
    notes += joined
    kept = replace(chosen, rows=tuple(rows))
    labels = sorted({row.label for row in rows})
    if len(labels) < 2:
        found = f"only {labels[0]!r}" if labels else "none"
        raise InputError(
            f"a head needs at least two labels, found {found} ({'; '.join(notes) or 'none left out'}); add "
            "pictures or groups, in one folder a label, embed them and run this again",
            labels=tuple(labels),
        )
    if selection.target is not None:
        labels = [OTHERS, selection.target]
    refuse_verdicts(labels, (UNKNOWN,))
    return TrainingSet(
        manifest=kept,
        X=pool_views(store.stack(kept, views), selection.pool),
        y=np.array([row.label for row in rows]),
        own_labels=np.array([own_labels[row.image_id] for row in rows]),
        components=components,
        labels=tuple(labels),
        n_excluded=len(chosen) - len(kept),
        notes=tuple(notes),
        views=views,
        pool=selection.pool,
        dims=store.space.dims,
    )


def _leave_out(
    rows: Sequence[Row], condition: Callable[[Row], bool], notes: list[str], why: str, kind: type = ToldBefore
) -> list[Row]:
    if left := [row.image_id for row in rows if condition(row)]:
        notes.append(kind(left_out(left, why)))
    return [row for row in rows if not condition(row)]


def _components(
    rows: list[Row],
    chosen: Manifest,
    own_labels: Mapping[str, str],
    store: SpaceStore,
    views: Sequence[str],
    workers: int | None,
) -> tuple[NDArray[np.int64], list[str]]:
    """Join what must stay together, also near-duplicates if there are `workers` to find them."""
    components = join_groups([row.sha256 for row in rows], [row.group for row in rows])
    if workers is None:
        return components, []
    pictures = replace(chosen, rows=tuple(rows))
    X, y = vectors_to_compare(pictures, store, views), [own_labels[row.image_id] for row in rows]
    return join_near_duplicates(pictures, X, y, components, store.root, workers)


def _against_others(rows: list[Row], target: str) -> list[Row]:
    counts = Counter(row.label for row in rows)
    if target not in counts or len(counts) < 2 or target == OTHERS or (OTHERS in counts and len(counts) > 2):
        there = ", ".join(sorted(counts)) or "none"
        raise InputError(
            f"--target {target}: expected one of at least two labels, none called {OTHERS!r} (rename it); "
            f"there are: {there}",
            target=target,
        )
    return [row if row.label == target else replace(row, label=OTHERS) for row in rows]


def _small_labels(rows: list[Row], components: NDArray[np.int64]) -> set[str]:
    groups = set(zip((row.label for row in rows), components.tolist(), strict=True))
    return {label for label, n in Counter(label for label, _ in groups).items() if n < 2}


def vectors_to_compare(pictures: Manifest, store: SpaceStore, views: Sequence[str]) -> NDArray[np.float32]:
    """Return the vectors, (n, dim), by which near-duplicates are looked for.

    They are those of the default view, or of the centre, where every picture has one; otherwise the mean of
    the views. So the folds are the same whatever views are learned from, and fits on different views
    compare picture by picture. Of several spaces the first tells, for the same reason.
    """
    store = store.parts[0]
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
        joined = join_duplicates(components, similar_pairs(X, hashes.bits, hashes.has & near).rows, y)
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
    notes = [f"near-duplicates tie {count_of(n_joined, 'group')} to other groups"] if n_joined else []
    notes += [
        f"{chain.size:,} look-alikes hang together in a row, {chain.share:.0%} of {chain.label!r}; taken for "
        "different pictures and not joined, `styleid check` shows them"
        for chain in chains
    ]
    if n_unread:
        notes.append(
            f"{count_of(n_unread, 'picture')} may be copies of others by their vectors, but their files are "
            "gone, changed or unreadable now: folds may part such copies"
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
    closest = np.argsort(np.argsort(others.bits, kind="stable")) < NEARLY
    return Duplicates(pairs, others.keep(closest), components, tuple(chains))
