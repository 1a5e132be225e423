"""The Wilson interval, and the sample sizes it is given where the bootstrap does not vary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm


@dataclass(frozen=True, eq=False)
class EffectiveSizes:
    """How many independent trials stand behind each metric."""

    overall: Mapping[str, float]
    by_label: Mapping[str, NDArray[np.float64]]  # (k,) for each metric


def wilson_interval(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion, within [0, 1]; the whole range for n = 0.

    Wilson, *JASA* 22 (1927); as ``scipy.stats.binomtest(...).proportion_ci(method="wilson")``, but any `n`.
    """
    if n <= 0:
        return 0.0, 1.0
    z = float(norm.ppf((1 + level) / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    # At share 0 or 1 one end is the share itself; rounding must not put it outside.
    return min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)


def effective_sizes(
    true: NDArray[np.int64], predicted: NDArray[np.int64], component: NDArray[np.int64], n_labels: int
) -> EffectiveSizes:
    """Count the components behind each metric, from (n,) columns of labels and components numbered from 0.

    Accuracy rests on all components, recall of a label on those with a row of it, precision on those with a
    row predicted as it, F1 on the fewer of both; ROC AUC and average precision on the fewer of those with
    and without a row of it. A macro mean over labels of sizes ``n[j]`` is as sure as one proportion from
    ``m**2 / sum(1 / n[j])`` trials, where both have the same variance if each label's rate is the same.
    """
    with_true = _components_with(true, component, n_labels)
    with_predicted = _components_with(predicted, component, n_labels)
    without = np.array(
        [len(np.unique(component[true != label])) for label in range(n_labels)], dtype=np.float64
    )
    ranked = np.minimum(with_true, without)
    by_label = {
        "precision": with_predicted,
        "recall": with_true,
        "f1": np.minimum(with_true, with_predicted),
        "roc_auc": ranked,
        "average_precision": ranked,
    }
    macro = _pooled(with_true)
    overall = dict.fromkeys(("balanced_accuracy", "macro_precision", "macro_recall", "macro_f1"), macro)
    overall |= {
        "accuracy": float(len(np.unique(component))),
        "average_precision": _pooled(ranked),
        "roc_auc": float(ranked[1]) if n_labels == 2 else _pooled(ranked),
    }
    return EffectiveSizes(overall, by_label)


def _components_with(
    label: NDArray[np.int64], component: NDArray[np.int64], n_labels: int
) -> NDArray[np.float64]:
    """Count the components that hold each label: (n_labels,)."""
    pairs = np.unique(np.column_stack([label, component]), axis=0)
    return np.bincount(pairs[:, 0], minlength=n_labels).astype(np.float64)


def _pooled(sizes: NDArray[np.float64]) -> float:
    """Return the trials of one proportion that is as sure as the mean over labels of these sizes."""
    held = sizes[sizes > 0]
    return float(len(held) ** 2 / np.sum(1 / held)) if len(held) else 0.0
