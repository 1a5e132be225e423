"""Train by the three regimes and count what each network gets right, one job at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.seeds import child_seed
from styleid.studies.forgetting.tasks import Task
from styleid.studies.learner import Learner

SEQUENTIAL, INDEPENDENT, JOINT = "sequential", "independent", "joint"
#: What the joint model calls pictures of labels that no task is about; no label can be the empty text.
NOBODY = ""
#: What the seeds of trainings are for; pictures are drawn by others (`styleid.studies.forgetting.tasks`).
_TRAIN = 2


class Job(NamedTuple):
    """One thing to train and score, independent of all others."""

    learner: str  # ``cnn`` or ``dense``
    regime: str
    seed: int  # decides pictures, first weights and training
    path: tuple[int, ...]  # sequential: the order; independent: the label's place; joint: empty

    @property
    def training_seed(self) -> int:
        """Seed of weights and training: no two jobs share chance, so that orders can be exchanged."""
        regime = (SEQUENTIAL, INDEPENDENT, JOINT).index(self.regime)
        return child_seed(self.seed, _TRAIN, regime, *self.path)


def run_job(
    job: Job, learner: Learner, X: NDArray[Any], y: NDArray[np.str_], tasks: Sequence[Task]
) -> NDArray[np.int64]:
    """Train and score one job of a seed's k tasks, with an untrained learner.

    The learner is seeded by `Job.training_seed`. The counts' last two axes are true rows by predicted columns
    (others, label). Sequential: (k + 1, k, 2, 2), before any training and after each stage, of every task in
    the order of `tasks`. Independent: (2, 1, 2, 2), before and after training, of its own task. Joint:
    (1, k, 2, 2).
    """
    if job.regime == JOINT:
        return _joint(learner, X, y, tasks)
    learned = [tasks[place] for place in job.path]
    scored = tasks if job.regime == SEQUENTIAL else learned
    network = learner.prepare(X[learned[0].train], [False, True])
    counts = [_score_all(network, X, y, scored)]
    for task in learned:
        network = network.fit_further(X[task.train], y[task.train] == task.label)
        counts.append(_score_all(network, X, y, scored))
    return np.array(counts)


def _joint(
    learner: Learner, X: NDArray[Any], y: NDArray[np.str_], tasks: Sequence[Task]
) -> NDArray[np.int64]:
    """Train one network to say whose, on the training pictures of all tasks together."""
    labels = [task.label for task in tasks]
    rows = np.unique(np.concatenate([task.train for task in tasks]))
    names = np.where(np.isin(y[rows], labels), y[rows], NOBODY)
    network = learner.prepare(X[rows], names).fit_further(X[rows], names)
    return np.array(
        [[_counts(y[task.test] == task.label, network.predict(X[task.test]) == task.label) for task in tasks]]
    )


def _score_all(
    network: Learner, X: NDArray[Any], y: NDArray[np.str_], tasks: Sequence[Task]
) -> list[NDArray[np.int64]]:
    return [_counts(y[task.test] == task.label, network.predict(X[task.test])) for task in tasks]


def _counts(true: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> NDArray[np.int64]:
    pairs = 2 * true.astype(np.int64) + predicted.astype(np.int64)
    return np.bincount(pairs, minlength=4).reshape(2, 2).astype(np.int64)
