"""How much needs no look at the drawing: witnesses on file facts and colours, on the folds of the head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier

from styleid.evaluate.crossval import Predictions, baseline_heads
from styleid.evaluate.table import Table
from styleid.heads.base import Head

#: Scores a head out of fold, on the folds that are the same for all.
Score = Callable[[Head, Table], Predictions]
#: How far above chance a shortcut's interval must lie: of several intervals, one is soon a hair above it.
MARGIN = 0.05
#: A hundred name no more on the demo, and cost its check a second.
TREES = 75


def _forest(seed: int) -> ExtraTreesClassifier:
    """Build trees: facts tell labels by thresholds ("wider than 1,000"), not by slopes.

    Labels weigh alike, for balanced accuracy judges: trees that favour the common ones make a poor witness.
    """
    return ExtraTreesClassifier(TREES, class_weight="balanced", max_features=0.1, random_state=seed, n_jobs=1)


#: The strongest cheap one on fourteen sets, see docs/decisions.md.
WITNESS = Head(name="witness", summary="trees on what needs no drawing", build=_forest, grid={})


def score_shortcuts(
    table: Table, facts: Mapping[str, NDArray[np.float32]], score: Score
) -> dict[str, Predictions]:
    """Score baselines on the vectors, and tables of facts without a drawing.

    The keys are ``centroid``, ``majority`` and the names of `facts`, each (n, columns).
    """
    asked = [(head.name, head, table) for head in reversed(baseline_heads(table))]
    asked += [(name, WITNESS, replace(table, X=columns)) for name, columns in facts.items()]
    return {name: score(head, columns) for name, head, columns in asked}


def judge_shortcut(
    ahead: Mapping[str, float | None], other: Mapping[str, float | None], chance: float
) -> str:
    """Say what a score without the drawing means for the score with it.

    `other` is the score without, `ahead` the paired difference of the score with it less that; each has
    ``value``, ``low`` and ``high``. ``chance``: the shortcut does not beat chance by `MARGIN`, or a number is
    undefined; ``behind`` the head; ``level`` with it: the interval of the difference holds 0; or ``ahead``.
    """
    value, low, high = ahead["value"], ahead["low"], ahead["high"]
    if other["low"] is None or value is None or other["low"] <= chance + MARGIN:
        return "chance"
    if (value if low is None else low) > 0:
        return "behind"
    return "ahead" if (value if high is None else high) < 0 else "level"
