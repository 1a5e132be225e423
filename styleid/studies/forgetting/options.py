"""The options of the forgetting study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from styleid.errors import InputError
from styleid.studies.forgetting.runs import INDEPENDENT, JOINT, SEQUENTIAL, Job
from styleid.studies.forgetting.tasks import POSITIVES, orders_of
from styleid.studies.forgetting.warm_mlp import WarmMLP
from styleid.studies.small_cnn.network import SmallCNN

CNN, DENSE = "cnn", "dense"
LEARNERS = {"both": (DENSE, CNN), CNN: (CNN,), DENSE: (DENSE,)}
#: Repeats where none are asked for: a training of the network takes a minute and more, one of the head 0.2 s.
SEEDS = {DENSE: 20, CNN: 3}
QUICK_SEEDS = {DENSE: 5, CNN: 2}
EPOCHS, QUICK_EPOCHS = 60, 4


@dataclass(frozen=True)
class ForgettingOptions:
    """Options of `styleid.studies.forgetting.run.study_forgetting`, saved in ``result.json``.

    `where`, `space` and `skip_small` are as in `styleid.rows.options.FitOptions`.
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
    where: str | None = None
    space: str | None = None
    skip_small: bool = False

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
        own = [Job(learner, INDEPENDENT, seed, (place,)) for seed in seeds for place in places]
        return [*joint, *sequential, *own]

    def untrained(self, learner: str, seed: int) -> Any:
        """Return a SmallCNN or a WarmMLP before its first training."""
        if learner == DENSE:
            return WarmMLP(random_state=seed)
        epochs = self.epochs or (QUICK_EPOCHS if self.quick else EPOCHS)
        return SmallCNN(epochs=epochs, random_state=seed)
