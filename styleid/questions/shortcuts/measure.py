"""How much needs no look at the drawing: heads on file facts and colours, on the folds of the real head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from styleid.evaluate.crossval import Predictions, baseline_heads, cross_validate
from styleid.evaluate.table import Fold, Table
from styleid.heads.base import Head
from styleid.questions.audit import audit_head

#: How far above chance a shortcut's interval must lie: of several intervals, one is soon a hair above it.
MARGIN = 0.05


def _forest(seed: int) -> RandomForestClassifier:
    """Build trees: facts tell labels by thresholds ("wider than 1,000"), not by slopes."""
    return RandomForestClassifier(50, min_samples_leaf=2, random_state=seed, n_jobs=1)


FACTS = Head(name="facts", summary="trees on facts of the file", build=_forest, grid={})


def score_shortcuts(
    table: Table,
    facts: Mapping[str, NDArray[np.float32]],
    folds: Sequence[Fold],
    *,
    seed: int = 0,
    n_jobs: int = 1,
) -> dict[str, Predictions]:
    """Score vectors, baselines and tables of facts without a drawing, all on the same folds.

    The keys are ``logreg``, ``centroid``, ``majority`` and the names of `facts`, each (n, columns).
    """
    asked = [(head.name, head, table) for head in (audit_head(), *reversed(baseline_heads(table)))]
    asked += [(name, FACTS, replace(table, X=columns)) for name, columns in facts.items()]
    return {
        name: cross_validate(head, columns, folds, seed=seed, n_jobs=n_jobs) for name, head, columns in asked
    }


def judge_shortcut(
    ahead: Mapping[str, float | None], other: Mapping[str, float | None], chance: float
) -> str:
    """Say what a score without the drawing means for the score with it.

    `other` is the score without, `ahead` the paired difference of the score with it less that; each has
    ``value``, ``low`` and ``high``. ``whole``: the shortcut does as well as the head, as far as can be told;
    ``part``: it beats chance by `MARGIN` at least; ``none``: it does not, or a number is undefined.
    """
    value, low = ahead["value"], ahead["low"]
    if other["low"] is None or value is None or other["low"] <= chance + MARGIN:
        return "none"
    return "whole" if (value if low is None else low) <= 0 else "part"
