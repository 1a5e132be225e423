"""Derive seeds that depend on what is done, never on when or where it is done."""

from __future__ import annotations

import numpy as np

#: What the seeds of one fold are for; a label's number follows where each label has its own head.
INNER, SEARCH, FIT, CALIBRATE, DRAW = 0, 1, 2, 3, 4

#: First number of a repeat's path, beyond all counts of folds, which start paths too.
REPEAT = 1_000_000


def child_seed(seed: int, *path: int) -> int:
    """Return the seed of one part of a computation.

    Parts that run in another order, or in another process, keep their seeds.

    Parameters
    ----------
    seed : int
        The user's seed, >= 0.
    *path : int
        Where the part stands in the whole: fold number, label number and so on, each >= 0.

    Returns
    -------
    int
        In [0, 2**31), as ``random_state`` takes it.
    """
    state = np.random.SeedSequence(entropy=seed, spawn_key=path).generate_state(1)
    return int(state[0] >> 1)
