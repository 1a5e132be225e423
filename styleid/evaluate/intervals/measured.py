"""Measured."""

from __future__ import annotations

from typing import NamedTuple


class Interval(NamedTuple):
    """A confidence interval and how it was found."""

    low: float
    high: float
    method: str  # bootstrap, basic bootstrap, wilson, constant or undefined


class Share(NamedTuple):
    """A mean over pictures, its interval over components, and how much it rests on."""

    value: float
    interval: Interval  # group bootstrap; Wilson's over the components where a share is 0 or 1
    n: int
    n_groups: int


class Mean(NamedTuple):
    """A mean over folds with its interval, and the two-sided test of its being zero."""

    value: float
    low: float
    high: float
    t: float | None  # None where the values do not vary
    p: float


class Difference(NamedTuple):
    """One less the other, with its interval; None where the metric is undefined (ROC AUC of one label)."""

    value: float | None
    low: float | None
    high: float | None
