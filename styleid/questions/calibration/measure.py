"""Whether scores mean what they say: calibration error, Brier score, log-loss, reliability curve.

The calibration error (Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning")
is that of the highest score. Its primary form has bins of equal mass: a good head puts most pictures above
0.9, and bins of equal width are nearly empty (Nixon et al. 2019, "Measuring Calibration in Deep Learning").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.evaluate.metrics import check_predictions
from styleid.evaluate.resample import N_RESAMPLES, Measured, percentile_interval, resample, wilson_interval

#: Most bins, and pictures wanted in each.
MOST_BINS, PER_BIN = 15, 20

#: Scores below are taken as this one in the log-loss, as scikit-learn does for float64.
CLIP = float(np.finfo(np.float64).eps)

#: Tables drawn from a head that is right as often as it says.
PERFECT_DRAWS = 200

#: What is measured with an interval.
METRICS = ("ece", "ece_equal_width", "brier", "log_loss")


class ReliabilityPoint(NamedTuple):
    """One bin of the reliability curve."""

    score: float  # mean highest score
    accuracy: float  # share of pictures whose highest score is that of their label
    low: float  # Wilson interval over the components in the bin
    high: float
    n: int
    n_groups: int


@dataclass(frozen=True)
class Calibration:
    """How far scores are from frequencies.

    A resample adds noise to a binned error, which can only make it larger, so those intervals are mirrored at
    the point (the basic bootstrap of Davison and Hinkley 1997, chapter 5), cut at 0, and widened to hold the
    point. Binned errors are above 0 even for a perfect head; `ece_if_perfect` says what one would show here.
    What no resample moves, since all pictures are scored alike, has no interval.
    """

    ece: Measured  # bins of equal mass
    ece_equal_width: Measured
    brier: Measured  # 0 to 2
    log_loss: Measured
    ece_if_perfect: float  # mean ``ece`` of tables whose pictures are right as often as scores say
    n_bins: int  # of equal mass
    curve: tuple[ReliabilityPoint, ...]  # scores ascending


def calibration_metrics(
    true: NDArray[np.int64],
    scores: NDArray[np.float64],
    components: ArrayLike,
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Calibration:
    """Compute every calibration metric with its interval.

    `true` are (n,) indices of labels, `scores` (n, k) in [0, 1], of heads that have not seen the pictures.
    """
    predicted = scores.argmax(axis=1).astype(np.int64)
    check_predictions(true, predicted, scores)
    _, component = np.unique(np.asarray(components), return_inverse=True)
    top = scores.max(axis=1)
    right = (predicted == true).astype(np.float64)
    mass, width = equal_mass_bins(top), np.minimum((top * MOST_BINS).astype(np.int64), MOST_BINS - 1)
    losses = np.column_stack([_brier(true, scores), _log_loss(true, scores)])  # (n, 2)
    ones = np.ones((1, len(true)))

    def every(counts: NDArray[np.float64], component: NDArray[np.int64]) -> NDArray[np.float64]:
        weights = counts[:, component]  # (b, n)
        means = (weights @ losses) / weights.sum(axis=1, keepdims=True)
        return np.column_stack([*(_errors(top - right, bins, weights) for bins in (mass, width)), means])

    drawn = resample(component, every, width=len(true), n_resamples=n_resamples, seed=seed)  # (b, 4)
    ends = [percentile_interval(column) for column in drawn.T]
    points = [float(_errors(top - right, bins, ones)[0]) for bins in (mass, width)]
    errors = [  # nan stands first in max, which then keeps it
        Measured(point, max(2 * point - high, 0.0), max(2 * point - low, point))
        for point, (low, high) in zip(points, ends[:2], strict=True)
    ]
    means = map(Measured, losses.mean(axis=0).tolist(), *zip(*ends[2:], strict=True))
    perfect = np.random.default_rng(seed).random((PERFECT_DRAWS, len(top))) < top
    noise = [float(_errors(top - draw, mass, ones)[0]) for draw in perfect]
    return Calibration(
        **dict(zip(METRICS, [*errors, *means], strict=True)),
        ece_if_perfect=float(np.mean(noise)),
        n_bins=int(mass.max()) + 1,
        curve=_curve(top, right, mass, component),
    )


def equal_mass_bins(top: NDArray[np.float64]) -> NDArray[np.int64]:
    """Put pictures into bins of about as many each by their highest score; equal scores share a bin.

    Bins are numbered from 0, none left out: at most `MOST_BINS`, fewer for few pictures or many ties.
    """
    wanted = int(np.clip(len(top) // PER_BIN, 1, MOST_BINS))
    # The number of strictly smaller scores: ties stand together, whatever the row order.
    rank = np.searchsorted(np.sort(top), top, side="left")
    return np.unique(rank * wanted // len(top), return_inverse=True)[1].astype(np.int64)


def _errors(
    gap: NDArray[np.float64], bins: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum the absolute weighted gap of score and truth over bins, per weighting: (b, n) -> (b,)."""
    member = np.zeros((len(gap), int(bins.max()) + 1))
    member[np.arange(len(gap)), bins] = gap
    total: NDArray[np.float64] = np.abs(weights @ member).sum(axis=1) / weights.sum(axis=1)
    return total


def _brier(true: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square the distance to the true corner (Brier 1950): (n,)."""
    squares: NDArray[np.float64] = ((scores - np.eye(scores.shape[1])[true]) ** 2).sum(axis=1)
    return squares


def _log_loss(true: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take minus the log of the true score; of every column where rows do not sum to 1: (n,)."""
    own = -np.log(np.clip(scores, CLIP, 1.0))[np.arange(len(true)), true]
    if np.allclose(scores.sum(axis=1), 1.0, atol=1e-6):
        return own
    rest = -np.log(np.clip(1 - scores, CLIP, 1.0))
    loss: NDArray[np.float64] = own + rest.sum(axis=1) - rest[np.arange(len(true)), true]
    return loss


def _curve(
    top: NDArray[np.float64],
    right: NDArray[np.float64],
    bins: NDArray[np.int64],
    component: NDArray[np.int64],
) -> tuple[ReliabilityPoint, ...]:
    points = []
    for number in range(int(bins.max()) + 1):
        here = bins == number
        n_groups = len(np.unique(component[here]))
        score, accuracy = float(top[here].mean()), float(right[here].mean())
        ends = wilson_interval(accuracy, n_groups)
        points.append(ReliabilityPoint(score, accuracy, *ends, int(here.sum()), n_groups))
    return tuple(points)
