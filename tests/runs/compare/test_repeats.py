from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from evaluate_cases import NEAREST, SEEN, SPY, bare_table, drawn_table
from sklearn.dummy import DummyClassifier

from styleid import cross_validate, make_table
from styleid.errors import InputError
from styleid.evaluate.table import Fold, Table
from styleid.heads.base import Head, get_head
from styleid.runs.compare import repeats as module
from styleid.runs.compare.repeats import Done, Key, collect_repeats, repeated_folds, run_heads
from styleid.runs.finished import Finished

#: Its answers are drawn: what it gives depends on the seed, and costs nothing.
DRAWN = Head(
    "drawn", "", lambda seed: DummyClassifier(strategy="stratified", random_state=seed), {}, complexity=1
)


def folds_and_table(n_repeats: int = 2, **kind: int):
    X, y, groups = drawn_table(**kind)
    table = make_table(X, y, groups)
    folds, _ = repeated_folds(table, 3, n_repeats, seed=5)
    return folds, table


def run_all(
    heads: Sequence[Head], table: Table, folds: Sequence[Sequence[Fold]], **how: Any
) -> dict[Key, Done]:
    """Score heads from the beginning."""
    with TemporaryDirectory() as folder:
        return run_heads(heads, table, folds, Finished(Path(folder)), **how)[0]


def test_repeats_are_grouped_complete_and_different() -> None:
    _, y, groups = drawn_table()
    table = bare_table(y, groups)
    repeats, notes = repeated_folds(table, 3, 3, seed=5)
    assert notes == []
    for folds in repeats:
        assert np.array_equal(np.sort(np.concatenate([fold.test for fold in folds])), np.arange(90))
        assert not any(set(groups[fold.train]) & set(groups[fold.test]) for fold in folds)
    assert len({folds[0].test.tobytes() for folds in repeats}) == 3
    again, _ = repeated_folds(table, 3, 2, seed=5)
    assert all(np.array_equal(again[1][i].test, repeats[1][i].test) for i in range(3)), (
        "fewer repeats: the same"
    )
    with pytest.raises(InputError, match="at least 1 repeat"):
        repeated_folds(table, 3, 0)


def test_few_groups_give_the_same_division_again_and_a_note_says_so() -> None:
    y, groups = np.array(["a", "a", "b", "b"]), np.array([0, 0, 1, 1])
    groups = np.arange(4)
    _, notes = repeated_folds(bare_table(y, groups), 2, 5)
    assert any("only 2 different divisions" in note for note in notes)


def test_all_heads_see_the_same_folds_inside_and_out() -> None:
    """Two spies write down each row they are fitted on and scored on."""
    folds, table = folds_and_table()
    other = dataclasses.replace(SPY, name="other")
    SEEN.clear()
    run_all([SPY], table, folds, seed=3)
    first = [(e["event"], e["rows"].tolist()) for e in SEEN]
    SEEN.clear()
    run_all([other, SPY], table, folds, seed=3)
    both = [(e["event"], e["rows"].tolist()) for e in SEEN]
    assert both == first + first, "rows, and their order, searches included"
    scored = [rows for event, rows in first if event == "score"]
    assert scored == [fold.test.tolist() for repeat in folds for fold in repeat]


def test_the_first_repeat_is_what_cross_validation_gives() -> None:
    folds, table = folds_and_table()
    done = run_all([DRAWN], table, folds, seed=5)
    first, second = collect_repeats("drawn", table, folds, done)
    alone = cross_validate(DRAWN, table, folds[0], seed=5)
    assert np.array_equal(first.scores, alone.scores)
    assert not np.array_equal(first.scores, second.scores)


def test_one_core_or_two_and_whatever_the_order() -> None:
    folds, table = folds_and_table()
    one = run_all([DRAWN, NEAREST], table, folds, seed=1, n_jobs=1)
    two = run_all([NEAREST, DRAWN], table, folds, seed=1, n_jobs=2)
    assert one.keys() == two.keys()
    assert all(np.array_equal(one[key].result.scores, two[key].result.scores) for key in one)


def test_finished_tasks_are_not_done_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folds, table = folds_and_table()
    finished = Finished(tmp_path / "parts")
    whole, resumed = run_heads([SPY, NEAREST], table, folds, finished)
    assert (len(whole), resumed) == (12, 0)
    for r, f in ((0, 0), (0, 2), (1, 0), (1, 2)):
        (part,) = finished.folder.glob(f"spy-{r + 1}-{f + 1}-*")
        part.unlink()
    ran, steps = [], []
    real = module.run_fold
    monkeypatch.setattr(module, "run_fold", lambda head, *rest: ran.append(head.name) or real(head, *rest))
    again, resumed = run_heads(
        [SPY, NEAREST], table, folds, finished, progress=lambda done, total: steps.append((done, total))
    )
    assert (ran, resumed) == (["spy"] * 4, 8)
    assert len(list(finished.folder.iterdir())) == 12
    assert steps == [(done, 12) for done in range(8, 13)]
    assert again.keys() == whole.keys()
    assert all(np.array_equal(again[key].result.scores, whole[key].result.scores) for key in whole)


def test_the_longest_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    folds, table = folds_and_table(1)
    ran = []
    real = module.run_fold
    monkeypatch.setattr(module, "run_fold", lambda head, *rest: ran.append(head.name) or real(NEAREST, *rest))
    names = ("logreg", "svm", "mlp", "knn", "centroid")
    run_all([get_head(name) for name in names], table, folds)
    assert ran[:3] == ["mlp"] * 3
    assert ran[-3:] == ["centroid"] * 3


def test_folds_that_leak_are_refused() -> None:
    folds, table = folds_and_table()
    with pytest.raises(InputError, match="one group in two"):
        run_all([NEAREST], dataclasses.replace(table, components=np.zeros(90, dtype=int)), folds)


def test_two_heads_of_one_name_are_refused() -> None:
    """The results of one would stand under the name of both."""
    folds, table = folds_and_table()
    with pytest.raises(InputError, match="heads of different names, found nn, nn"):
        run_all([NEAREST, dataclasses.replace(NEAREST, complexity=7)], table, folds)
