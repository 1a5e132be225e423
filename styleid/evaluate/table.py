"""The rows an evaluation works on, checked once at the door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.evaluate.fitting import against_rest


class Table(NamedTuple):
    """Vectors with their labels and components, in one row order."""

    X: NDArray[np.float32]  # (n, dim)
    y: NDArray[np.str_]
    groups: NDArray[Any]
    labels: tuple[str, ...]  # every label once, in the order of the score columns

    def targets(self, one_vs_rest: bool) -> list[tuple[str, NDArray[np.str_]]]:
        """List (name, (n,) labels) of each problem: ``""`` alone, or each label against the rest."""
        if not one_vs_rest:
            return [("", self.y)]
        return [(label, against_rest(self.y, label)) for label in self.labels]


def make_table(
    X: NDArray[np.float32], y: ArrayLike, groups: ArrayLike, labels: Sequence[str] | None = None
) -> Table:
    """Check that vectors, labels and components fit together.

    `labels` sets the column order (default sorted) and must hold each label that occurs exactly once.
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
