"""A number with its interval, by drawing components with replacement: their rows stand or fall together.

Percentile intervals are from Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

#: Nominal coverage of every interval, and the quantiles it leaves out.
LEVEL = 0.95
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)

#: Resamples behind an interval.
N_RESAMPLES = 1000

#: Weights held at a time; 16 MB, and a few times that while they are ranked.
CHUNK = 2_000_000

#: Numbers closer than this differ by rounding alone.
ROUNDING = 1e-9


class Measured(NamedTuple):
    """A number, its 95 % interval, and how much it rests on; nan where it is undefined."""

    value: float
    low: float = math.nan
    high: float = math.nan
    n: int | None = None  # pictures
    n_components: int | None = None


def plain(value: Any) -> Any:
    """Turn records, named tuples, arrays and mappings into what JSON knows; nan becomes None.

    A `Measured` becomes its ``value``, ``low`` and ``high``.
    """
    if isinstance(value, Measured):
        return {name: plain(getattr(value, name)) for name in ("value", "low", "high")}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def resample(
    components: ArrayLike,
    statistic: Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]],
    *,
    width: int,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return (n_resamples, ...) values of a statistic of resampled components.

    ``statistic(counts, component)`` is given (b, n_components) times that each component was drawn, and the
    number of each row's, (n,) from 0; it returns (b, ...). It holds `width` numbers a resample.
    """
    _, component = np.unique(np.asarray(components), return_inverse=True)
    counts = component_counts(int(component.max()) + 1, n_resamples, seed, max(1, CHUNK // width))
    return np.concatenate([statistic(some, component) for some in counts])


def component_counts(
    n_components: int, n_resamples: int, seed: int, chunk: int
) -> Iterator[NDArray[np.float64]]:
    """Draw components with replacement, as many as there are, and count each: (<= chunk, n_components).

    The counts do not depend on `chunk`, the number of resamples held at a time.
    """
    rng = np.random.default_rng(seed)
    for start in range(0, n_resamples, chunk):
        b = min(chunk, n_resamples - start)
        drawn = rng.integers(n_components, size=(b, n_components)) + n_components * np.arange(b)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=b * n_components)
        yield counts.reshape(b, n_components).astype(np.float64)


def percentile_interval(drawn: NDArray[np.float64]) -> tuple[float, float]:
    """Return the interval of (b,) values of a statistic, without resamples that left it undefined (nan).

    There is none, and both ends are nan, where no resample moves the statistic: resamples of pictures that
    are all alike say nothing of other pictures.
    """
    defined = drawn[~np.isnan(drawn)]
    if not len(defined) or np.ptp(defined) < ROUNDING:
        return np.nan, np.nan
    low, high = np.quantile(defined, TAILS)
    return float(low), float(high)


def wilson_interval(share: float, n: float) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion, within [0, 1]; the whole range for n = 0.

    Wilson, *JASA* 22 (1927); as ``scipy.stats.binomtest(...).proportion_ci(method="wilson")``, but any `n`.
    """
    if n <= 0:
        return 0.0, 1.0
    z = float(norm.ppf((1 + LEVEL) / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    # At share 0 or 1 one end is the share itself; rounding must not put it outside.
    return min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)


def mean_share(
    values: ArrayLike, components: ArrayLike, *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> Measured:
    """Average one number a picture, with a percentile interval over resampled components.

    Where no resample moves the mean, shares get Wilson's interval over the components, other numbers none.
    """
    given, component = np.asarray(values), np.asarray(components)
    number = given.astype(np.float64)
    n_components = len(np.unique(component))
    point, low, high = float(number.mean()), math.nan, math.nan
    if np.ptp(number) > 0:

        def means(counts: NDArray[np.float64], component: NDArray[np.int64]) -> NDArray[np.float64]:
            sums, sizes = np.zeros((n_components, 1)), np.bincount(component)
            np.add.at(sums, component, number[:, None])
            drawn: NDArray[np.float64] = (counts @ sums)[:, 0] / (counts @ sizes)
            return drawn

        drawn = resample(component, means, width=n_components, n_resamples=n_resamples, seed=seed)
        low, high = percentile_interval(drawn)
    if math.isnan(low) and given.dtype == np.bool_:
        low, high = wilson_interval(point, n_components)
    return Measured(point, low, high, len(number), n_components)
