"""The Wilson interval, and the sample sizes it is given where the bootstrap does not vary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm


@dataclass(frozen=True, eq=False)
class EffectiveSizes:
    """How many independent trials stand behind each metric.

    Attributes
    ----------
    overall : mapping of str to float
        For each overall metric.
    by_label : mapping of str to NDArray of float64
        For each metric by label, (k,).
    """

    overall: Mapping[str, float]
    by_label: Mapping[str, NDArray[np.float64]]


def wilson_interval(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion.

    Parameters
    ----------
    share : float
        Observed proportion, in [0, 1].
    n : float
        Trials behind it, >= 0; need not be whole.
    level : float
        Nominal coverage, in (0, 1).

    Returns
    -------
    low, high : float
        Within [0, 1]; all of it for n = 0.

    Notes
    -----
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    *JASA* 22 (1927). The same as ``scipy.stats.binomtest(...).proportion_ci(method="wilson")``, which
    takes whole numbers only.
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
    """Count the components behind each metric.

    Accuracy rests on all components. Recall of a label rests on those with a row of it, precision on those
    with a row predicted as it, F1 on the fewer of both; ROC AUC and average precision on the
    fewer of those with and without a row of it. A macro mean over labels of sizes ``n[j]`` is as
    sure as one proportion from ``m**2 / sum(1 / n[j])`` trials, the size at which both have the same
    variance if each label's rate is the same; with m equal labels that is all components.

    Parameters
    ----------
    true, predicted : NDArray of int64
        (n,) indices of labels.
    component : NDArray of int64
        (n,) numbers from 0.
    n_labels : int
        Number of labels k.

    Returns
    -------
    EffectiveSizes
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
