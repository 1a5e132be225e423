"""From a manifest and a store to rows a head can learn from, and what was left out on the way."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from styleid.data.manifest import Manifest, Row
from styleid.data.views import DEFAULT_VIEW, parse_views
from styleid.errors import InputError
from styleid.evaluate.components import join_groups, label_conflicts
from styleid.runs.near_duplicates import join_near_duplicates, vectors_to_compare
from styleid.runs.options import OTHERS, FitOptions
from styleid.runs.views import with_views
from styleid.vectors.pooling import MEAN, VOTE, mean_of_views, pool_views
from styleid.vectors.store import SpaceStore


@dataclass(frozen=True)
class TrainingSet:
    """Rows in manifest order.

    Attributes
    ----------
    manifest : Manifest
        The n pictures.
    X : NDArray of float32
        (n, dim) vectors; where views vote, (n, v * dim): those of a picture side by side.
    y : NDArray of str
        (n,) labels, as the fit sees them.
    own_labels : NDArray of str
        (n,) labels as the user calls them: the others of a target each by their name.
    components : NDArray of int64
        (n,) pictures that must stay on one side of every split share a number.
    labels : tuple of str
        The labels, sorted; with a target it comes last, where scikit-learn expects the positive class.
    n_excluded : int
        Pictures of the manifest that are not here.
    notes : tuple of str
        Why, one line each.
    views : tuple of str
        Names of the v views.
    pool : str
        How they became a row: one of `styleid.vectors.pooling.POOLS`.
    """

    manifest: Manifest
    X: NDArray[np.float32]
    y: NDArray[np.str_]
    own_labels: NDArray[np.str_]
    components: NDArray[np.int64]
    labels: tuple[str, ...]
    n_excluded: int
    notes: tuple[str, ...]
    views: tuple[str, ...] = (DEFAULT_VIEW,)
    pool: str = MEAN

    @property
    def n_views(self) -> int:
        """Views that a row of `X` holds side by side."""
        return len(self.views) if self.pool == VOTE else 1

    @property
    def vectors(self) -> NDArray[np.float32]:
        """One vector a picture, (n, dim): the mean of its views, for what looks at pictures and no head."""
        return mean_of_views(self.X, self.n_views)


def training_set(
    manifest: Manifest,
    store: SpaceStore,
    options: FitOptions,
    n_jobs: int | None = None,
    *,
    near_duplicates: bool = True,
) -> TrainingSet:
    """Gather what can be learned from and scored.

    Left out, with a note each: pictures that cannot be read, that have no label, whose bytes appear under two
    labels, and, if so asked, labels that are too small.

    Parameters
    ----------
    manifest : Manifest
        The pictures.
    store : SpaceStore
        Their vectors.
    options : FitOptions
        Which rows, and which labels.
    n_jobs : int or None
        Files read at a time; by default one a core.
    near_duplicates : bool
        Whether to look for near-duplicates and keep them together.

    Returns
    -------
    TrainingSet

    Raises
    ------
    InputError
        If nothing is left, or there is no such target.
    StoreError
        If a picture was not embedded yet.
    """
    options = with_views(options, store)
    views = parse_views(str(options.views))
    chosen = manifest.where(options.where)
    notes: list[str] = []
    rows = _leave_out(list(chosen.rows), lambda row: not row.sha256, notes, "could not be read")
    known, failed = store.known(), {failure["sha256"] for failure in store.failures()}
    whole = {row.sha256 for row in rows if all((row.sha256, view) in known for view in views)}
    some = {sha256 for sha256, _ in known}
    lacking = failed - whole
    rows = _leave_out(rows, lambda row: row.sha256 in lacking - some, notes, "could not be decoded")
    rows = _leave_out(rows, lambda row: row.sha256 in lacking, notes, f"do not fit the views {options.views}")
    rows = _leave_out(rows, lambda row: not row.label, notes, "have no label")
    conflicts = label_conflicts([row.sha256 for row in rows], [row.label for row in rows])
    rows = _leave_out(
        rows, lambda row: row.sha256 in conflicts, notes, "have the same bytes under two labels"
    )
    own_labels = {row.image_id: row.label for row in rows}
    if options.target is not None:
        rows = _against_others(rows, options.target)
    workers = (n_jobs or os.cpu_count() or 1) if near_duplicates else None
    components, told = _components(rows, chosen, own_labels, store, views, workers)
    if options.skip_small and (small := _small_labels(rows, components)):
        rows = _leave_out(
            rows, lambda row: row.label in small, notes, "are of labels with fewer than 2 groups"
        )
        components, told = _components(rows, chosen, own_labels, store, views, workers)
    notes += told
    kept = replace(chosen, rows=tuple(rows))
    labels = sorted({row.label for row in rows})
    if options.target is not None:
        labels = [OTHERS, options.target]
    elif len(labels) < 2:
        found = f"only {labels[0]!r}" if labels else "none"
        raise InputError(
            f"a head needs at least two labels, found {found}; put pictures into one folder a label, then "
            "run `styleid embed` again",
            labels=tuple(labels),
        )
    return TrainingSet(
        manifest=kept,
        X=pool_views(store.stack(kept, views), options.pool),
        y=np.array([row.label for row in rows]),
        own_labels=np.array([own_labels[row.image_id] for row in rows]),
        components=components,
        labels=tuple(labels),
        n_excluded=len(chosen) - len(kept),
        notes=tuple(notes),
        views=views,
        pool=options.pool,
    )


def _leave_out(rows: list[Row], condition: Callable[[Row], bool], notes: list[str], why: str) -> list[Row]:
    kept = [row for row in rows if not condition(row)]
    if n := len(rows) - len(kept):
        notes.append(f"{n:,} picture(s) left out: they {why}")
    return kept


def _components(
    rows: list[Row],
    chosen: Manifest,
    own_labels: Mapping[str, str],
    store: SpaceStore,
    views: Sequence[str],
    workers: int | None,
) -> tuple[NDArray[np.int64], list[str]]:
    """Join what must stay together: near-duplicates as well, if there are `workers` to look for them."""
    components = join_groups([row.sha256 for row in rows], [row.group for row in rows])
    if workers is None:
        return components, []
    pictures = replace(chosen, rows=tuple(rows))
    y = [own_labels[row.image_id] for row in rows]
    X = vectors_to_compare(pictures, store, views)
    return join_near_duplicates(pictures, X, y, components, store.root, workers)


def _against_others(rows: list[Row], target: str) -> list[Row]:
    counts = Counter(row.label for row in rows)
    if target not in counts or len(counts) < 2 or target == OTHERS:
        there = ", ".join(sorted(counts)) or "none"
        raise InputError(
            f"--target {target}: expected one of at least two labels, and not {OTHERS!r}; there are: {there}",
            target=target,
        )
    return [row if row.label == target else replace(row, label=OTHERS) for row in rows]


def _small_labels(rows: list[Row], components: NDArray[np.int64]) -> set[str]:
    groups: dict[str, set[int]] = defaultdict(set)
    for row, component in zip(rows, components.tolist(), strict=True):
        groups[row.label].add(component)
    return {label for label, of_label in groups.items() if len(of_label) < 2}
