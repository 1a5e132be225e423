"""What a learner got right in all regimes, put together from its jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styleid.studies.forgetting_runs import INDEPENDENT, JOINT, SEQUENTIAL, Job


@dataclass(frozen=True)
class Counts:
    """What one learner got right in all regimes; the last two axes are true rows by predicted columns."""

    sequential: NDArray[np.int64]  # (seeds, orders, k + 1 stages, k labels, 2, 2)
    independent: NDArray[np.int64]  # (seeds, k labels, 2, 2)
    joint: NDArray[np.int64]  # (seeds, k labels, 2, 2)
    orders: list[tuple[int, ...]]  # places of the labels, in the order learned

    def by_position(self) -> NDArray[np.int64]:
        """Return `sequential` with the labels of each order in the order they were learned."""
        turned = [self.sequential[:, i][:, :, list(order)] for i, order in enumerate(self.orders)]
        return np.stack(turned, axis=1)


def gather(
    done: Mapping[Job, NDArray[np.int64]],
    learner: str,
    seeds: Sequence[int],
    orders: list[tuple[int, ...]],
    n_labels: int,
) -> Counts:
    """Put a learner's jobs together, from what `styleid.studies.forgetting_runs.run_job` gave for each."""
    own = [
        [done[Job(learner, INDEPENDENT, seed, (place,))][1, 0] for place in range(n_labels)] for seed in seeds
    ]
    return Counts(
        np.array([[done[Job(learner, SEQUENTIAL, seed, order)] for order in orders] for seed in seeds]),
        np.array(own),
        np.array([done[Job(learner, JOINT, seed, ())][0] for seed in seeds]),
        orders,
    )
