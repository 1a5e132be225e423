"""The mean of one number a picture, such as "was it covered", and its interval over components."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.evaluate.intervals.bootstrap import CHUNK, component_counts, wilson_interval
from styleid.evaluate.intervals.measured import Interval, Share


def mean_share(
    values: ArrayLike, groups: ArrayLike, *, n_resamples: int = 1000, seed: int = 0, level: float = 0.95
) -> Share:
    """Average one number a picture, with a percentile interval of the group bootstrap.

    Equal values get the interval "wilson" if they are bool, else "constant" (both ends are the mean).
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
    """Return (b, m) means of (n, m) values over the pictures of resampled components, numbered 0, 1, ..."""
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
