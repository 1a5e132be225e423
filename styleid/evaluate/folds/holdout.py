"""Divide the rows once: into training, validation and test part, drawn or given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.evaluate.folds.seeds import child_seed
from styleid.evaluate.folds.splits import ATTEMPTS, check_labels, groups_per_label, split_rows
from styleid.evaluate.folds.table import Fold

#: One in five rows is tested; one in five of the others validates: 64 / 16 / 20 %.
PARTS = 5

#: Shares of labels this close to a fifth, averaged, are not worth another attempt.
CLOSE_ENOUGH = 0.01

#: Spellings of the parts in a manifest's ``split`` column.
GIVEN = ("train", "val", "test")


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
