"""What twice as many pictures would likely bring.

It is read off a power law of the error, ``error = a * pictures ** slope`` (Cortes et al. 1993, "Learning
Curves: Asymptotic Values and Rate of Convergence"), through the last three points and without an
asymptote, which so few points cannot tell: a hope, not a promise, and given with an interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Points the power law goes through.
TAIL = 3


def doubling_gains(
    pictures: NDArray[np.float64], scores: NDArray[np.float64], n_rows: int
) -> NDArray[np.float64]:
    """Extrapolate the error to twice as many pictures.

    Parameters
    ----------
    pictures : NDArray of float64
        (F,) pictures a label, ascending, F >= 2.
    scores : NDArray of float64
        (b, F) scores in [0, 1].
    n_rows : int
        Rows behind a score.

    Returns
    -------
    NDArray of float64
        (b,) what is added to the last score; below 0 where more pictures went with lower scores.
    """
    # No mistake in n rows is not an error of 0, of which there is no logarithm.
    error = np.maximum(1 - scores[:, -TAIL:], 0.5 / n_rows)
    x = np.log2(pictures[-TAIL:])
    x = x - x.mean()
    slope = (np.log2(error) @ x) / (x @ x)
    gains: NDArray[np.float64] = error[:, -1] * (1 - 2.0**slope)
    return gains


def doubling_note(gain: float, can_tell: bool) -> str:
    """Say the finding in one sentence.

    Parameters
    ----------
    gain : float
        From `doubling_gains`.
    can_tell : bool
        Whether its interval leaves out 0.

    Returns
    -------
    str
    """
    if not can_tell:
        return "whether more pictures would help cannot be told from these"
    if gain > 0:
        return f"twice as many pictures would likely add about {100 * gain:.1f} points"
    return "more pictures did not help here: look at the groups and labels first"
