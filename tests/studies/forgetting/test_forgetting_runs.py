"""The three regimes: what is trained on what, from which weights, and what it comes to."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pytest

from styleid.studies.forgetting.measures import accuracies, backward_transfer
from styleid.studies.forgetting.record import ForgettingOptions
from styleid.studies.forgetting.regimes import NOBODY, Job, run_job
from styleid.studies.forgetting.scores import gather, score_learner
from styleid.studies.forgetting.tasks import make_tasks
from styleid.studies.forgetting.warm_mlp import WarmMLP

LABELS = ("ann", "bob", "cy")


def pictures(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of four labels, each along an axis of its own, and groups of two."""
    y = np.repeat([*LABELS, "dee"], n)
    X = np.random.default_rng(seed).normal(size=(4 * n, 8)) + 3.0 * np.eye(8)[np.repeat(range(4), n)]
    return X, y, np.tile(np.arange(n) // 2, 4)


class Spy:
    """A learner that writes down what is asked of it."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.state = 0

    def prepare(self, X: np.ndarray, classes: Any) -> Self:
        self.said.append(("prepare", sorted(set(np.asarray(classes).tolist()))))
        self.state = 0
        return self

    def fit_further(self, X: np.ndarray, y: np.ndarray) -> Self:
        self.said.append(("train", self.state, X[:, 0].astype(int).tolist(), np.asarray(y).tolist()))
        self.state += 1
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.full(len(X), self.state > 0)


def setting() -> tuple[np.ndarray, np.ndarray, list[Any]]:
    _, y, groups = pictures()
    rows = np.arange(len(y), dtype=float)[:, None]
    return rows, y, make_tasks(y, groups, LABELS, 20)


def test_retraining_prepares_once_and_goes_on_in_the_order_asked_for() -> None:
    X, y, tasks = setting()
    spy = Spy()
    counts = run_job(Job("dense", "sequential", 42, (2, 0, 1)), spy, X, y, tasks)
    assert [entry[0] for entry in spy.said] == ["prepare", "train", "train", "train"]
    for place, (_, state, rows, labels) in zip((2, 0, 1), spy.said[1:], strict=True):
        assert rows == tasks[place].train.tolist()
        assert labels == (y[tasks[place].train] == LABELS[place]).tolist()
        assert state == (2, 0, 1).index(place)
    assert counts.shape == (4, 3, 2, 2)
    # Before training nothing is called the label, later all is; own and others are as many.
    own = np.array([len(task.test) // 2 for task in tasks])
    assert (counts[0, :, 1, 0] == own).all()
    assert (counts[1:, :, 0, 1] == own).all()


def test_a_model_of_its_own_sees_its_own_task_only() -> None:
    X, y, tasks = setting()
    spy = Spy()
    counts = run_job(Job("dense", "independent", 42, (1,)), spy, X, y, tasks)
    assert [entry[0] for entry in spy.said] == ["prepare", "train"]
    assert spy.said[1][2] == tasks[1].train.tolist()
    assert counts.shape == (2, 1, 2, 2)
    assert counts[0].sum() == len(tasks[1].test)


def test_the_joint_model_says_whose_on_all_training_pictures() -> None:
    X, y, tasks = setting()
    spy = Spy()
    run_job(Job("dense", "joint", 42, ()), spy, X, y, tasks)
    rows, names = spy.said[1][2:]
    assert rows == sorted(set(np.concatenate([task.train for task in tasks]).tolist()))
    assert spy.said[0][1] == [NOBODY, *LABELS]
    assert names == ["" if y[row] == "dee" else y[row] for row in rows]
    assert not set(rows) & set(np.concatenate([task.test for task in tasks]).tolist())


def test_no_two_jobs_share_their_chance() -> None:
    options = ForgettingOptions(labels=("a", "b", "c", "d"), learner="both", seeds=3)
    for learner in options.learners:
        jobs = options.jobs(learner)
        assert len(jobs) == len(set(jobs)) == 3 * (24 + 4 + 1)
        assert len({job.training_seed for job in jobs}) == len(jobs)


def test_conflicting_tasks_are_forgotten_by_one_network_and_not_by_models_of_their_own() -> None:
    """What ann's task calls ann, bob's calls others: the planted answer is known."""
    X, y, groups = pictures()
    options = ForgettingOptions(labels=LABELS, seeds=2, positives=50)
    done = {}
    for job in options.jobs("dense"):
        tasks = make_tasks(y, groups, LABELS, 50, job.seed)
        done[job] = run_job(
            job, WarmMLP(hidden_units=64, epochs=30, random_state=job.training_seed), X, y, tasks
        )
    counts = gather(done, "dense", options.seeds_of("dense"), options.all_orders(), 3)
    scores = score_learner(counts, LABELS, 3 / 7, 10, 0)
    assert scores["sequential"]["backward_transfer"]["value"] < -0.15
    assert scores["sequential"]["forgetting"]["value"] > 0.15
    assert scores["sequential"]["runs_that_lose"] == 1.0
    assert scores["independent"]["forgetting"] == {"value": 0.0, "low": None, "high": None, "p": 1.0}
    assert scores["independent"]["forward_transfer"] is None
    assert scores["independent"]["mean_at_end"]["value"] > 0.9
    assert scores["joint"]["mean_at_end"]["value"] > 0.9
    assert scores["differences"]["independent_less_sequential"]["value"] > 0.15
    effect = scores["order_effect"]["at_end"]
    assert effect["position"]["p"] < 0.01  # learned last is remembered
    assert scores["sequential"]["mean_just_trained"]["value"] > 0.75  # it did learn them


def test_places_and_labels_are_not_mixed_up() -> None:
    """Counts made by hand: at stage s of order o label l is right 10 o + 4 s + l times of 100."""
    orders = [(0, 1, 2), (2, 0, 1)]
    options = ForgettingOptions(labels=LABELS, seeds=2)
    done = {}
    for seed in options.seeds_of("dense"):
        for o, order in enumerate(orders):
            right = 10 * o + 4 * np.arange(4)[:, None] + np.arange(3) + 50
            counts = np.zeros((4, 3, 2, 2), dtype=np.int64)
            counts[..., 0, 0], counts[..., 1, 0] = right, 100 - right
            done[Job("dense", "sequential", seed, order)] = counts
        for place in range(3):
            done[Job("dense", "independent", seed, (place,))] = np.full((2, 1, 2, 2), 5 + place)
        done[Job("dense", "joint", seed, ())] = np.full((1, 3, 2, 2), 5)
    counts = gather(done, "dense", [42, 43], orders, 3)
    R = accuracies(counts.by_position())
    assert R[0, 1, 1].tolist() == pytest.approx([0.66, 0.64, 0.65])  # order cy, ann, bob after one stage
    scores = score_learner(counts, LABELS, 0.5, 10, 0)
    sequential = scores["sequential"]
    assert sequential["orders"][1]["order"] == ["cy", "ann", "bob"]
    assert sequential["orders"][1]["matrix"][2] == pytest.approx([0.70, 0.68, 0.69])
    # bob is learned second of the first order (stage 2: .59) and third of the second (stage 3: .73).
    assert sequential["by_label"]["bob"]["just_trained"]["accuracy"]["value"] == pytest.approx(0.66)
    assert sequential["by_label"]["bob"]["at_end"]["accuracy"]["value"] == pytest.approx((0.63 + 0.73) / 2)
    assert sequential["by_label"]["bob"]["at_end"]["confusion"] == [[272, 0], [128, 0]]
    assert sequential["backward_transfer"]["value"] == pytest.approx(
        np.mean([backward_transfer(R[0, 0]), backward_transfer(R[0, 1])])
    )
    assert sequential["matrix"][1][0]["value"] == pytest.approx((0.54 + 0.66) / 2)
    assert scores["differences"]["independent_less_sequential"]["value"] == pytest.approx(0.5 - 0.68)
