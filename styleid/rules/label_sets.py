"""Sets of labels that hold the true one at a stated rate: split conformal prediction, by components.

A set holds every label whose nonconformity, 1 - score, is at most a threshold, a quantile of the true
labels' own: the smallest sets there are (Sadinle, Lei and Wasserman 2019, *JASA* 114).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import BundleError, InputError

#: Name of that nonconformity in results and models.
METHOD = "lac"
#: Rounding that must not part equal scores.
EPSILON = 1e-12


@dataclass(frozen=True)
class ConformalSets:
    """A rule that turns scores into sets of labels."""

    level: float  # stated coverage
    threshold: float  # infinite where the components are too few: every set is full

    def sets(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which labels are in the set of each picture, (n, k); always the one of the highest score.

        That can only raise coverage; an empty set would say "none of these", the business of
        `questions.strangers.measure`. The scores must be calibrated as those the threshold was learned from.
        """
        inside: NDArray[np.bool_] = 1.0 - scores <= self.threshold + EPSILON
        inside[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return inside


def own_nonconformity(true: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how badly its true label fits each picture, (n,), higher for worse."""
    return 1.0 - scores[np.arange(len(true)), true]


def component_quantile(values: NDArray[np.float64], components: ArrayLike, level: float) -> float:
    """Return the value that a picture of a new component exceeds with probability 1 - `level` at most.

    Components are exchangeable, their rows are not: each weighs 1 / K whatever its size, and one yet to come
    stands at infinity with as much (Lee, Barber and Willett 2023, "Distribution-free inference with
    hierarchical data"). Where rows are components it is the usual ceil((n + 1) * level)-th smallest value.
    """
    if not len(values):
        return float("inf")
    _, component, sizes = np.unique(np.asarray(components), return_inverse=True, return_counts=True)
    weight = 1.0 / sizes[component]  # of each component 1 in all
    order = np.argsort(values, kind="stable")
    # In units of components: K of them and the one to come. The tolerance is for sums of thirds.
    reached = np.flatnonzero(np.cumsum(weight[order]) >= level * (len(sizes) + 1) - 1e-9)
    return float(values[order][reached[0]]) if len(reached) else float("inf")


@dataclass(frozen=True, eq=False)
class LabelSets:
    """The out-of-fold scores from which label sets of any coverage are learned.

    `measured` holds ``level``, and the ``coverage`` and ``size`` that sets of that level had on unseen
    pictures.
    """

    method: str
    own: NDArray[np.float64]  # (n,) nonconformity of each picture's own label, out of fold
    components: NDArray[Any]  # (n,) of each picture
    measured: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sound = self.method == METHOD and self.own.ndim == 1 and self.own.shape == self.components.shape
        if not sound or not np.isfinite(self.own).all():
            raise BundleError(
                f"expected finite nonconformities by {METHOD} with a group each, found "
                f"{self.method!r} with shapes {self.own.shape} and {self.components.shape}"
            )

    def rule(self, level: float) -> tuple[ConformalSets, tuple[str, ...]]:
        """Return the rule of a level, and a note where the components are too few to promise it."""
        if not 0 < level < 1:
            raise InputError(f"expected a coverage between 0 and 1, found {level}; ask for 0.9", level=level)
        rule = ConformalSets(level, component_quantile(self.own, self.components, level))
        if np.isfinite(rule.threshold):
            return rule, ()
        needed = int(np.ceil(level / (1 - level) - 1e-9))
        note = (
            f"sets of labels hold every label: to promise {100 * level:g} % takes at least {needed} groups "
            f"of pictures, found {len(np.unique(self.components))}"
        )
        return rule, (note,)
