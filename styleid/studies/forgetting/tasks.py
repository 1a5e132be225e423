"""The tasks of the forgetting study: each label against the rest, as the notebook cut them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from styleid.errors import InputError
from styleid.evaluate.seeds import child_seed

#: The notebook's numbers: pictures of a person, as many of others, and the share of both that is tested.
POSITIVES = 150
TEST_SHARE = 0.3
#: Up to this many labels every order is run, beyond it this many orders are drawn.
ALL_ORDERS_UP_TO = 4
SAMPLED_ORDERS = 24
#: Divisions of the groups tried; the one nearest to 70/30 for every label is taken.
ATTEMPTS = 50
#: What the seeds of the division, and of the draws of a label's own pictures and of its others, are for.
_DIVIDE, _DRAW, _OTHERS = 0, 1, 3


@dataclass(frozen=True, eq=False)
class Task:
    """One label against the rest: rows to train on and to test, half of each the label's."""

    label: str
    train: NDArray[np.int64]
    test: NDArray[np.int64]


def make_tasks(
    y: NDArray[np.str_],
    groups: NDArray[np.int64],
    labels: Sequence[str],
    positives: int = POSITIVES,
    seed: int = 42,
    shared_others: bool = False,
) -> list[Task]:
    """Draw each label's pictures and as many of others, and divide them 70/30, in the order of `labels`.

    One division of the groups serves all tasks: what one task tests, no other trains on, or a network
    retrained for the next label would be shown the former one's test pictures.

    `positives` counts training and test together; fewer are taken, of a label and of others, where a side of
    the division holds fewer. With `shared_others` the others are of labels that are not studied and the same
    for all tasks; else each task draws its own from all other labels, those studied among them.
    """
    missing = sorted(set(labels) - set(y.tolist()))
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if missing or twice or len(labels) < 2:
        fault = (
            f"there is no {', '.join(map(repr, missing))}"
            if missing
            else f"{', '.join(map(repr, twice))} stands there twice"
            if twice
            else f"expected at least two labels, found {', '.join(labels) or 'none'}"
        )
        raise InputError(
            f"--labels: {fault}; there are: {', '.join(sorted(set(y.tolist())))}",
            labels=tuple(labels),
        )
    outside = ~np.isin(y, labels)
    if shared_others and not outside.any():
        raise InputError(
            "--shared-others needs pictures of labels that are not studied, found none; add some, study "
            "fewer labels, or leave the option out"
        )
    tested = divide_groups(y, groups, child_seed(seed, _DIVIDE))
    n_train = round(positives * (1 - TEST_SHARE))
    tasks = []
    for place, label in enumerate(labels):
        labelled = y == label
        others = outside if shared_others else ~labelled
        sides = []
        for side, (rows, wanted) in enumerate(((~tested, n_train), (tested, positives - n_train))):
            purposes = (_DRAW, side, place), (_OTHERS, side) if shared_others else (_OTHERS, side, place)
            draws = [np.random.default_rng(child_seed(seed, *purpose)) for purpose in purposes]
            sides.append(_balanced(labelled & rows, others & rows, wanted, draws))
        tasks.append(Task(label, *sides))
    return tasks


def divide_groups(y: NDArray[np.str_], groups: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Choose whole groups for the test side, (n,) bool, so that about 30 % of each label are there.

    If no division leaves every label on both sides, InputError is raised.
    """
    _, label = np.unique(y, return_inverse=True)
    _, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((group.max() + 1, label.max() + 1))
    np.add.at(counts, (group, label), 1)
    rng = np.random.default_rng(seed)
    best, nearest = None, np.inf
    for _ in range(ATTEMPTS):
        order = rng.permutation(len(counts))
        sizes = counts[order].sum(axis=1).cumsum()
        taken = order[: max(1, int(np.abs(sizes - TEST_SHARE * len(y)).argmin()) + 1)]
        shares = counts[taken].sum(axis=0) / counts.sum(axis=0)
        distance = float(np.abs(shares - TEST_SHARE).max())
        if distance < nearest and shares.min() > 0 and shares.max() < 1:
            best, nearest = taken, distance
    if best is None:
        small = bool(((counts > 0).sum(axis=0) < 2).any())
        way = ", or leave labels with fewer than 2 out with --skip-small" if small else ""
        raise InputError(
            "expected groups that can be divided 70/30 with every label on both sides, found none in "
            f"{ATTEMPTS} tries; add pictures or groups{way}"
        )
    return np.isin(group, best)


def orders_of(labels: Sequence[str], at_most: int | None = None, seed: int = 42) -> list[tuple[int, ...]]:
    """List the orders in which labels are learned, as places in `labels`; the order given comes first.

    Where orders are drawn, they come as turns of one another (abc, bca, cab): over whole turns each label
    stands equally often at each place.
    """
    k = len(labels)
    wanted = at_most or (factorial(k) if k <= ALL_ORDERS_UP_TO else SAMPLED_ORDERS)
    if wanted >= factorial(k):
        return list(permutations(range(k)))
    rng = np.random.default_rng(seed)
    orders: dict[tuple[int, ...], None] = {}
    start = list(range(k))
    while len(orders) < wanted:
        for turn in range(k):
            orders[tuple(start[turn:] + start[:turn])] = None
        start = rng.permutation(k).tolist()
    return list(orders)[:wanted]


def _balanced(
    labelled: NDArray[np.bool_],
    others: NDArray[np.bool_],
    wanted: int,
    draws: Sequence[np.random.Generator],
) -> NDArray[np.int64]:
    sides = np.flatnonzero(labelled), np.flatnonzero(others)
    n = min(wanted, *map(len, sides))
    # Of a permutation the first n: a task that takes fewer takes some of the same.
    drawn = [rng.permutation(rows)[:n] for rng, rows in zip(draws, sides, strict=True)]
    return np.sort(np.concatenate(drawn))
