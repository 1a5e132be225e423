"""The rows an evaluation works on, checked once at the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.heads.scores import NEGATIVE, POSITIVE, against_rest


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
        If their lengths differ, or a label is left out of `labels` or is in it twice.
    """
    X, label, component = np.asarray(X), np.asarray(y).astype(str), np.asarray(components)
    if X.ndim != 2 or not len(X) == len(label) == len(component):
        raise InputError(
            f"expected (n, dim) vectors with a label and a group each, found shapes {X.shape}, {label.shape} "
            f"and {component.shape}; give all in the same row order"
        )
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
    for fold in folds:
        parts = [fold.train, fold.test] + ([] if fold.validation is None else [fold.validation])
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
