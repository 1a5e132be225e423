"""Heads on the divisions of the trainings: they learn from, choose by and score the very same pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from styleid.data.manifest.table import Manifest, Row
from styleid.evaluate.metrics import point_metrics
from styleid.heads.base import Head
from styleid.rows.training_set import TrainingSet
from styleid.studies.artist.answer import Answered
from styleid.studies.artist.augmented import picture_numbers
from styleid.studies.artist.divisions import on_divisions, versions
from styleid.studies.artist.record import trained_less_heads
from styleid.studies.artist.replay import STEPS, Replayed, as_predictions

N = 60
COMPONENTS = np.arange(N) // 3  # each holds both labels
Y = np.where(np.arange(N) % 2 == 0, "others", "ann")
ROWS = tuple(
    Row(f"{i}.png", f"{i}.png", str(Y[i]), extra={"version": "v1" if i < 30 else "v2"}) for i in range(N)
)
DATA = TrainingSet(
    Manifest(ROWS, None),
    picture_numbers(N),
    Y,
    Y,
    COMPONENTS,
    ("others", "ann"),
    0,
    (),  # type: ignore[arg-type]
)
PARTS = versions(DATA, 0)
ALL = [(version, split) for version in ("v1", "v2") for split in ("per picture", "grouped")]


class Spy:
    """A classifier of picture numbers that remembers what it was shown, and scores by a parameter."""

    log: list[dict[str, Any]] = []

    def __init__(self) -> None:
        self.shift = 0.0

    def set_params(self, shift: float) -> Spy:
        self.shift = shift
        return self

    def fit(self, X: np.ndarray, y: np.ndarray) -> Spy:
        self.classes_ = np.unique(y)
        self.seen = {"train": X[:, 0].astype(int), "scored": [], "shift": self.shift}
        Spy.log.append(self.seen)
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        rows = X[:, 0].astype(int)
        if set(rows) != set(self.seen["train"]):  # a head's lead is read off its own training rows
            self.seen["scored"].append(rows)
        right = np.where((Y[rows] == "ann") == (rows % 5 < self.shift), 0.9, 0.1)
        columns = {"ann": right, "others": 1 - right}
        return np.column_stack([columns[label] for label in self.classes_])

    def predict(self, X: np.ndarray) -> np.ndarray:
        labels: np.ndarray = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels


def spied(grid: list[float]) -> Head:
    Spy.log.clear()
    return Head("spy", "sees", lambda seed: Spy(), {"shift": grid})


def test_each_division_is_learned_chosen_and_scored_by_its_own_parts() -> None:
    found = on_divisions(spied([1.0, 4.0]), DATA.table, PARTS, 0)
    assert [*found] == ALL
    for version, split in ALL:
        fold, of = PARTS[version].folds[split], found[version, split].predictions
        assert of.rows.tolist() == sorted(fold.test.tolist())
        assert (of.true == (Y[of.rows] == "ann")).all()
        assert of.runs[0].params == {"shift": 4.0}, "the validation part says so"
        own = [seen for seen in Spy.log if set(seen["train"]) == set(fold.train)]
        assert {seen["shift"] for seen in own} == {1.0, 4.0}
        allowed = {tuple(sorted(part)) for part in (fold.test, fold.validation) if part is not None}
        assert {tuple(sorted(rows)) for seen in own for rows in seen["scored"]} <= allowed
        assert all(max(seen["train"]) < 30 for seen in own) == (version == "v1")
        assert found[version, split].cpu_seconds >= 0
    assert len(Spy.log) >= 8
    trained = {frozenset(seen["train"]) for seen in Spy.log}
    assert trained == {frozenset(PARTS[v].folds[s].train) for v, s in ALL}, "and never from anything else"


def test_parameters_found_before_are_taken_and_their_search_is_paid_for() -> None:
    searched = on_divisions(spied([1.0, 4.0]), DATA.table, PARTS, 0)
    found = on_divisions(spied([1.0, 4.0]), DATA.table, PARTS, 0, searched)
    assert {seen["shift"] for seen in Spy.log} == {4.0}
    for division in ALL:
        assert found[division].cpu_seconds >= searched[division].cpu_seconds


def test_a_training_is_compared_with_each_head_on_its_own_division() -> None:
    heads = {
        name: on_divisions(spied([shift]), DATA.table, PARTS, 0) for name, shift in (("a", 4.0), ("b", 2.0))
    }
    replayed = [
        Replayed(step, split, fold, as_predictions(DATA, fold, scores), {}, 0.0)
        for step in (STEPS[0], STEPS[2])
        for split, fold in PARTS[step.version].folds.items()
        for scores in (np.where(np.arange(len(fold.test)) % 3 == 0, 0.9, 0.2),)
    ]
    answered = [Answered(name, scored[ALL[0]].predictions, scored, {}) for name, scored in heads.items()]
    found = trained_less_heads(replayed, answered, COMPONENTS, 0)
    keys = [(of["step"], of["version"], of["split"], of["head"]) for of in found]
    assert keys == [
        (step, version, split, head)
        for step, version in (("trainable", "v1"), ("refined", "v2"))
        for split in ("per picture", "grouped")
        for head in ("a", "b")
    ]
    by_step = {(of.step.name, of.split): of.predictions for of in replayed}
    for of in found:
        own, its = by_step[of["step"], of["split"]], heads[of["head"]][of["version"], of["split"]].predictions
        for metric in ("accuracy", "balanced_accuracy", "roc_auc"):
            values = [point_metrics(p.true, p.predicted, p.scores).overall[metric] for p in (own, its)]
            assert of[metric]["value"] == pytest.approx(values[0] - values[1])  # type: ignore[operator]
            assert of[metric]["low"] is None or of[metric]["low"] <= of[metric]["high"]
