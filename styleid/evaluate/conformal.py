"""Sets of labels that hold the true one at a stated rate: split conformal prediction, by components.

A set holds every label whose nonconformity is at most a threshold, a quantile of the true labels' own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError

METHODS = ("lac", "aps")

#: Rounding that must not part equal scores.
EPSILON = 1e-12


@dataclass(frozen=True)
class ConformalSets:
    """A rule that turns scores into sets of labels."""

    method: str
    level: float  # stated coverage
    threshold: float  # infinite where the components are too few: every set is full

    def sets(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which labels are in the set of each picture, (n, k); always the one of the highest score.

        That can only raise coverage; an empty set would say "none of these", the business of
        `styleid.evaluate.unknown`. The scores must be calibrated as those the threshold was learned from.
        """
        inside = nonconformity(scores, self.method) <= self.threshold + EPSILON
        inside[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return inside


def nonconformity(scores: NDArray[np.float64], method: str) -> NDArray[np.float64]:
    """Return how badly each label fits each picture, (n, k), higher for worse.

    ``lac`` is 1 - score (Sadinle, Lei and Wasserman 2019, *JASA* 114), with the smallest sets. ``aps`` sums
    the scores of all labels at least as likely (Romano, Sesia and Candès 2020, "Classification with Valid
    and Adaptive Coverage"), without their random cut: one picture gets one set, a little large.
    """
    if method == "lac":
        return 1.0 - scores
    if method == "aps":
        # Of equal scores each counts the other: "at least as likely" does not depend on column order.
        at_least = scores[:, None, :] >= scores[:, :, None]  # (n, label, other)
        summed: NDArray[np.float64] = np.where(at_least, scores[:, None, :], 0.0).sum(axis=2)
        return summed
    raise InputError(f"there are no sets by {method!r}; choose one of: {', '.join(METHODS)}", method=method)


def learn_sets(
    true: NDArray[np.int64],
    scores: NDArray[np.float64],
    groups: ArrayLike,
    *,
    level: float = 0.9,
    method: str = "lac",
) -> tuple[ConformalSets, tuple[str, ...]]:
    """Learn the threshold from pictures whose components the head has not seen.

    The notes say so where the components are too few to promise the level.
    """
    own = nonconformity(scores, method)[np.arange(len(true)), true]
    return sets_at(own, groups, level=level, method=method)


def sets_at(
    own: NDArray[np.float64], groups: ArrayLike, *, level: float, method: str
) -> tuple[ConformalSets, tuple[str, ...]]:
    """Learn the threshold of one level from the (n,) nonconformities of the true labels, as `learn_sets`."""
    if not 0 < level < 1:
        raise InputError(f"expected a coverage between 0 and 1, found {level}; ask for 0.9", level=level)
    threshold = group_quantile(own, groups, level)
    if np.isfinite(threshold):
        return ConformalSets(method, level, threshold), ()
    needed = int(np.ceil(level / (1 - level) - 1e-9))
    note = (
        f"sets of labels hold every label: to promise {100 * level:g} % takes at least {needed} groups of "
        f"pictures, found {len(np.unique(np.asarray(groups)))}"
    )
    return ConformalSets(method, level, threshold), (note,)


def group_quantile(values: NDArray[np.float64], groups: ArrayLike, level: float) -> float:
    """Return the value that a picture of a new component exceeds with probability 1 - `level` at most.

    Components are exchangeable, their rows are not: each weighs 1 / K whatever its size, and one yet to come
    stands at infinity with as much (Lee, Barber and Willett 2023, "Distribution-free inference with
    hierarchical data"). Where rows are components it is the usual ceil((n + 1) * level)-th smallest value.
    """
    if not len(values):
        return float("inf")
    _, component, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    weight = 1.0 / sizes[component]  # of each group 1 in all
    order = np.argsort(values, kind="stable")
    # In units of groups: K of them and the one to come. The tolerance is for sums of thirds.
    reached = np.flatnonzero(np.cumsum(weight[order]) >= level * (len(sizes) + 1) - 1e-9)
    return float(values[order][reached[0]]) if len(reached) else float("inf")
