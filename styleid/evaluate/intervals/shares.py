"""The mean of one number a picture, such as "was it covered", and its interval over components."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.evaluate.intervals.measured import Measured
from styleid.evaluate.intervals.resample import N_RESAMPLES, percentile_interval, resample, wilson_interval


def mean_share(
    values: ArrayLike, components: ArrayLike, *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> Measured:
    """Average one number a picture, with a percentile interval over resampled components.

    Equal values get Wilson's interval over the components if they are bool; else both ends are the mean.
    """
    given, component = np.asarray(values), np.asarray(components)
    number = given.astype(np.float64)
    n_components = len(np.unique(component))
    point = float(number.mean())
    if np.ptp(number) > 0:

        def means(counts: NDArray[np.float64], component: NDArray[np.int64]) -> NDArray[np.float64]:
            sums, sizes = np.zeros((n_components, 1)), np.bincount(component)
            np.add.at(sums, component, number[:, None])
            drawn: NDArray[np.float64] = (counts @ sums)[:, 0] / (counts @ sizes)
            return drawn

        drawn = resample(component, means, width=n_components, n_resamples=n_resamples, seed=seed)
        low, high = percentile_interval(drawn)
    elif given.dtype == np.bool_:
        low, high = wilson_interval(point, n_components)
    else:  # no share: a number that is the same for all, such as one label in every set
        low = high = point
    return Measured(point, low, high, len(number), n_components)
