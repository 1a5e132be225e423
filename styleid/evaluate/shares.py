"""The mean of one number a picture, such as "was it covered", and its interval over groups."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.evaluate.bootstrap import CHUNK, Interval, component_counts
from styleid.evaluate.wilson import wilson_interval


class Share(NamedTuple):
    """A mean over pictures, its interval over groups, and how much it rests on.

    Attributes
    ----------
    value : float
        The mean.
    interval : Interval
        Group bootstrap; Wilson's over the groups where a share is 0 or 1.
    n, n_groups : int
        Pictures and groups behind it.
    """

    value: float
    interval: Interval
    n: int
    n_groups: int


def mean_share(
    values: ArrayLike, groups: ArrayLike, *, n_resamples: int = 1000, seed: int = 0, level: float = 0.95
) -> Share:
    """Average a number over pictures, with a percentile interval of the group bootstrap.

    Parameters
    ----------
    values : array_like of bool or float
        (n,) one number a picture.
    groups : array_like
        (n,) component of each picture.
    n_resamples : int
        Resamples to draw.
    seed : int
        Seed of the draws.
    level : float
        Nominal coverage, in (0, 1).

    Returns
    -------
    Share

    Raises
    ------
    InputError
        If there is no picture, or the lengths differ.
    """
    given = np.asarray(values)
    number = given.astype(np.float64)
    group = np.asarray(groups)
    if not len(number) or number.shape != group.shape:
        raise InputError(
            f"expected a number and a group for each of n > 0 pictures, found shapes {number.shape} and "
            f"{group.shape}; give both in the same row order"
        )
    _, component = np.unique(group, return_inverse=True)
    n_groups = int(component.max()) + 1
    point = float(number.mean())
    if np.ptp(number) == 0:
        # No resample can move it. A share of 0 or 1 gets Wilson's interval over the groups; a number that
        # is the same for all, such as one label in every set, is no share.
        is_share = given.dtype == np.bool_
        low, high = wilson_interval(point, n_groups, level) if is_share else (point, point)
        return Share(point, Interval(low, high, "wilson" if is_share else "constant"), len(number), n_groups)
    means = resampled_means(number[:, None], component, n_resamples, seed)[:, 0]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Share(point, Interval(float(low), float(high), "bootstrap"), len(number), n_groups)


def resampled_means(
    values: NDArray[np.float64], component: NDArray[np.int64], n_resamples: int, seed: int
) -> NDArray[np.float64]:
    """Average columns over the pictures of resampled components.

    Parameters
    ----------
    values : NDArray of float64
        (n, m) numbers.
    component : NDArray of int64
        (n,) numbers from 0, none left out.
    n_resamples : int
        Resamples b to draw.
    seed : int
        Seed of the draws.

    Returns
    -------
    NDArray of float64
        (b, m).
    """
    n_components = int(component.max()) + 1
    sums = np.zeros((n_components, values.shape[1]))
    np.add.at(sums, component, values)
    sizes = np.bincount(component, minlength=n_components)
    chunk = max(1, CHUNK // n_components)
    return np.concatenate(
        [
            (counts @ sums) / (counts @ sizes)[:, None]
            for counts in component_counts(n_components, n_resamples, seed, chunk)
        ]
    )
