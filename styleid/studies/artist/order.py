"""What a report says when predictions come in a shuffled order and the labels do not.

The project's test generator shuffled, but its report compared with the labels in the order of the folders.
Here the same predictions of one model are reported twice: beside their own labels, and in another order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from styleid.evaluate.crossval import Predictions
from styleid.evaluate.resample import plain
from styleid.evaluate.seeds import child_seed

#: Orders drawn, to show that none of them was bad luck.
ORDERS = 1000


def misaligned(predictions: Predictions, seed: int) -> Predictions:
    """Put the predictions into a shuffled order and leave the labels where they are."""
    order = np.random.default_rng(seed).permutation(len(predictions.rows))
    return replace(predictions, predicted=predictions.predicted[order], scores=predictions.scores[order])


def show_misalignment(predictions: Predictions, seed: int) -> dict[str, Any]:
    """Report one two-label model in its own order, in one shuffled order, and in many.

    ``orders`` holds the mean balanced accuracy of the orders drawn, with the central 95 % as ``low`` and
    ``high``; ``chance`` is each label's share of the pictures, the precision that guessing would have.
    """
    drawn = [misaligned(predictions, child_seed(seed, number)) for number in range(ORDERS)]
    balanced = np.array([_report(order)["balanced_accuracy"] for order in drawn], dtype=np.float64)
    low, high = np.quantile(balanced, [0.025, 0.975])
    shares = np.bincount(predictions.true, minlength=len(predictions.labels)) / len(predictions.true)
    return {
        "aligned": _report(predictions),
        "shuffled": _report(drawn[0]),
        "orders": {"n": ORDERS, "value": float(balanced.mean()), "low": float(low), "high": float(high)},
        "chance": dict(zip(predictions.labels, shares.tolist(), strict=True)),
    }


def _report(predictions: Predictions) -> dict[str, Any]:
    metrics = predictions.metrics
    by_label = {
        name: dict(zip(predictions.labels, metrics.by_label[name], strict=True))
        for name in ("precision", "recall")
    }
    overall = {name: metrics.overall[name] for name in ("accuracy", "balanced_accuracy", "roc_auc")}
    return dict(plain(overall | by_label))
