"""Repeated grouped folds, and every head on all of them: one task a head, repeat and fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import process_time
from typing import TYPE_CHECKING, NamedTuple

from joblib import Parallel, delayed

from styleid.errors import InputError
from styleid.evaluate.folds.seeds import REPEAT, child_seed
from styleid.evaluate.folds.splits import grouped_folds
from styleid.evaluate.folds.table import Fold, Table, check_folds
from styleid.evaluate.scoring.crossval import collect, run_fold
from styleid.evaluate.scoring.predictions import FoldScores, Predictions
from styleid.heads.base import Head

if TYPE_CHECKING:
    from styleid.runs.compare.parts import Parts


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
    *,
    seed: int = 0,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
    parts: Parts | None = None,
) -> dict[Key, Done]:
    """Search, fit and score every head on every fold of every repeat; `n_jobs` does not change the results.

    All heads see the same folds and, for each repeat and fold, the same seed; and their names differ. The
    folds of each repeat cover all rows. `progress(done, total)` is called at the start and after each task;
    Tasks finished in `parts` are not done again, and those done are saved there, by this process.
    """
    names = [head.name for head in heads]
    if len(set(names)) < len(names):
        raise InputError(f"expected heads of different names, found {', '.join(names)}; name each once")
    for folds in repeats:
        check_folds(folds, table.components)
    # The most complex first: they take longest, and a long task begun last leaves the other core idle.
    by_name = {head.name: head for head in sorted(heads, key=lambda head: -head.complexity)}
    keys = [Key(name, r, f) for name in by_name for r, folds in enumerate(repeats) for f in range(len(folds))]
    finished = {} if parts is None else parts.finished
    done = {key: finished[key] for key in keys if key in finished}
    tasks = (
        delayed(_run)(
            key,
            by_name[key.head],
            table,
            repeats[key.repeat][key.fold],
            child_seed(repeat_seed(seed, key.repeat), key.fold),
        )
        for key in keys
        if key not in done
    )
    if progress is not None:
        progress(len(done), len(keys))
    workers = max(1, min(len(keys) - len(done), n_jobs))
    for key, task in Parallel(n_jobs=workers, return_as="generator_unordered")(tasks):
        done[key] = task
        if parts is not None:
            parts.save(key, task)
        if progress is not None:
            progress(len(done), len(keys))
    return done


def collect_repeats(
    head: str, table: Table, repeats: Sequence[Sequence[Fold]], done: Mapping[Key, Done]
) -> list[Predictions]:
    """Put a head's tasks together, one `Predictions` of all rows a repeat."""
    return [
        collect(table, folds, [done[Key(head, r, f)].result for f in range(len(folds))])
        for r, folds in enumerate(repeats)
    ]


def _run(key: Key, head: Head, table: Table, fold: Fold, seed: int) -> tuple[Key, Done]:
    began = process_time()
    result = run_fold(head, table, fold, seed)
    return key, Done(result, process_time() - began)
