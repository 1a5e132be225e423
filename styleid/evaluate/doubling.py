"""What twice as many pictures would likely bring, read off a power law of the error: a hope, not a promise.

``error = a * pictures ** slope`` (Cortes et al. 1993, "Learning Curves: Asymptotic Values and Rate of
Convergence") goes through the last three points, without an asymptote, which so few points cannot tell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Points the power law goes through.
TAIL = 3


def doubling_gains(
    pictures: NDArray[np.float64], scores: NDArray[np.float64], n_rows: int
) -> NDArray[np.float64]:
    """Return (b,) what twice as many pictures would add to the last of (b, F) scores, F >= 2.

    It is below 0 where more pictures went with lower scores. `pictures` are (F,) a label, ascending, and
    `n_rows` rows are behind a score.
    """
    # No mistake in n rows is not an error of 0, of which there is no logarithm.
    error = np.maximum(1 - scores[:, -TAIL:], 0.5 / n_rows)
    x = np.log2(pictures[-TAIL:])
    x = x - x.mean()
    slope = (np.log2(error) @ x) / (x @ x)
    gains: NDArray[np.float64] = error[:, -1] * (1 - 2.0**slope)
    return gains


def doubling_note(gain: float, can_tell: bool) -> str:
    """Say the finding in one sentence; `can_tell` is whether the gain's interval leaves out 0."""
    if not can_tell:
        return "whether more pictures would help cannot be told from these"
    if gain > 0:
        return f"twice as many pictures would likely add about {100 * gain:.1f} points"
    return "more pictures did not help here: look at the groups and labels first"
