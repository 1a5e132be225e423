"""The scores of one learner in all regimes, with intervals over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.intervals.measured import plain
from styleid.evaluate.intervals.paired import corrected_mean
from styleid.evaluate.intervals.resample import wilson_interval
from styleid.studies.forgetting.measures import (
    accuracies,
    backward_transfer,
    f1_scores,
    forgetting,
    forward_transfer,
    independent_matrix,
)
from styleid.studies.forgetting.order_effect import order_effect
from styleid.studies.forgetting.runs import INDEPENDENT, JOINT, SEQUENTIAL, Job

Json = dict[str, Any]
MEASURES = {
    "backward_transfer": backward_transfer,
    "forgetting": forgetting,
    "forward_transfer": forward_transfer,
}


def score_learner(
    counts: Counts, labels: Sequence[str], test_ratio: float, n_test_groups: int, seed: int
) -> Json:
    """Compute everything that is said of a learner, as documented in ``docs/formats.md``.

    The seeds are the repeats an interval rests on: orders of one seed share its pictures, so they are
    averaged first. Seeds divide the same pictures anew, so their spread is corrected for overlapping training
    sets, as the comparison of heads is (`styleid.evaluate.intervals.paired.corrected_mean`).

    `test_ratio` is a task's test pictures over its training pictures; `n_test_groups`, the independent groups
    in a test part, serves scores that never vary.
    """
    how = (test_ratio, n_test_groups)
    R = accuracies(counts.by_position())  # (seeds, orders, stages, positions)
    F = f1_scores(counts.by_position())
    own, joint = accuracies(counts.independent), accuracies(counts.joint)  # (seeds, labels)
    by_label = accuracies(counts.sequential)  # (seeds, orders, stages, labels)
    at_end = by_label[:, :, -1]
    diagonal = _just_trained_by_label(by_label, counts.orders)
    means = {
        SEQUENTIAL: at_end.mean(axis=(1, 2)),
        INDEPENDENT: own.mean(axis=1),
        JOINT: joint.mean(axis=1),
    }
    transfer = np.array([[backward_transfer(run) for run in of_seed] for of_seed in R])
    return {
        SEQUENTIAL: {
            "matrix": _table(R.mean(axis=1), *how),
            "f1_matrix": _table(F.mean(axis=1), *how),
            **{name: _measure(R, measure, *how) for name, measure in MEASURES.items()},
            "runs_that_lose": float((transfer < 0).mean()),
            "mean_just_trained": metric(diagonal.mean(axis=(1, 2)), *how, share=True),
            "mean_at_end": metric(means[SEQUENTIAL], *how, share=True),
            "by_label": _sequential_labels(counts, labels, *how),
            "orders": [
                {
                    "order": [labels[place] for place in order],
                    "matrix": R[:, i].mean(axis=0).tolist(),
                    "mean_at_end": metric(R[:, i, -1].mean(axis=1), *how, share=True),
                }
                for i, order in enumerate(counts.orders)
            ],
        },
        INDEPENDENT: {
            "mean_at_end": metric(means[INDEPENDENT], *how, share=True),
            "by_label": _labels(counts.independent, labels, *how),
            **{
                name: _measure(_independent(own, counts.orders), measure, *how)
                for name, measure in MEASURES.items()
            },
        },
        JOINT: {
            "mean_at_end": metric(means[JOINT], *how, share=True),
            "by_label": _labels(counts.joint, labels, *how),
        },
        "differences": {
            f"{a}_less_{b}": metric(means[a] - means[b], *how)
            for a, b in ((INDEPENDENT, SEQUENTIAL), (JOINT, SEQUENTIAL), (INDEPENDENT, JOINT))
        },
        "order_effect": {
            name: {part: asdict(of) for part, of in order_effect(scores, counts.orders, seed).items()}
            for name, scores in (("at_end", at_end), ("just_trained", diagonal))
        },
    }


def metric(values: NDArray[np.float64], test_ratio: float, n_test_groups: int, share: bool = False) -> Json:
    """Return the mean of one value a seed with its 95 % interval and a test against zero.

    A share stays within 0 and 1 and has no test; one that never varies has Wilson's interval. A single seed
    has no interval.
    """
    if len(values) < 2:
        alone = {"value": float(values[0]), "low": None, "high": None}
        return alone if share else {**alone, "p": None}
    test = corrected_mean(values, test_ratio)
    if not share:
        return {**plain(test.mean), "p": test.p}
    value, low, high = test.mean[:3]
    if test.t is None:
        low, high = wilson_interval(value, n_test_groups)
    return {"value": value, "low": max(0.0, low), "high": min(1.0, high)}


def _table(values: NDArray[np.float64], test_ratio: float, n_test_groups: int) -> list[list[Json]]:
    return [
        [
            metric(values[:, stage, column], test_ratio, n_test_groups, share=True)
            for column in range(values.shape[2])
        ]
        for stage in range(values.shape[1])
    ]


def _measure(R: NDArray[np.float64], measure: Any, test_ratio: float, n_test_groups: int) -> Json | None:
    values = [[measure(run) for run in of_seed] for of_seed in R]
    if values[0][0] is None:
        return None
    return metric(np.array(values).mean(axis=1), test_ratio, n_test_groups)


def _independent(own: NDArray[np.float64], orders: list[tuple[int, ...]]) -> NDArray[np.float64]:
    return np.array([[independent_matrix(of_seed[list(order)]) for order in orders] for of_seed in own])


def _just_trained_by_label(
    by_label: NDArray[np.float64], orders: list[tuple[int, ...]]
) -> NDArray[np.float64]:
    """Return each label's score right after its own stage: (seeds, orders, labels)."""
    found = np.empty_like(by_label[:, :, 0])
    for i, order in enumerate(orders):
        for stage, place in enumerate(order, 1):
            found[:, i, place] = by_label[:, i, stage, place]
    return found


def _sequential_labels(counts: Counts, labels: Sequence[str], test_ratio: float, n_test_groups: int) -> Json:
    stages = np.argsort(np.array(counts.orders), axis=1) + 1  # (orders, labels): when each is learned
    found = {}
    for place, label in enumerate(labels):
        end = counts.sequential[:, :, -1, place]
        own = np.stack([counts.sequential[:, i, stages[i, place], place] for i in range(len(stages))], axis=1)
        found[label] = {
            "just_trained": _scores(own, test_ratio, n_test_groups),
            "at_end": _scores(end, test_ratio, n_test_groups),
        }
    return found


def _labels(counts: NDArray[np.int64], labels: Sequence[str], test_ratio: float, n_test_groups: int) -> Json:
    return {
        label: _scores(counts[:, None, place], test_ratio, n_test_groups)
        for place, label in enumerate(labels)
    }


def _scores(counts: NDArray[np.int64], test_ratio: float, n_test_groups: int) -> Json:
    """Score (seeds, orders, 2, 2) counts of one label."""
    return {
        "accuracy": metric(accuracies(counts).mean(axis=1), test_ratio, n_test_groups, share=True),
        "f1": metric(f1_scores(counts).mean(axis=1), test_ratio, n_test_groups, share=True),
        "confusion": counts.sum(axis=(0, 1)).tolist(),
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


def gather(
    done: Mapping[Job, NDArray[np.int64]],
    learner: str,
    seeds: Sequence[int],
    orders: list[tuple[int, ...]],
    n_labels: int,
) -> Counts:
    """Put a learner's jobs together, from what `styleid.studies.forgetting.runs.run_job` gave for each."""
    own = [
        [done[Job(learner, INDEPENDENT, seed, (place,))][1, 0] for place in range(n_labels)] for seed in seeds
    ]
    return Counts(
        np.array([[done[Job(learner, SEQUENTIAL, seed, order)] for order in orders] for seed in seeds]),
        np.array(own),
        np.array([done[Job(learner, JOINT, seed, ())][0] for seed in seeds]),
        orders,
    )
