"""Cut rows into folds, or into holdout parts, that no component crosses, and check what came out.

A split that leaks flatters every number after it, so the splitter is not trusted: each result is checked
for empty folds, shared components, and labels missing from a training part. Naive folds are the same
call with every row its own component.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from styleid.errors import InputError
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.table import Fold, largest_shares, refuse_gaps
from styleid.given import check_seed, check_whole

#: One in five rows is tested; one in five of the others validates: 64 / 16 / 20 %.
PARTS = 5
#: Labels that one line names; of a thousand it says how many more there are.
MOST_LISTED = 30
#: Shares of labels this close to a fifth, averaged, are not worth another attempt.
CLOSE_ENOUGH = 0.01
#: Spellings of the parts in a manifest's ``split`` column.
GIVEN = ("train", "val", "test")

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
    check_whole(n_splits, "n_splits", 1)
    check_seed(seed)
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
    refuse_gaps(label=y, component=components)
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
        listed = ", ".join(f"{name!r} ({count})" for name, count in list(small.items())[:MOST_LISTED])
        if len(small) > MOST_LISTED:
            listed += f" and {len(small) - MOST_LISTED:,} more labels"
        way = ", or leave such labels out with --skip-small" if len(names) - len(small) > 1 else ""
        raise InputError(
            f"expected at least 2 groups of pictures for every label, one to learn from and one to score; "
            f"found fewer for {listed}; add pictures or groups{way}",
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


def holdout(y: ArrayLike, components: ArrayLike, seed: int = 0) -> Fold:
    """Draw 64 % of the rows for training, 16 % for validation and 20 % for the test, as near as groups allow.

    Each part is stratified, and no component is in two of them. Where components are too few there is no
    validation part, and a note. Raises `InputError` where a label has fewer than 2 components, there is one
    label only, or no sound division is found.
    """
    label, group = check_labels(y, components)
    everything = np.arange(len(label))
    test = _fifth(label, group, everything, child_seed(seed, 0))
    if test is None:
        raise InputError(
            "no holdout keeps groups together and every label in the training part; "
            "the groups join pictures of too many labels: look at the groups, or use folds"
        )
    train, validation, notes = _with_validation(label, group, np.setdiff1d(everything, test), seed)
    notes += _absent("test", y, test) + ([] if validation is None else _absent("validation", y, validation))
    return Fold("holdout", train, test, validation, tuple(notes))


def given_split(split: Sequence[str], y: ArrayLike, components: ArrayLike, seed: int = 0) -> Fold:
    """Use the division that a manifest gives: ``train``, ``val``, ``test`` or ``""`` for each row.

    The notes say which rows are left out: those without a part, and those of a lesser part (training below
    validation below test) whose component is also in a greater one. Where no row is for validation, a fifth
    of the training rows is drawn for it. A label scored but not learned is an `InputError`.
    """
    part = np.array([str(value) for value in split])
    unknown = sorted(set(part.tolist()) - {*GIVEN, ""})
    if unknown:
        raise InputError(
            f"expected train, val or test in the split column, found {', '.join(map(repr, unknown))}; "
            "correct it",
            found=tuple(unknown),
        )
    names, label = np.unique(np.asarray(y), return_inverse=True)
    _, group = np.unique(np.asarray(components), return_inverse=True)
    rows = {name: np.flatnonzero(part == name) for name in GIVEN}
    unset = int(np.sum(part == ""))
    notes = [f"{unset} pictures have no part in the given split and are left out"] if unset else []
    for lesser, greater in (("val", ("test",)), ("train", ("test", "val"))):
        held = np.isin(group[rows[lesser]], np.concatenate([group[rows[name]] for name in greater]))
        rows[lesser] = rows[lesser][~held]
        if held.any():
            where = " or ".join(greater)
            notes.append(f"{held.sum()} {lesser} pictures are left out: their group also occurs in {where}")
    _refuse_missing(names, label, rows)
    train, validation = rows["train"], rows["val"] if len(rows["val"]) else None
    if validation is None:
        train, validation, further = _with_validation(label, group, train, seed)
        if (part == "val").any() and validation is not None:
            notes.append("no val picture is left: training pictures are drawn for validation instead")
        notes += further
    notes += _absent("test", y, rows["test"])
    return Fold("given", train, rows["test"], validation, tuple(notes))


def _fifth(
    label: NDArray[np.int64], group: NDArray[np.int64], rows: NDArray[np.int64], seed: int
) -> NDArray[np.int64] | None:
    """Choose the part of `rows` nearest to a fifth of each label that leaves every label behind."""
    _, own_label = np.unique(label[rows], return_inverse=True)
    _, own_group = np.unique(group[rows], return_inverse=True)
    n_splits = min(PARTS, int(groups_per_label(own_label, own_group).max()))
    if n_splits < 2:
        return None
    total = np.bincount(own_label)
    best, nearest = None, np.inf
    for attempt in range(ATTEMPTS):
        for part in split_rows(own_label, own_group, n_splits, child_seed(seed, attempt)):
            taken = np.bincount(own_label[part], minlength=len(total))
            apart = not np.isin(own_group[part], np.delete(own_group, part)).any()
            distance = float(np.mean(np.abs(taken / total - 1 / PARTS)))
            if len(part) and np.all(taken < total) and apart and distance < nearest:
                best, nearest = part, distance
        if nearest < CLOSE_ENOUGH:
            break
    return None if best is None else np.sort(rows[best])


def _with_validation(
    label: NDArray[np.int64], group: NDArray[np.int64], rows: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None, list[str]]:
    """Draw a validation part from training rows: (the rest, the part or None, notes)."""
    validation = _fifth(label, group, rows, child_seed(seed, 1))
    if validation is None:
        return rows, None, ["no validation part: the labels have too few groups for a third part"]
    return np.setdiff1d(rows, validation), validation, []


def _absent(part: str, y: ArrayLike, rows: NDArray[np.int64]) -> list[str]:
    """Note the labels a part says nothing about."""
    labels = np.asarray(y)
    missing = np.setdiff1d(labels, labels[rows])
    if not len(missing):
        return []
    return [f"the {part} part has no picture of {', '.join(repr(str(name)) for name in missing)}"]


def _refuse_missing(
    names: NDArray[np.str_], label: NDArray[np.int64], rows: dict[str, NDArray[np.int64]]
) -> None:
    """Raise unless there are rows to learn from and to score, and each scored label can be learned."""
    for name in ("train", "test"):
        if not len(rows[name]):
            raise InputError(
                f"expected train and test pictures in the split column, found no usable {name} picture; "
                "fill the split column, or leave it empty to have folds drawn",
                part=name,
            )
    learned = np.unique(label[rows["train"]])
    scored = np.concatenate([label[rows["val"]], label[rows["test"]]])
    missing = [str(names[index]) for index in np.setdiff1d(scored, learned)]
    if missing or len(learned) < 2:
        raise InputError(
            f"expected training pictures of every label, at least two, found none of "
            f"{', '.join(map(repr, missing)) or 'a second label'}; add some, or leave the label out",
            labels=tuple(missing),
        )
