"""The heads on the divisions that the trainings had, so that both can be compared picture by picture."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.folds.table import Fold, Table
from styleid.evaluate.intervals.measured import plain
from styleid.evaluate.intervals.paired import paired_differences
from styleid.evaluate.scoring.crossval import evaluate_holdout
from styleid.evaluate.scoring.predictions import Predictions
from styleid.heads.base import Head
from styleid.questions.scores.measure import metrics_with_intervals
from styleid.rows.training_set import TrainingSet
from styleid.studies.artist.data import Version
from styleid.studies.artist.replay import Replayed

#: A version of the data, and how it was divided: `styleid.studies.artist.data.SPLITS`.
Division = tuple[str, str]
COMPARED = ("accuracy", "balanced_accuracy", "roc_auc")


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
    found = {}
    for version, part in parts.items():
        for split, fold in part.folds.items():
            before = None if searched is None else searched[version, split]
            found[version, split] = _scored(head, table, fold, split, seed, before)
    return found


def _scored(
    head: Head,
    table: Table,
    fold: Fold,
    split: str,
    seed: int,
    before: OnDivision | None,
) -> OnDivision:
    # Divided picture by picture, groups do stand on both sides.
    if split != "grouped":
        table = replace(table, components=np.arange(len(table.y)))
    if before is not None:
        params = before.predictions.runs[0].params
        head = replace(head, grid={name: [value] for name, value in params.items()})
    began = time.process_time()
    predictions = evaluate_holdout(head, table, fold, seed=seed)
    seconds = time.process_time() - began
    return OnDivision(predictions, seconds + (0.0 if before is None else before.cpu_seconds))


def described_divisions(
    found: Mapping[Division, OnDivision], data: TrainingSet, seed: int
) -> list[dict[str, Any]]:
    """Put a head's scores on all divisions into plain values, as in ``docs/formats.md``."""
    return [
        {
            "version": version,
            "split": split,
            **plain(metrics_with_intervals(of.predictions, data.components, seed)),
            "cpu_seconds": of.cpu_seconds,
        }
        for (version, split), of in found.items()
    ]


def trained_less_heads(
    replayed: Sequence[Replayed],
    heads: Mapping[str, Mapping[Division, OnDivision]],
    components: NDArray[np.int64],
    seed: int,
) -> list[dict[str, Any]]:
    """Compare each training with each head: same pictures to learn from, to choose by and to score.

    Values are the training less the head. Intervals are over `components`, however the pictures were divided.
    """
    return [
        {
            "step": of.step.name,
            "version": of.step.version,
            "split": of.split,
            "head": name,
            **plain_differences(
                of.predictions, found[of.step.version, of.split].predictions, components, seed
            ),
        }
        for of in replayed
        for name, found in heads.items()
    ]


def plain_differences(
    one: Predictions, other: Predictions, components: NDArray[np.int64], seed: int
) -> dict[str, dict[str, float | None]]:
    """Return one less the other in each of `COMPARED`, as plain ``value``, ``low`` and ``high``.

    Both must have scored the same pictures; `components` are those of the whole set.
    """
    return dict(plain(paired_differences(one, other, components, COMPARED, seed=seed)))
