"""The rows an evaluation works on, the components that must stay together, and folds that keep them so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from styleid.errors import InputError
from styleid.given import check_kind
from styleid.heads.scores import NEGATIVE, POSITIVE, against_rest

#: One value a row; None and "" mean no value.
Key: TypeAlias = Sequence[str | None] | NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Table:
    """Vectors with their labels and components, in one row order; made and checked by `make_table`."""

    X: NDArray[np.float32]  # (n, dim)
    y: NDArray[np.str_]
    components: NDArray[Any]  # what must stay on one side of every split
    labels: tuple[str, ...]  # every label once, in the order of the score columns

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """The score column of each row's label, (n,)."""
        column = {label: index for index, label in enumerate(self.labels)}
        return np.array([column[label] for label in self.y.tolist()], dtype=np.int64)

    def take(self, rows: NDArray[np.int64]) -> Table:
        """Return the table of some rows, with the same columns."""
        return replace(self, X=self.X[rows], y=self.y[rows], components=self.components[rows])

    def sample(self, most: int, seed: int) -> NDArray[np.int64]:
        """Return all rows, or of more than `most` about so many: a share of each label's components."""
        share = most / max(len(self.y), 1)
        if share >= 1:
            return np.arange(len(self.y))
        _, component = np.unique(self.components, return_inverse=True)
        rank = np.random.default_rng(seed).permutation(int(component.max()) + 1)[component]
        kept = np.zeros(len(rank), dtype=bool)
        for label in self.labels:
            mine = self.y == label
            ranks = np.unique(rank[mine])
            kept |= mine & np.isin(rank, ranks[: int(np.ceil(share * len(ranks)))])
        return np.flatnonzero(kept)

    def against_rest(self, label: str) -> Table:
        """Return the two-class table of one label, `POSITIVE`, and all others, `NEGATIVE`."""
        return replace(self, y=against_rest(self.y, label), labels=(POSITIVE, NEGATIVE))


def make_table(
    X: ArrayLike, y: ArrayLike, components: ArrayLike, labels: Sequence[str] | None = None
) -> Table:
    """Check that vectors, labels and components fit together.

    Parameters
    ----------
    X : array_like of float
        (n, dim) vectors.
    y : array_like of str
        (n,) labels.
    components : array_like of str or int
        (n,) what must stay on one side of every split, as `join_groups` numbers it.
    labels : sequence of str or None
        Each label that occurs, exactly once, in the order of the score columns; None means sorted.

    Returns
    -------
    Table
        The three in one, with ``labels``.

    Raises
    ------
    InputError
        If their lengths differ, a vector is not of finite numbers, a label or component is None or nan, or a
        label is left out of `labels` or is in it twice.
    """
    refuse_gaps(label=y, component=components)
    X, label, component = np.asarray(X), np.asarray(y).astype(str), np.asarray(components)
    if X.ndim != 2 or not len(X) == len(label) == len(component):
        raise InputError(
            f"expected (n, dim) vectors with a label and a group each, found shapes {X.shape}, {label.shape} "
            f"and {component.shape}; give all in the same row order"
        )
    if X.dtype.kind not in "fiub" or not np.isfinite(X).all():
        raise InputError("expected vectors of finite numbers, found others; leave out rows without a vector")
    names = tuple(np.unique(label).tolist()) if labels is None else tuple(map(str, labels))
    missing = sorted(set(label.tolist()) - set(names))
    if missing or len(set(names)) < len(names):
        raise InputError(
            f"expected each label of the pictures once in the order of labels, found "
            f"{', '.join(map(repr, missing)) + ' left out' if missing else 'one twice'}; "
            "give every label once",
            missing=tuple(missing),
        )
    return Table(X, label, component, names)


def refuse_gaps(**columns: ArrayLike) -> None:
    """Refuse None and nan where each row needs a value, since numpy would take them for names."""
    for what, values in columns.items():
        if isinstance(values, np.ndarray) and values.dtype.kind in "iuUb":
            continue
        listed = np.asarray(values, dtype=object).ravel()
        if lacking := [row for row, value in enumerate(listed) if value is None or value != value]:
            raise InputError(
                f"expected a {what} for every row, found {listed[lacking[0]]} at row {lacking[0]} and "
                f"{len(lacking) - 1} more; leave such rows out, or give each a {what}",
                rows=tuple(lacking),
            )


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
    lengths = sorted({len(key) for key in keys if key is not None})
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


@dataclass(frozen=True, eq=False)
class Fold:
    """One way to divide the rows; the parts hold ascending row numbers and share no row."""

    name: str
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    validation: NDArray[np.int64] | None = None  # chooses parameters, checkpoints; None: inner folds do
    notes: tuple[str, ...] = ()  # what a reader of the score should know about the split


def check_folds(folds: Sequence[Fold], components: ArrayLike, *, cover: bool = True) -> None:
    """Refuse folds that have an empty part or a component in two parts.

    With `cover`, the test parts together must also hold each row exactly once.
    """
    component = np.asarray(components)
    scored = np.zeros(len(component), dtype=np.int64)
    advice = "give the folds that `grouped_folds` returns"
    check_kind(folds, Sequence, "a list of folds", advice)
    for fold in folds:
        check_kind(fold, Fold, "a fold", advice)
        parts = [fold.train, fold.test] + ([] if fold.validation is None else [fold.validation])
        if any(len(part) and part.max() >= len(component) for part in parts):
            beyond = f"{fold.name} names rows beyond the {len(component)} of the table"
            raise InputError(f"{beyond}; make the folds from the same rows", fold=fold.name)
        if any(len(part) == 0 for part in parts):
            raise InputError(f"{fold.name} has an empty part; make fewer folds", fold=fold.name)
        held = np.concatenate([np.unique(component[part]) for part in parts])
        if len(np.unique(held)) < len(held):
            raise InputError(
                f"{fold.name} has pictures of one group in two of its parts; "
                "make the folds from the same groups they are used with",
                fold=fold.name,
            )
        np.add.at(scored, fold.test, 1)
    if cover and np.any(scored != 1):
        raise InputError(
            f"expected folds that score each of {len(scored)} rows once, found {np.sum(scored == 0)} rows "
            f"never and {np.sum(scored > 1)} more than once scored; make the folds from the same rows",
            never=int(np.sum(scored == 0)),
            repeated=int(np.sum(scored > 1)),
        )
