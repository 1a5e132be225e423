"""Count how often a hand that nobody showed the head is called the target.

"This artist against the others" is learned from the others there are. A picture by someone else again belongs
to neither side, and nothing makes such a head say "others". Here each label of the others is left out of
training in turn, and its pictures are then scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from styleid.errors import InputError
from styleid.evaluate.fitting import NEGATIVE, POSITIVE, against_rest, fit_head, label_scores
from styleid.evaluate.fold import Fold, check_folds
from styleid.evaluate.seeds import FIT, child_seed
from styleid.evaluate.shares import Share, mean_share
from styleid.evaluate.table import Table, make_table
from styleid.heads.base import Head


class Strangers(NamedTuple):
    """Pictures of one label that the head had never seen.

    Attributes
    ----------
    label : str
        The label left out of training.
    called_target : Share
        Share of its pictures that were called the target.
    when_known : Share
        The same pictures, with the label among the others in training: the price of being unknown.
    """

    label: str
    called_target: Share
    when_known: Share


def target_strangers(
    head: Head,
    params: Mapping[str, object],
    X: NDArray[np.float32],
    y: ArrayLike,
    groups: ArrayLike,
    folds: Sequence[Fold],
    target: str,
    *,
    seed: int = 0,
    n_resamples: int = 1000,
    n_jobs: int = 1,
) -> tuple[Strangers, ...]:
    """Leave out each label of the others in turn and count how often it is called the target.

    Parameters
    ----------
    head : Head
        What to fit.
    params : mapping of str to object
        Its parameters; not searched again.
    X : NDArray of float32
        (n, dim) vectors.
    y : array_like of str
        (n,) labels as the user calls them, the others not joined into one.
    groups : array_like
        (n,) component of each row.
    folds : sequence of Fold
        Grouped folds over all rows: a left-out picture is scored by a head that has not seen its
        group either, such as the same subject by the target's hand.
    target : str
        The label that is looked for.
    seed : int
        Seed of heads and resamples.
    n_resamples : int
        Resamples for the intervals.
    n_jobs : int
        Labels worked on at a time; the numbers do not depend on it.

    Returns
    -------
    tuple of Strangers
        One a label other than the target; empty where there is only one, as nothing would be left.

    Raises
    ------
    InputError
        If there is no such target, lengths differ or a fold is not sound.
    """
    table = make_table(X, y, groups)
    if target not in table.labels:
        raise InputError(
            f"expected a target among the labels {', '.join(table.labels)}, found {target!r}; choose one",
            target=target,
        )
    check_folds(folds, table.groups)
    others = [label for label in table.labels if label != target]
    if len(others) < 2:
        return ()
    tasks = (
        delayed(_called)(head, params, table, fold, target, label, child_seed(seed, FIT, number))
        for label in (None, *others)
        for number, fold in enumerate(folds)
    )
    results = Parallel(n_jobs=n_jobs)(tasks)
    called = np.zeros((len(others) + 1, len(table.y)), dtype=bool)
    for number, (rows, hits) in enumerate(results):
        called[number // len(folds), rows] = hits
    found = []
    for number, label in enumerate(others, 1):
        rows = np.flatnonzero(table.y == label)
        shares = [
            mean_share(called[which, rows], table.groups[rows], seed=seed, n_resamples=n_resamples)
            for which in (number, 0)
        ]
        found.append(Strangers(label, *shares))
    return tuple(found)


def _called(
    head: Head,
    params: Mapping[str, Any],
    table: Table,
    fold: Fold,
    target: str,
    left_out: str | None,
    seed: int,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Fit without one label and say which test pictures, of that label if given, are called the target."""
    binary = against_rest(table.y, target)
    train, test = fold.train, fold.test
    if left_out is not None:
        train, test = train[table.y[train] != left_out], test[table.y[test] == left_out]
    if not len(test):
        return test, np.zeros(0, dtype=bool)
    with threadpool_limits(1):
        estimator = fit_head(head, params, table.X, binary, table.groups, train, seed=seed)
        scores = label_scores(estimator, table.X[test], (NEGATIVE, POSITIVE))
    return test, scores.argmax(axis=1) == 1
