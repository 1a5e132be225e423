"""The scores of one learner in all regimes, with intervals over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.paired import corrected_mean
from styleid.evaluate.resample import plain, wilson_interval
from styleid.studies.forgetting.measures import (
    accuracies,
    backward_transfer,
    f1_scores,
    forgetting,
    forward_transfer,
    independent_matrix,
)
from styleid.studies.forgetting.order_effect import order_effect
from styleid.studies.forgetting.regimes import INDEPENDENT, JOINT, SEQUENTIAL, Job

MEASURES = {
    "backward_transfer": backward_transfer,
    "forgetting": forgetting,
    "forward_transfer": forward_transfer,
}


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

    def just_trained(self) -> NDArray[np.int64]:
        """Return the counts of each label right after its own stage: (seeds, orders, k labels, 2, 2)."""
        stages = np.argsort(np.array(self.orders), axis=1) + 1  # (orders, labels): when each is learned
        return np.take_along_axis(self.sequential, stages[None, :, None, :, None, None], axis=2)[:, :, 0]


@dataclass(frozen=True)
class Repeats:
    """How values of several seeds become a mean with a 95 % interval; a single seed has no interval.

    Seeds divide the same pictures anew, so their spread is corrected for overlapping training sets, as the
    comparison of heads is (`styleid.evaluate.paired.corrected_mean`).
    """

    test_ratio: float  # a task's test pictures over its training pictures
    n_test_groups: int  # the independent groups in a test part

    def difference(self, values: NDArray[np.float64]) -> dict[str, Any]:
        """Return the mean of one value a seed, with a test against zero."""
        if len(values) < 2:
            return {"value": float(values[0]), "low": None, "high": None, "p": None}
        test = corrected_mean(values, self.test_ratio)
        low, high = max(test.mean.low, -1.0), min(test.mean.high, 1.0)  # of two shares
        return {**plain(test.mean._replace(low=low, high=high)), "p": test.p}

    def share(self, values: NDArray[np.float64]) -> dict[str, Any]:
        """Return the mean of one share a seed; it stays within 0 and 1, by Wilson where it never varies."""
        if len(values) < 2:
            return {"value": float(values[0]), "low": None, "high": None}
        test = corrected_mean(values, self.test_ratio)
        value, low, high = test.mean[:3]
        if test.t is None:
            low, high = wilson_interval(value, self.n_test_groups)
        return {"value": value, "low": max(0.0, low), "high": min(1.0, high)}

    def matrix(self, values: NDArray[np.float64]) -> list[list[dict[str, Any]]]:
        """Return the share of each cell of (seeds, rows, columns)."""
        _, n_rows, n_columns = values.shape
        return [[self.share(values[:, row, column]) for column in range(n_columns)] for row in range(n_rows)]

    def measures(self, R: NDArray[np.float64]) -> dict[str, dict[str, Any] | None]:
        """Return each of `MEASURES` of (seeds, orders, stages, positions); None where it is not defined."""
        measured: dict[str, dict[str, Any] | None] = {}
        for name, measure in MEASURES.items():
            values = [[measure(run) for run in runs] for runs in R]
            defined = values[0][0] is not None
            measured[name] = self.difference(np.array(values).mean(axis=1)) if defined else None
        return measured

    def label(self, counts: NDArray[np.int64]) -> dict[str, Any]:
        """Return the scores of one label's (seeds, orders, 2, 2)."""
        return {
            "accuracy": self.share(accuracies(counts).mean(axis=1)),
            "f1": self.share(f1_scores(counts).mean(axis=1)),
            "confusion": counts.sum(axis=(0, 1)).tolist(),
        }


def score_learner(
    counts: Counts, labels: Sequence[str], test_ratio: float, n_test_groups: int, seed: int
) -> dict[str, Any]:
    """Compute everything that is said of a learner, as documented in ``docs/formats.md``.

    The seeds are the repeats an interval rests on: orders of one seed share its pictures, so they are
    averaged first.
    """
    repeats = Repeats(test_ratio, n_test_groups)
    R = accuracies(counts.by_position())  # (seeds, orders, stages, positions)
    F = f1_scores(counts.by_position())
    independent, joint = accuracies(counts.independent), accuracies(counts.joint)  # (seeds, labels)
    at_end, just_trained = counts.sequential[:, :, -1], counts.just_trained()
    scores = {"at_end": accuracies(at_end), "just_trained": accuracies(just_trained)}
    means = {
        SEQUENTIAL: scores["at_end"].mean(axis=(1, 2)),
        INDEPENDENT: independent.mean(axis=1),
        JOINT: joint.mean(axis=1),
    }
    losses = np.array([[backward_transfer(run) for run in runs] for runs in R]) < 0
    alone = [[independent_matrix(final[list(order)]) for order in counts.orders] for final in independent]
    return {
        SEQUENTIAL: {
            "matrix": repeats.matrix(R.mean(axis=1)),
            "f1_matrix": repeats.matrix(F.mean(axis=1)),
            **repeats.measures(R),
            "runs_that_lose": float(losses.mean()),
            "mean_just_trained": repeats.share(scores["just_trained"].mean(axis=(1, 2))),
            "mean_at_end": repeats.share(means[SEQUENTIAL]),
            "by_label": {
                label: {
                    "just_trained": repeats.label(just_trained[:, :, place]),
                    "at_end": repeats.label(at_end[:, :, place]),
                }
                for place, label in enumerate(labels)
            },
            "orders": [
                {
                    "order": [labels[place] for place in order],
                    "matrix": R[:, i].mean(axis=0).tolist(),
                    "mean_at_end": repeats.share(R[:, i, -1].mean(axis=1)),
                }
                for i, order in enumerate(counts.orders)
            ],
        },
        INDEPENDENT: {
            "mean_at_end": repeats.share(means[INDEPENDENT]),
            "by_label": {
                label: repeats.label(counts.independent[:, None, at]) for at, label in enumerate(labels)
            },
            **repeats.measures(np.array(alone)),
        },
        JOINT: {
            "mean_at_end": repeats.share(means[JOINT]),
            "by_label": {label: repeats.label(counts.joint[:, None, at]) for at, label in enumerate(labels)},
        },
        "differences": {
            f"{a}_less_{b}": repeats.difference(means[a] - means[b])
            for a, b in ((INDEPENDENT, SEQUENTIAL), (JOINT, SEQUENTIAL), (INDEPENDENT, JOINT))
        },
        "order_effect": {
            name: {
                part: asdict(effect)
                for part, effect in order_effect(scores[name], counts.orders, seed).items()
            }
            for name in ("at_end", "just_trained")
        },
    }


def gather(
    done: Mapping[Job, NDArray[np.int64]],
    learner: str,
    seeds: Sequence[int],
    orders: list[tuple[int, ...]],
    n_labels: int,
) -> Counts:
    """Put a learner's jobs together, from what `styleid.studies.forgetting.regimes.run_job` gave for each."""
    places = range(n_labels)
    return Counts(
        np.array([[done[Job(learner, SEQUENTIAL, seed, order)] for order in orders] for seed in seeds]),
        np.array([[done[Job(learner, INDEPENDENT, seed, (at,))][1, 0] for at in places] for seed in seeds]),
        np.array([done[Job(learner, JOINT, seed, ())][0] for seed in seeds]),
        orders,
    )
