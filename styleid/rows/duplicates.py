"""Near-duplicates among the rows of a training set, joined to its components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styleid.data.facts.memory import Hashes
from styleid.evaluate.folds.chains import Chain, join_duplicates
from styleid.evaluate.folds.duplicates import MAX_BITS, Pairs, similar_pairs
from styleid.rows.training_set import TrainingSet

#: Pairs just short of the threshold that are shown, and how far beyond it they are looked for.
NEARLY = 12
BEYOND = 12


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Near-duplicate pairs of a training set, as row numbers."""

    pairs: Pairs
    nearly: Pairs  # the closest pairs that are not, from different components
    components: NDArray[np.int64]  # (n,) with near-duplicates joined
    chains: tuple[Chain, ...]  # not joined


def find_duplicates(data: TrainingSet, X: NDArray[np.float32], hashes: Hashes) -> Duplicates:
    """Find near-duplicates and join them to the training set's components.

    `X` is (n, dim), from `vectors_to_compare`; a picture without a hash is in no pair.
    """
    found = similar_pairs(X, hashes.bits, hashes.has, max_bits=MAX_BITS + BEYOND)
    pairs = found.keep(found.bits <= MAX_BITS)
    components, chains, _ = join_duplicates(data.components, pairs.rows, data.y)
    apart = components[found.rows[:, 0]] != components[found.rows[:, 1]]
    others = found.keep((found.bits > MAX_BITS) & apart)
    closest = np.zeros(len(others), dtype=bool)
    closest[np.argsort(others.bits, kind="stable")[:NEARLY]] = True
    return Duplicates(pairs, others.keep(closest), components, tuple(chains))
