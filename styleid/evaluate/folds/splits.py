"""Cut rows into folds that no component crosses, and check what came out.

A split that leaks flatters every number after it, so the splitter is not trusted: each result is checked
for empty folds, shared components, and labels missing from a training part. Naive folds are the same
call with every row its own component.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from styleid.errors import InputError
from styleid.evaluate.folds.components import largest_shares
from styleid.evaluate.folds.seeds import child_seed
from styleid.evaluate.folds.table import Fold

#: Splits tried with derived seeds before the number of folds is lowered.
ATTEMPTS = 5


def grouped_folds(
    y: ArrayLike, components: ArrayLike, n_splits: int = 5, seed: int = 0
) -> tuple[list[Fold], list[str]]:
    """Cut the rows into stratified folds that no component crosses; every row is in exactly one test part.

    Parameters
    ----------
    y : array_like of str
        (n,) labels.
    components : array_like of str or int
        (n,) component of each row, as `join_groups` numbers them.
    n_splits : int
        Folds wanted, >= 2. Fewer are made, with a note, where the components do not allow as many.
    seed : int
        Seed of the shuffle.

    Returns
    -------
    folds : list of Fold
        At least 2; every label is in every training part.
    notes : list of str
        One line for each thing a reader should know.

    Raises
    ------
    InputError
        If there is one label only, a label has fewer than 2 components, or no sound split is found.
    """
    if n_splits < 2:
        raise InputError(f"expected at least 2 folds, found {n_splits}; ask for 2 or more", n_splits=n_splits)
    label, group = check_labels(y, components)
    # More folds than the richest label has groups would leave test parts with nothing of most labels.
    possible = min(n_splits, int(groups_per_label(label, group).max()))
    for count in range(possible, 1, -1):
        for attempt in range(ATTEMPTS):
            tests = list(split_rows(label, group, count, child_seed(seed, count, attempt)))
            if all(_is_sound(label, group, test) for test in tests):
                rows = np.arange(len(label))
                folds = [
                    Fold(f"fold-{i}", np.setdiff1d(rows, test), np.sort(test))
                    for i, test in enumerate(tests, 1)
                ]
                return folds, _notes(y, label, group, n_splits, count)
    raise InputError(
        f"no split into 2 or more parts keeps groups together and every label in every training part; "
        f"the {group.max() + 1} groups join pictures of too many labels: "
        "look at the groups, or make them smaller",
        n_groups=int(group.max()) + 1,
    )


def check_labels(y: ArrayLike, components: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return labels and components as (n,) numbers from 0, in sorted order of the names.

    Every label must have the two components that a split needs.
    """
    named, component = np.asarray(y), np.asarray(components)
    if named.shape != component.shape or named.ndim != 1:
        raise InputError(
            f"expected one group for every label, found shapes {component.shape} and {named.shape}; "
            "give both in the same row order"
        )
    names, label = np.unique(named, return_inverse=True)
    if len(names) < 2:
        raise InputError(
            f"expected pictures of at least 2 labels, found {len(names)} "
            f"({', '.join(map(str, names)) or 'none'}); add pictures of another label",
            labels=tuple(map(str, names)),
        )
    _, group = np.unique(component, return_inverse=True)
    counts = groups_per_label(label, group)
    small = {str(name): int(count) for name, count in zip(names, counts, strict=True) if count < 2}
    if small:
        listed = ", ".join(f"{name!r} ({count})" for name, count in small.items())
        raise InputError(
            f"expected at least 2 groups of pictures for every label, one to learn from and one to score; "
            f"found fewer for {listed}; add pictures or groups, or leave such labels out with --skip-small",
            labels=small,
        )
    return label, group


def groups_per_label(label: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the distinct components of each label: (n_labels,)."""
    pairs = np.unique(np.column_stack([label, group]), axis=0)
    return np.bincount(pairs[:, 0]).astype(np.int64)


def split_rows(
    label: NDArray[np.int64], group: NDArray[np.int64], n_splits: int, seed: int
) -> Iterator[NDArray[np.int64]]:
    """Yield the test rows of each fold, ascending and unchecked.

    `n_splits` is at most the number of components of the label that has most.
    """
    alone = len(np.unique(group)) == len(group)
    # The group-aware splitter walks group by group in Python: 5 s for 20,000 rows that are each
    # alone, where the plain one is exact and immediate.
    kind = StratifiedKFold if alone else StratifiedGroupKFold
    splitter = kind(n_splits, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # "fewer members than folds", "many classes": judged by what comes out, not by what may.
        warnings.simplefilter("ignore", UserWarning)
        for _, test in splitter.split(np.zeros(len(label)), label, group):
            yield np.asarray(test, dtype=np.int64)


def _is_sound(label: NDArray[np.int64], group: NDArray[np.int64], test: NDArray[np.int64]) -> bool:
    """Say whether a test part is not empty, shares no component, and leaves every label in training."""
    train = np.ones(len(label), dtype=bool)
    train[test] = False
    if not len(test) or len(np.unique(label[train])) <= label.max():
        return False
    return not np.isin(group[test], group[train]).any()


def _notes(
    y: ArrayLike, label: NDArray[np.int64], group: NDArray[np.int64], wanted: int, made: int
) -> list[str]:
    """Say what a reader of the scores should know about the folds."""
    notes = []
    if made < wanted:
        notes.append(f"asked for {wanted} folds, made {made}: the labels have too few groups for more")
    counts = zip(np.unique(np.asarray(y)), groups_per_label(label, group), strict=True)
    few = [f"{str(name)!r} ({count})" for name, count in counts if count < made]
    if few:
        notes.append(f"fewer groups than the {made} folds, so absent from some test parts: {', '.join(few)}")
    notes += [
        f"one group holds {share:.0%} of the pictures of {name!r}: its numbers rest on few groups"
        for name, share in largest_shares(group, y).items()
        if share > 0.5
    ]
    return notes
