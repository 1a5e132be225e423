"""What sets of labels are worth: how often they hold the true one, and how many they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.resample import Measured, mean_share
from styleid.rules.label_sets import METHOD, ConformalSets


@dataclass(frozen=True)
class SetQuality:
    """What sets of labels were worth on pictures that had no part in their threshold."""

    level: float  # stated coverage
    method: str
    coverage: Measured  # sets that hold the true label
    size: Measured  # mean number of labels in a set
    single: Measured  # sets with one label
    by_label: Mapping[str, Measured | None]  # coverage of each true label; None without a picture of it


def judge_sets(
    parts: Sequence[tuple[ConformalSets, NDArray[np.int64], NDArray[np.float64], NDArray[Any]]],
    labels: Sequence[str],
    seed: int,
) -> SetQuality:
    """Measure coverage and size over folds, each judged by a rule learned without it.

    A part: rule of a training part, (t,) labels, (t, k) scores and (t,) components of its test part.
    """
    inside = np.concatenate([rule.sets(scores) for rule, _, scores, _ in parts])  # (n, k)
    true = np.concatenate([part[1] for part in parts])
    components = np.concatenate([part[3] for part in parts])
    covered, size = inside[np.arange(len(true)), true], inside.sum(axis=1)

    def share(values: NDArray[Any], rows: NDArray[np.bool_] | slice = slice(None)) -> Measured:
        return mean_share(values[rows], components[rows], seed=seed)

    by_label = {
        label: share(covered, true == i) if np.any(true == i) else None for i, label in enumerate(labels)
    }
    return SetQuality(
        parts[0][0].level,
        METHOD,
        share(covered),
        share(size),
        share(size == 1),
        by_label,
    )
