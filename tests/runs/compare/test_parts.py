"""What decides a task's numbers decides the name of its part, one thing at a time."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from styleid import make_table
from styleid.evaluate.table import Fold
from styleid.heads.base import Head, get_head
from styleid.heads.knn import KNNHead
from styleid.runs.compare.repeats import Key, make_tasks, run_heads
from styleid.runs.finished import Finished

KEY = Key("knn", 0, 1)
X = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
Y = np.array(["a", "b"] * 6)


def digests(**other: Any) -> dict[Key, str]:
    """Digests of knn on two folds, with one thing changed."""
    head: Head = dataclasses.replace(get_head("knn"), **other.get("head", {}))
    table = make_table(
        other.get("X", X), other.get("y", Y), other.get("groups", np.arange(12)), other.get("labels")
    )
    test = other.get("test", np.arange(6, 12))
    rest = np.setdiff1d(np.arange(12), test)
    folds = [Fold("fold-1", test, rest), Fold("fold-2", rest, test)]
    tasks = make_tasks([head], table, [folds], other.get("seed", 0))
    return {key: task.digest for key, task in tasks.items()}


CHANGES = {
    "X": {"X": X + np.float32(1e-6) * np.eye(12, 3, dtype=np.float32)},
    "y": {"y": np.array(["a", "b"] * 5 + ["b", "a"])},
    "groups": {"groups": np.array([*range(11), 10])},
    "order of labels": {"labels": ("b", "a")},
    "fold": {"test": np.array([1, *range(7, 12)])},
    "seed": {"seed": 1},
    "grid": {"head": {"grid": {"n_neighbors": [1, 3]}}},
    "defaults": {"head": {"build": lambda seed: KNNHead(n_neighbors=7)}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_thing_that_decides_makes_another_part(change: str) -> None:
    same, other = digests(), digests(**CHANGES[change])
    assert same == digests()
    assert same[KEY] != other[KEY]


def test_a_part_reads_back_to_the_same_bits(tmp_path: Path) -> None:
    head, table, finished = get_head("knn"), make_table(X, Y, np.arange(12)), Finished(tmp_path / "parts")
    folds = [Fold("fold-1", np.arange(6, 12), np.arange(6)), Fold("fold-2", np.arange(6), np.arange(6, 12))]
    made, resumed = run_heads([head], table, [folds], finished)
    read, again = run_heads([head], table, [folds], finished)
    assert (resumed, again) == (0, 2)
    assert read.keys() == made.keys()
    for key, (result, seconds) in made.items():
        assert np.array_equal(read[key].result.scores, result.scores)
        assert read[key].result.run == result.run
        assert read[key].cpu_seconds == seconds
    finished.remove()
    assert not finished.folder.exists()
    finished.remove()
