"""Repeated grouped folds, and every head on all of them: one task a head, repeat and fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import process_time
from typing import NamedTuple

from joblib import Parallel, delayed
from numpy.typing import ArrayLike

from styleid.errors import InputError
from styleid.evaluate.crossval import collect, run_fold
from styleid.evaluate.fold import Fold, check_folds
from styleid.evaluate.predictions import FoldScores, Predictions
from styleid.evaluate.seeds import REPEAT, child_seed
from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.table import Table
from styleid.heads.base import Head


class Key(NamedTuple):
    """Which task: name of the head, number of the repeat, number of the fold; numbers from 0."""

    head: str
    repeat: int
    fold: int


class Done(NamedTuple):
    """A finished task: its scores and how they came about, and the processor time of it all."""

    result: FoldScores
    cpu_seconds: float


def repeat_seed(seed: int, repeat: int) -> int:
    """Return the seed of one repeat; the first has the user's, so it is what `cross_validate` gives.

    Parameters
    ----------
    seed : int
        The user's seed.
    repeat : int
        Number of the repeat, from 0.

    Returns
    -------
    int
    """
    return seed if repeat == 0 else child_seed(seed, REPEAT, repeat)


def repeated_folds(
    y: ArrayLike, groups: ArrayLike, n_splits: int = 5, n_repeats: int = 3, seed: int = 0
) -> tuple[list[list[Fold]], list[str]]:
    """Cut the rows into grouped folds again and again, each time by another shuffle.

    Parameters
    ----------
    y, groups, n_splits
        As for `styleid.evaluate.splits.grouped_folds`.
    n_repeats : int
        Times, >= 1.
    seed : int
        Seed of the shuffles.

    Returns
    -------
    repeats : list of list of Fold
        One list a repeat.
    notes : list of str
        What a reader should know.

    Raises
    ------
    InputError
        As for `styleid.evaluate.splits.grouped_folds`, or if there are no repeats.
    """
    if n_repeats < 1:
        raise InputError(f"expected at least 1 repeat, found {n_repeats}; ask for 1 or more")
    made = [grouped_folds(y, groups, n_splits, repeat_seed(seed, i)) for i in range(n_repeats)]
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
    finished: Mapping[Key, Done] | None = None,
    save: Callable[[Key, Done], None] | None = None,
) -> dict[Key, Done]:
    """Search, fit and score every head on every fold of every repeat.

    Parameters
    ----------
    heads : sequence of Head
        Names all different.
    table : Table
        The rows.
    repeats : sequence of sequence of Fold
        All heads see these; the folds of each cover all rows.
    seed : int
        Seed of inner folds and heads; they depend on repeat and fold, and are the same for all heads.
    n_jobs : int
        Tasks worked on at a time. The results do not depend on it.
    progress : callable, optional
        Called as ``progress(done, total)``: at the start, then after each task.
    finished : mapping of Key to Done, optional
        Tasks that are not to be done again.
    save : callable, optional
        Called as ``save(key, done)`` in this process after each task that was done.

    Returns
    -------
    dict of Key to Done

    Raises
    ------
    InputError
        If a fold is not sound for these groups.
    """
    for folds in repeats:
        check_folds(folds, table.groups)
    # The most complex first: they take longest, and a long task begun last leaves the other core idle.
    by_name = {head.name: head for head in sorted(heads, key=lambda head: -head.complexity)}
    keys = [Key(name, r, f) for name in by_name for r, folds in enumerate(repeats) for f in range(len(folds))]
    done = {key: finished[key] for key in keys if finished and key in finished}
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
    for key, task in Parallel(n_jobs=n_jobs, return_as="generator_unordered")(tasks):
        done[key] = task
        if save is not None:
            save(key, task)
        if progress is not None:
            progress(len(done), len(keys))
    return done


def collect_repeats(
    head: str, table: Table, repeats: Sequence[Sequence[Fold]], done: Mapping[Key, Done]
) -> list[Predictions]:
    """Put a head's tasks together.

    Parameters
    ----------
    head : str
        Name of the head.
    table, repeats
        As for `run_heads`.
    done : mapping of Key to Done
        What it returned.

    Returns
    -------
    list of Predictions
        One a repeat, each of all rows.
    """
    return [
        collect(table, folds, [done[Key(head, r, f)].result for f in range(len(folds))])
        for r, folds in enumerate(repeats)
    ]


def _run(key: Key, head: Head, table: Table, fold: Fold, seed: int) -> tuple[Key, Done]:
    began = process_time()
    result = run_fold(head, table, fold, seed)
    return key, Done(result, process_time() - began)
