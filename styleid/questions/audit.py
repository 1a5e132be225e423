"""How an audit scores: one plain head, so that all its numbers compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.facts import FileFacts
from styleid.data.manifest.table import Manifest
from styleid.evaluate.bootstrap import metrics_with_intervals
from styleid.evaluate.crossval import Predictions, cross_validate
from styleid.evaluate.resample import plain
from styleid.evaluate.splits import grouped_folds, groups_per_label
from styleid.evaluate.table import Table
from styleid.heads.base import Head, get_head
from styleid.rows.training_set import Duplicates, TrainingSet

Json = dict[str, Any]
#: Metrics that an audit shows; the last one judges.
SHOWN = ("accuracy", "balanced_accuracy")


def can_score(table: Table) -> bool:
    """Say whether all labels are there, each with the two components that a split needs."""
    k = len(table.labels)
    if k < 2 or len(np.unique(table.numbers)) < k:
        return False
    _, component = np.unique(table.components, return_inverse=True)
    return bool(groups_per_label(table.numbers, component.astype(np.int64)).min() >= 2)


def score_rows(table: Table, n_folds: int, seed: int, n_jobs: int) -> tuple[Predictions, Json, list[str]]:
    """Score rows out of fold with the audit's head; return a record and the folds' notes as well."""
    components = table.components
    folds, notes = grouped_folds(table.y, components, n_folds, seed)
    predictions = cross_validate(audit_head(), table, folds, seed=seed, n_jobs=n_jobs)
    record = metrics_shown(predictions, components, seed)
    return predictions, record | {"n_images": len(table.y), "n_groups": len(np.unique(components))}, notes


def metrics_shown(predictions: Predictions, components: NDArray[np.int64], seed: int) -> Json:
    """Return the metrics that an audit shows, as plain values."""
    metrics = metrics_with_intervals(predictions, components, seed).metrics
    return {name: plain(metrics[name]) for name in SHOWN}


def audit_head() -> Head:
    """Return the head of every score of an audit, so that they compare: logistic regression, not searched."""
    return replace(get_head("logreg"), grid={})


@dataclass(frozen=True, eq=False)
class CheckContext:
    """Rows that are audited, their files, and how the audit's head scores them.

    `table` has near-duplicates in one component as far as every label can still be scored so; `predictions`
    are on its folds.
    """

    data: TrainingSet
    chosen: Manifest  # all rows asked for, also those that cannot be learned from
    facts: Sequence[FileFacts | None]  # of each row's file; None where it cannot be read now
    duplicates: Duplicates
    table: Table
    predictions: Predictions
    n_folds: int
    seed: int
    n_jobs: int

    def name_row(self, row: int) -> Json:
        """Return what names a row in a record."""
        picture = self.data.manifest.rows[row]
        return {"image_id": picture.image_id, "sha256": picture.sha256, "label": picture.label}


@dataclass(frozen=True)
class CheckData:
    """What the page and the plots of an audit are made from."""

    result: Mapping[str, Any]  # content of check.json
    paths: Mapping[str, Path]  # image_id -> file, which may be gone
