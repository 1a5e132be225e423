"""The project's two versions of its data, how each is divided, and a head on these divisions.

Trainings and heads learn from, choose by and score the same pictures, so that they can be compared.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from styleid.errors import InputError
from styleid.evaluate.crossval import Predictions, evaluate_holdout
from styleid.evaluate.splits import holdout
from styleid.evaluate.table import Fold, Table
from styleid.heads.base import Head
from styleid.rows.training_set import TrainingSet

#: Column of the manifest, and its value for pictures of the first version.
COLUMN, FIRST = "version", "v1"
#: How pictures are divided: each by itself, as the project did, or subjects kept together.
SPLITS = ("per picture", "grouped")
#: A version of the data, and how it was divided.
Division = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Version:
    """One version of the data; `rows` and `folds` count rows of the whole set."""

    rows: NDArray[np.int64]
    folds: dict[str, Fold]  # kind of division -> the division


def versions(data: TrainingSet, seed: int) -> dict[str, Version]:
    """Divide both versions 64/16/20, picture by picture and with groups together; ``v2`` is the whole set."""
    first = np.array([row.value(COLUMN) == FIRST for row in data.manifest.rows])
    if not first.any() or first.all():
        raise InputError(
            f"the study needs two versions: a column {COLUMN!r} of the manifest that is {FIRST!r} "
            f"in the rows of the first, found it in {int(first.sum())} of {len(first)}; fill the column",
            found=int(first.sum()),
        )
    divided = {}
    for name, rows in ((FIRST, np.flatnonzero(first)), ("v2", np.arange(len(first)))):
        groups = {"per picture": np.arange(len(rows)), "grouped": data.components[rows]}
        folds = {split: _placed(holdout(data.y[rows], groups[split], seed), rows) for split in SPLITS}
        divided[name] = Version(rows, folds)
    return divided


def _placed(fold: Fold, rows: NDArray[np.int64]) -> Fold:
    """Return the division with row numbers of the whole set."""
    if fold.validation is None:
        raise InputError(f"the study needs a validation part: {'; '.join(fold.notes)}; add pictures")
    return Fold(fold.name, rows[fold.train], rows[fold.test], rows[fold.validation], fold.notes)


@dataclass(frozen=True, eq=False)
class OnDivision:
    """One head on one division."""

    predictions: Predictions  # of the test part; the validation part chose parameters and checkpoint
    cpu_seconds: float  # for searching, fitting and scoring


def on_divisions(
    head: Head,
    table: Table,
    parts: Mapping[str, Version],
    seed: int,
    searched: Mapping[Division, OnDivision] | None = None,
) -> dict[Division, OnDivision]:
    """Fit and score a head on every division of every version.

    `searched` is the same head on vectors without augmented views: its parameters are taken, and its time is
    added, since the search that found them is part of the price.
    """
    scored = {}
    for version, part in parts.items():
        for split, fold in part.folds.items():
            # Divided picture by picture, groups do stand on both sides.
            rows = table if split == "grouped" else replace(table, components=np.arange(len(table.y)))
            learner, searching = head, 0.0
            if searched is not None:
                before = searched[version, split]
                params, searching = before.predictions.runs[0].params, before.cpu_seconds
                learner = replace(head, grid={name: [value] for name, value in params.items()})
            began = time.process_time()
            predictions = evaluate_holdout(learner, rows, fold, seed=seed)
            scored[version, split] = OnDivision(predictions, time.process_time() - began + searching)
    return scored
