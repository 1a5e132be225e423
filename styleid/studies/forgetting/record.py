"""The options of the forgetting study, and the ``result.json`` it ends in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.views.names import views_text
from styleid.errors import InputError
from styleid.given import check_seed
from styleid.rows.selection import Selection
from styleid.rows.training_set import TrainingSet
from styleid.runs.desk import Desk
from styleid.runs.finished import DECIDING
from styleid.studies.forgetting.regimes import INDEPENDENT, JOINT, SEQUENTIAL, Job
from styleid.studies.forgetting.scores import gather, score_learner
from styleid.studies.forgetting.tasks import POSITIVES, Task, orders_of
from styleid.studies.forgetting.warm_mlp import WarmMLP
from styleid.studies.forgetting.words import THEIRS, answers, headline
from styleid.studies.learner import Learner
from styleid.studies.small_cnn.network import EPOCHS, SmallCNN

CNN, DENSE = "cnn", "dense"
LEARNERS = {"both": (DENSE, CNN), CNN: (CNN,), DENSE: (DENSE,)}
#: Repeats where none are asked for: a training of the network takes a minute and more, one of the head 0.2 s.
SEEDS = {DENSE: 20, CNN: 3}
QUICK_SEEDS = {DENSE: 5, CNN: 2}
QUICK_EPOCHS = 4


@dataclass(frozen=True, kw_only=True)
class ForgettingOptions(Selection):
    """Options of the forgetting study, saved in its ``result.json``.

    `where`, `space` and `skip_small` are as in `FitOptions`.
    """

    labels: tuple[str, ...]  # in the order the notebook would learn them
    learner: str = "dense"  # ``dense`` on cached vectors, ``cnn`` on pictures, or ``both``
    seeds: int | None = None  # repeats; None: 20 for the dense head, 3 for the network, fewer with `quick`
    seed: int = 42  # the first of the seeds; the others follow it
    orders: int | None = None  # at most so many; None: all for up to 4 labels, else 24
    positives: int = POSITIVES  # pictures of a label, and of others, in training and test together
    epochs: int | None = None  # of the network; None: 60, or 4 with `quick`
    quick: bool = False  # fewer seeds, orders and epochs
    shared_others: bool = False  # all tasks have the same others, of labels that are not studied

    @property
    def default_name(self) -> str:
        """Name of the study's folder."""
        return "study-forgetting"

    @property
    def learners(self) -> tuple[str, ...]:
        """Names of the learners asked for."""
        if self.learner not in LEARNERS:
            raise InputError(
                f"--learner expects one of {', '.join(LEARNERS)}, found {self.learner!r}",
                learner=self.learner,
            )
        return LEARNERS[self.learner]

    def seeds_of(self, learner: str) -> list[int]:
        """Return the seeds of a learner's repeats."""
        n = self.seeds or (QUICK_SEEDS if self.quick else SEEDS)[learner]
        check_seed(self.seed + n - 1, "the last of the seeds")
        return [self.seed + i for i in range(n)]

    def all_orders(self) -> list[tuple[int, ...]]:
        """Return the orders, as places of labels; with `quick` as many as there are labels."""
        wanted = self.orders or (len(self.labels) if self.quick else None)
        return orders_of(self.labels, wanted, self.seed)

    def jobs(self, learner: str) -> list[Job]:
        """Return all that is to be trained with a learner, the longest first."""
        places = range(len(self.labels))
        seeds, orders = self.seeds_of(learner), self.all_orders()
        joint = [Job(learner, JOINT, seed, ()) for seed in seeds]
        sequential = [Job(learner, SEQUENTIAL, seed, order) for seed in seeds for order in orders]
        independent = [Job(learner, INDEPENDENT, seed, (place,)) for seed in seeds for place in places]
        return [*joint, *sequential, *independent]

    def untrained(self, learner: str, seed: int) -> Learner:
        """Return a learner before its first training."""
        if learner == DENSE:
            return WarmMLP(random_state=seed)
        epochs = self.epochs or (QUICK_EPOCHS if self.quick else EPOCHS)
        return SmallCNN(epochs=epochs, random_state=seed)


def forgetting_result(
    desk: Desk[ForgettingOptions],
    data: TrainingSet,
    tasks: Mapping[int, Sequence[Task]],
    done: Mapping[Job, NDArray[np.int64]],
) -> dict[str, Any]:
    """Put a study into plain values, as documented in ``docs/formats.md``; `tasks` are by seed."""
    options = desk.options
    labels, orders = options.labels, options.all_orders()
    every = [task for drawn in tasks.values() for task in drawn]
    ratio = float(np.mean([len(task.test) / len(task.train) for task in every]))
    n_groups = min(len(np.unique(data.components[task.test])) for task in every)
    scores = {
        learner: score_learner(
            gather(done, learner, options.seeds_of(learner), orders, len(labels)),
            labels,
            ratio,
            n_groups,
            options.seed,
        )
        for learner in options.learners
    }
    return {
        **desk.record(data, data.notes, DECIDING),
        "study": "forgetting",
        "headline": headline(scores),
        "answers": [
            answer
            for learner, measured in scores.items()
            for answer in answers(measured, learner, options.shared_others)
        ],
        "theirs": THEIRS,
        "labels": list(labels),
        "orders": [[labels[place] for place in order] for order in orders],
        "seeds": {learner: options.seeds_of(learner) for learner in options.learners},
        "recipes": {
            learner: {
                name: asdict(value) if name == "augmentation" else value
                for name, value in sorted(options.untrained(learner, 0).recipe().items())
            }
            for learner in options.learners
        },
        "tasks": {
            label: {
                "n_train": float(np.mean([len(task.train) for task in every if task.label == label])),
                "n_test": float(np.mean([len(task.test) for task in every if task.label == label])),
            }
            for label in labels
        },
        "test_ratio": ratio,
        "learners": scores,
        "options": asdict(options),
        "views": views_text(data.views),
        "backbone": desk.store.space.identity["backbone"],
    }
