"""How much a careless split flatters: naive folds beside grouped ones, and whole sources left out.

Naive folds take every picture for itself, exact twins included: that is what a random split does, and what
published numbers often rest on. What keeps pictures together in the grouped folds (twins, the user's groups)
is all that differs; head, seed and search are the same. Where each group has one picture nothing differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from styleid.errors import InputError
from styleid.evaluate.crossval import cross_validate
from styleid.evaluate.fold import Fold
from styleid.evaluate.metrics import point_metrics
from styleid.evaluate.paired_bootstrap import paired_differences
from styleid.evaluate.predictions import Predictions
from styleid.evaluate.splits import grouped_folds
from styleid.heads.base import Head


@dataclass(frozen=True)
class LeakageGap:
    """The naive score less the grouped one.

    Attributes
    ----------
    metric : str
        What is compared.
    naive, grouped : float
        Both scores.
    gap, low, high : float
        Naive less grouped, with a paired interval: each resample of the groups is scored both ways.
    opened : bool
        Whether the interval lies above 0: the naive number flatters.
    """

    metric: str
    naive: float
    grouped: float
    gap: float
    low: float
    high: float
    opened: bool


def naive_predictions(
    head: Head,
    X: NDArray[np.float32],
    y: ArrayLike,
    *,
    n_splits: int = 5,
    seed: int = 0,
    labels: Sequence[str] | None = None,
    one_vs_rest: bool = False,
    n_jobs: int = 1,
) -> Predictions:
    """Cross-validate as if every picture stood alone, searches included.

    Parameters
    ----------
    head, X, y, seed, labels, one_vs_rest, n_jobs
        As for `styleid.evaluate.crossval.cross_validate`.
    n_splits : int
        As many as the grouped folds have.

    Returns
    -------
    Predictions
        Flattering where pictures belong together; only for `leakage_gap`.

    Raises
    ------
    InputError
        As for `styleid.evaluate.splits.grouped_folds`.
    """
    alone = np.arange(len(np.asarray(y)))
    folds, _ = grouped_folds(y, alone, n_splits, seed)
    return cross_validate(
        head, X, y, alone, folds, seed=seed, labels=labels, one_vs_rest=one_vs_rest, n_jobs=n_jobs
    )


def leakage_gap(
    naive: Predictions,
    grouped: Predictions,
    groups: ArrayLike,
    *,
    metric: str = "balanced_accuracy",
    n_resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> LeakageGap:
    """Compare two cross-validations of the same pictures.

    Parameters
    ----------
    naive, grouped : Predictions
        From naive and from grouped folds.
    groups : array_like
        (n,) component of each row of the grouped folds.
    metric : str
        One of `styleid.evaluate.metrics.OVERALL`.
    n_resamples, seed, level
        As for `styleid.evaluate.bootstrap.bootstrap_intervals`.

    Returns
    -------
    LeakageGap

    Raises
    ------
    InputError
        If the two are not of the same pictures and labels.
    """
    (found,) = paired_differences(
        naive, grouped, groups, (metric,), n_resamples=n_resamples, seed=seed, level=level
    ).values()
    gap, low, high = (float("nan") if value is None else value for value in found)
    return LeakageGap(metric, _point(naive, metric), _point(grouped, metric), gap, low, high, low > 0)


def _point(found: Predictions, metric: str) -> float:
    value = point_metrics(found.true, found.predicted, found.scores).overall[metric]
    return float("nan") if value is None else value


def source_folds(y: ArrayLike, groups: ArrayLike, sources: Sequence[str]) -> tuple[list[Fold], list[str]]:
    """Leave out one source after the other.

    Pictures of other sources that share a group with the one left out are learned from in no part of that
    fold. Pictures without a source might be of any: they are neither learned from nor scored.

    Parameters
    ----------
    y : array_like of str
        (n,) labels.
    groups : array_like
        (n,) component of each row.
    sources : sequence of str
        (n,) source of each row; ``""`` where it is not known.

    Returns
    -------
    folds : list of Fold
        One a source that can be left out, named after it; for
        `styleid.evaluate.crossval.evaluate_holdout`, one at a time. Empty where there are fewer than two.
    notes : list of str
        Which sources were passed over, and why.

    Raises
    ------
    InputError
        If the lengths differ.
    """
    label, group, source = np.asarray(y), np.asarray(groups), np.asarray(sources, dtype=str)
    if not len(label) == len(group) == len(source):
        raise InputError(
            f"expected a group and a source for each of {len(label)} rows, found {len(group)} and "
            f"{len(source)}; give all in the same row order"
        )
    known = source != ""
    names = np.unique(source[known]).tolist()
    if len(names) < 2:
        return [], ["no score on held-out sources: fewer than two sources are known"] if names else []
    notes = []
    if not known.all():
        notes.append(
            f"{int((~known).sum())} picture(s) without a source are left out of the scores by source"
        )
    folds = []
    for name in names:
        held = source == name
        train = known & ~held & ~np.isin(group, group[held])
        lost = sorted(set(label[known].tolist()) - set(label[train].tolist()))
        if lost:
            listed = ", ".join(map(repr, lost))
            notes.append(f"source {name!r} cannot be left out: nothing to learn {listed} from would remain")
            continue
        folds.append(Fold(name, np.flatnonzero(train), np.flatnonzero(held)))
    return folds, notes
