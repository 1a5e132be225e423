"""Sets of labels that hold the true one at a stated rate: split conformal prediction, by groups.

A set holds every label whose nonconformity is at most one number, the threshold. Two measures:

- ``lac``: 1 - score of the label (Sadinle, Lei and Wasserman 2019, *JASA* 114): the smallest sets;
- ``aps``: the summed scores of all labels at least as likely (Romano, Sesia and Candès 2020, "Classification
  with Valid and Adaptive Coverage"), without their random cut: one picture gets one set, a little large.

The threshold is the quantile of the true labels' nonconformity. Rows of one group are not exchangeable with
rows of others, groups are: each group weighs 1 / K whatever its size, and a group yet to come stands at
infinity with as much (Lee, Barber and Willett 2023, "Distribution-free inference with hierarchical data").
Where each row is its own group this is the usual ceil((n + 1) * level)-th smallest value.

The set of a picture always holds its highest label: that can only raise coverage, and an empty set would say
"none of these", which is the business of `styleid.evaluate.unknown`.
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
    """A rule that turns scores into sets of labels.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    level : float
        Stated coverage.
    threshold : float
        Largest nonconformity of a label in the set; infinite where the groups are too few to promise the
        level, so that every set holds every label.
    """

    method: str
    level: float
    threshold: float

    def sets(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Say which labels are in the set of each picture.

        Parameters
        ----------
        scores : NDArray of float64
            (n, k) scores, calibrated as those the threshold was learned from.

        Returns
        -------
        NDArray of bool
            (n, k); at least one a row.
        """
        inside = nonconformity(scores, self.method) <= self.threshold + EPSILON
        inside[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return inside


def nonconformity(scores: NDArray[np.float64], method: str) -> NDArray[np.float64]:
    """Say how strange each label would be for each picture.

    Parameters
    ----------
    scores : NDArray of float64
        (n, k).
    method : str
        One of `METHODS`.

    Returns
    -------
    NDArray of float64
        (n, k), higher for stranger.

    Raises
    ------
    InputError
        If the method is not known.
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
    """Learn the threshold from pictures whose groups the head has not seen.

    Parameters
    ----------
    true : NDArray of int64
        (n,) indices of labels.
    scores : NDArray of float64
        (n, k) their scores.
    groups : array_like
        (n,) component of each row.
    level : float
        Coverage wanted, in (0, 1).
    method : str
        One of `METHODS`.

    Returns
    -------
    rule : ConformalSets
        The rule.
    notes : tuple of str
        That the groups are too few to promise the level, if so.

    Raises
    ------
    InputError
        If the method is not known or the level is not in (0, 1).
    """
    own = nonconformity(scores, method)[np.arange(len(true)), true]
    return sets_at(own, groups, level=level, method=method)


def sets_at(
    own: NDArray[np.float64], groups: ArrayLike, *, level: float, method: str
) -> tuple[ConformalSets, tuple[str, ...]]:
    """Learn the threshold of one level from the nonconformity of true labels.

    Parameters
    ----------
    own : NDArray of float64
        (n,) `nonconformity` of each picture's own label.
    groups, level, method
        As for `learn_sets`.

    Returns
    -------
    rule : ConformalSets
        The rule.
    notes : tuple of str
        That the groups are too few to promise the level, if so.

    Raises
    ------
    InputError
        If the level is not in (0, 1).
    """
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
    """Return the value that a picture of a new group stays below with at least the stated probability.

    Parameters
    ----------
    values : NDArray of float64
        (n,).
    groups : array_like
        (n,) component of each; one drawn picture of each group would be exchangeable with the new one.
    level : float
        Probability, in (0, 1).

    Returns
    -------
    float
        One of the values; infinite where the groups are too few.
    """
    if not len(values):
        return float("inf")
    _, component, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    weight = 1.0 / sizes[component]  # of each group 1 in all
    order = np.argsort(values, kind="stable")
    # In units of groups: K of them and the one to come. The tolerance is for sums of thirds.
    reached = np.flatnonzero(np.cumsum(weight[order]) >= level * (len(sizes) + 1) - 1e-9)
    return float(values[order][reached[0]]) if len(reached) else float("inf")
