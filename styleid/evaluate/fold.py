"""One division of the rows, and what must hold of it before a score is believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError


@dataclass(frozen=True, eq=False)
class Fold:
    """One way to divide the rows; the parts hold ascending row numbers and share no row."""

    name: str
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    validation: NDArray[np.int64] | None = None  # chooses parameters, checkpoints; None: inner folds do
    notes: tuple[str, ...] = ()  # what a reader of the score should know about the split


def check_folds(folds: Sequence[Fold], groups: ArrayLike, *, cover: bool = True) -> None:
    """Refuse folds that have an empty part or a component in two parts.

    With `cover`, the test parts together must also hold each row exactly once.
    """
    component = np.asarray(groups)
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
