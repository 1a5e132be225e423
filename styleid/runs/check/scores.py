"""The audit's second part: scores on other folds, on fewer rows, and of what needs no drawing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.facts.read import FileFacts, colour_table, fact_tables
from styleid.evaluate.folds.splits import grouped_folds, groups_per_label
from styleid.evaluate.folds.table import Table
from styleid.evaluate.intervals.measured import plain
from styleid.evaluate.scoring.crossval import cross_validate
from styleid.evaluate.scoring.predictions import Predictions
from styleid.questions.scores.measure import metrics_with_intervals
from styleid.questions.shortcuts.measure import audit_head, judge_shortcut, score_shortcuts

SHOWN = ("accuracy", "balanced_accuracy")
Json = dict[str, Any]


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
    record = _shown(predictions, components, seed)
    return predictions, record | {"n_images": len(table.y), "n_groups": len(np.unique(components))}, notes


def shortcuts_record(table: Table, facts: list[FileFacts], n_folds: int, seed: int, n_jobs: int) -> Json:
    """Score tables of file facts and colours beside the head, on the same folds.

    The verdict is that of `judge_shortcut`, and None for what looks at the vectors.
    """
    bundles = fact_tables(facts)
    tables = {"facts": np.column_stack(list(bundles.values())), **bundles, "colours": colour_table(facts)}
    folds, _ = grouped_folds(table.y, table.components, n_folds, seed)
    scored = score_shortcuts(table, tables, folds, seed=seed, n_jobs=n_jobs)
    shown = {name: _shown(predictions, table.components, seed) for name, predictions in scored.items()}
    chance, head = 1 / len(table.labels), shown[audit_head().name]["balanced_accuracy"]
    return {
        name: record
        | {"verdict": judge_shortcut(head, record["balanced_accuracy"], chance) if name in tables else None}
        for name, record in shown.items()
    }


def _shown(predictions: Predictions, components: NDArray[np.int64], seed: int) -> Json:
    metrics = metrics_with_intervals(predictions, components, seed).metrics
    return {name: plain(metrics[name]) for name in SHOWN}
