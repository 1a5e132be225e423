"""Derive seeds that depend on what is done, never on when or where it is done."""

from __future__ import annotations

import numpy as np

#: What the seeds of one fold are for; a label's number follows where each label has its own head.
INNER, SEARCH, FIT, CALIBRATE, DRAW, PRICE = 0, 1, 2, 3, 4, 5

#: First number of a repeat's path, beyond all counts of folds, which start paths too.
REPEAT = 1_000_000


def child_seed(seed: int, *path: int) -> int:
    """Return the seed of one part of a computation, in [0, 2**31), whatever order or process it runs in.

    `path` says where the part stands in the whole: fold number, label number and so on, each >= 0.
    """
    state = np.random.SeedSequence(entropy=seed, spawn_key=path).generate_state(1)
    return int(state[0] >> 1)
