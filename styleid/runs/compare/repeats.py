"""Repeated grouped folds, and every head on all of them: one task a head, repeat and fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from styleid.errors import InputError
from styleid.evaluate.crossval import FoldRun, FoldScores, Predictions, collect, run_fold
from styleid.evaluate.seeds import REPEAT, child_seed
from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.table import Fold, Table, check_folds
from styleid.heads.base import Head
from styleid.runs.finished import Finished, Work, deciding_versions, digest_of

#: Raised when the code of heads, searches or folds changes what a task gives.
TASKS_VERSION = 3


class Key(NamedTuple):
    """Which task: name of the head, number of the repeat, number of the fold; numbers from 0."""

    head: str
    repeat: int
    fold: int


class Done(NamedTuple):
    """A finished task: its scores and how the head was fitted, and the processor time of it all."""

    result: FoldScores
    cpu_seconds: float


def repeat_seed(seed: int, repeat: int) -> int:
    """Return the seed of one repeat; repeat 0 keeps the user's, so it is what `cross_validate` gives."""
    return seed if repeat == 0 else child_seed(seed, REPEAT, repeat)


def repeated_folds(
    table: Table, n_splits: int = 5, n_repeats: int = 3, seed: int = 0
) -> tuple[list[list[Fold]], list[str]]:
    """Cut the rows into grouped folds `n_repeats` times, each time by another shuffle; return notes too."""
    if n_repeats < 1:
        raise InputError(f"expected at least 1 repeat, found {n_repeats}; ask for 1 or more")
    y, components = table.y, table.components
    made = [grouped_folds(y, components, n_splits, repeat_seed(seed, i)) for i in range(n_repeats)]
    repeats = [folds for folds, _ in made]
    notes = list(dict.fromkeys(note for _, notes in made for note in notes))
    different = len({frozenset(fold.test.tobytes() for fold in folds) for folds in repeats})
    if different < n_repeats:
        notes.append(
            f"the groups are so few that {n_repeats} repeats gave only {different} different divisions"
        )
    return repeats, notes


def run_heads(
    heads: Sequence[Head],
    table: Table,
    repeats: Sequence[Sequence[Fold]],
    finished: Finished,
    *,
    seed: int = 0,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[Key, Done], int]:
    """Search, fit and score every head on every fold of every repeat; return how many were finished before.

    All heads see the same folds and, for each repeat and fold, the same seed; `n_jobs` does not change the
    results.
    """
    names = [head.name for head in heads]
    if len(set(names)) < len(names):
        raise InputError(f"expected heads of different names, found {', '.join(names)}; name each once")
    for folds in repeats:
        check_folds(folds, table.components)
    tasks = make_tasks(heads, table, repeats, seed)
    contents, resumed = finished.run({_name(key): task for key, task in tasks.items()}, n_jobs, progress)
    return {key: _done(contents[_name(key)]) for key in tasks}, resumed


def make_tasks(
    heads: Sequence[Head], table: Table, repeats: Sequence[Sequence[Fold]], seed: int
) -> dict[Key, Work]:
    """List what is to be done; vectors, labels, folds, grids, seeds and versions decide each one's digest."""
    # The bytes, not the store's name or the manifest's date, say whether the rows are the same.
    common = digest_of(
        TASKS_VERSION,
        deciding_versions(),
        seed,
        list(table.labels),
        *(np.ascontiguousarray(array) for array in (table.X, table.y, table.components)),
    )
    tasks = {}
    # The most complex first: they take longest, and a long task begun last leaves the other core idle.
    for head in sorted(heads, key=lambda head: -head.complexity):
        # The head's own parameters too; the grid does not name them.
        parameters = repr(sorted(head.build(0).get_params().items()))
        recipe = [repr(head.grid), parameters]
        for r, folds in enumerate(repeats):
            for f, fold in enumerate(folds):
                key, chance = Key(head.name, r, f), child_seed(repeat_seed(seed, r), f)
                digest = digest_of(common, list(key), recipe, fold.name, fold.train, fold.test)
                tasks[key] = Work(digest, partial(_run, head, table, fold, chance))
    return tasks


def collect_repeats(
    head: str, table: Table, repeats: Sequence[Sequence[Fold]], done: Mapping[Key, Done]
) -> list[Predictions]:
    """Put a head's tasks together, one `Predictions` of all rows a repeat."""
    return [
        collect(table, folds, [done[Key(head, r, f)].result for f in range(len(folds))])
        for r, folds in enumerate(repeats)
    ]


def _run(head: Head, table: Table, fold: Fold, seed: int) -> dict[str, Any]:
    """Do one task; learning curves are not kept."""
    began = process_time()
    scores, run = run_fold(head, table, fold, seed)
    kept = asdict(run) | {"curves": []}
    return {"scores": scores.tolist(), "run": kept, "cpu_seconds": process_time() - began}


def _done(content: Mapping[str, Any]) -> Done:
    tuples = {"notes": tuple(content["run"]["notes"]), "lead": tuple(content["run"].get("lead", (1.0,)))}
    run = FoldRun(**{**content["run"], **tuples, "curves": ()})
    return Done(FoldScores(np.array(content["scores"], dtype=np.float64), run), content["cpu_seconds"])


def _name(key: Key) -> str:
    return f"{key.head}-{key.repeat + 1}-{key.fold + 1}"
