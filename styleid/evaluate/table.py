"""The rows an evaluation works on, checked once at the door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.evaluate.fitting import against_rest


class Table(NamedTuple):
    """Vectors with their labels and components, in one row order.

    Attributes
    ----------
    X : NDArray of float32
        (n, dim) vectors.
    y : NDArray of str
        (n,) labels.
    groups : NDArray
        (n,) components.
    labels : tuple of str
        Every label once, in the order of the score columns.
    """

    X: NDArray[np.float32]
    y: NDArray[np.str_]
    groups: NDArray[Any]
    labels: tuple[str, ...]

    def targets(self, one_vs_rest: bool) -> list[tuple[str, NDArray[np.str_]]]:
        """List the problems to solve.

        Parameters
        ----------
        one_vs_rest : bool
            One problem a label instead of one in all.

        Returns
        -------
        list of (str, NDArray of str)
            A name and (n,) labels: ``""`` and the labels as they are, or each label against the rest.
        """
        if not one_vs_rest:
            return [("", self.y)]
        return [(label, against_rest(self.y, label)) for label in self.labels]


def make_table(
    X: NDArray[np.float32], y: ArrayLike, groups: ArrayLike, labels: Sequence[str] | None = None
) -> Table:
    """Check that rows and labels fit together.

    Parameters
    ----------
    X : NDArray of float32
        (n, dim) vectors.
    y : array_like of str
        (n,) labels.
    groups : array_like of str or int
        (n,) components.
    labels : sequence of str, optional
        Order of the labels; by default sorted.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        If lengths differ, or `labels` lacks a label that occurs or has one twice.
    """
    label, group = np.asarray(y).astype(str), np.asarray(groups)
    if X.ndim != 2 or not len(X) == len(label) == len(group):
        raise InputError(
            f"expected (n, dim) vectors with a label and a group each, found shapes {X.shape}, {label.shape} "
            f"and {group.shape}; give all in the same row order"
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
    return Table(X, label, group, names)
