"""The heads on the very divisions that the trainings had, so that both can be compared picture by picture."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.crossval import evaluate_holdout
from styleid.evaluate.fold import Fold
from styleid.evaluate.paired_bootstrap import paired_differences
from styleid.evaluate.predictions import Predictions
from styleid.heads.base import Head
from styleid.runs.result import scored_metrics
from styleid.runs.training_set import TrainingSet
from styleid.studies.artist_data import Version
from styleid.studies.artist_replay import Replayed

#: A version of the data, and how it was divided: `styleid.studies.artist_data.SPLITS`.
Division = tuple[str, str]
COMPARED = ("accuracy", "balanced_accuracy", "roc_auc")


@dataclass(frozen=True, eq=False)
class OnDivision:
    """One head on one division.

    Attributes
    ----------
    predictions : Predictions
        Of its test part; learned from its training part, with the parameters and the checkpoint that its
        validation part chose.
    cpu_seconds : float
        Processor time for searching, fitting and scoring.
    """

    predictions: Predictions
    cpu_seconds: float


def on_divisions(
    head: Head,
    X: NDArray[np.float32],
    data: TrainingSet,
    parts: Mapping[str, Version],
    seed: int,
    searched: Mapping[Division, OnDivision] | None = None,
) -> dict[Division, OnDivision]:
    """Fit and score a head on every division of every version.

    Parameters
    ----------
    head : Head
        The head.
    X : NDArray of float32
        (n, ...) what it learns from.
    data : TrainingSet
        n pictures.
    parts : mapping of str to Version
        From `styleid.studies.artist_data.versions`.
    seed : int
        Seed of the head.
    searched : mapping, optional
        The same head on vectors alone: its parameters are taken, and its time is added, since the search that
        found them is part of the price.

    Returns
    -------
    dict of (str, str) to OnDivision
    """
    found = {}
    for version, part in parts.items():
        for split, fold in part.folds.items():
            before = None if searched is None else searched[version, split]
            found[version, split] = _scored(head, X, data, fold, split, seed, before)
    return found


def _scored(
    head: Head,
    X: NDArray[np.float32],
    data: TrainingSet,
    fold: Fold,
    split: str,
    seed: int,
    before: OnDivision | None,
) -> OnDivision:
    # Divided picture by picture, groups do stand on both sides.
    groups = data.components if split == "grouped" else np.arange(len(data.y))
    if before is not None:
        params = before.predictions.runs[0].params
        head = replace(head, grid={name: [value] for name, value in params.items()})
    began = time.process_time()
    predictions = evaluate_holdout(head, X, data.y, groups, fold, seed=seed, labels=data.labels)
    seconds = time.process_time() - began
    return OnDivision(predictions, seconds + (0.0 if before is None else before.cpu_seconds))


def described_divisions(
    found: Mapping[Division, OnDivision], data: TrainingSet, seed: int
) -> list[dict[str, Any]]:
    """Put a head's scores on all divisions into plain values.

    Parameters
    ----------
    found : mapping of (str, str) to OnDivision
        From `on_divisions`.
    data : TrainingSet
        The pictures.
    seed : int
        Seed of the intervals.

    Returns
    -------
    list of dict
        As in ``docs/formats.md``.
    """
    return [
        {
            "version": version,
            "split": split,
            **scored_metrics(of.predictions, data.components, seed),
            "cpu_seconds": of.cpu_seconds,
        }
        for (version, split), of in found.items()
    ]


def trained_less_heads(
    replayed: Sequence[Replayed],
    heads: Mapping[str, Mapping[Division, OnDivision]],
    components: NDArray[np.int64],
    seed: int,
) -> list[dict[str, Any]]:
    """Compare each training with each head: same pictures to learn from, to choose by and to score.

    Parameters
    ----------
    replayed : sequence of Replayed
        The trainings.
    heads : mapping of str to mapping
        Name of a head -> what `on_divisions` gave.
    components : NDArray of int64
        (n,) groups of all pictures; intervals are over them, however the pictures were divided.
    seed : int
        Seed of the intervals.

    Returns
    -------
    list of dict
        ``step``, ``version``, ``split``, ``head``, and the training less the head in each of `COMPARED`.
    """
    return [
        {
            "step": of.step.name,
            "version": of.step.version,
            "split": of.split,
            "head": name,
            **plain_differences(
                of.predictions, found[of.step.version, of.split].predictions, components, seed
            ),
        }
        for of in replayed
        for name, found in heads.items()
    ]


def plain_differences(
    one: Predictions, other: Predictions, components: NDArray[np.int64], seed: int
) -> dict[str, dict[str, float | None]]:
    """Return one less the other in each of `COMPARED`, as plain values.

    Parameters
    ----------
    one, other : Predictions
        Of the same pictures.
    components : NDArray of int64
        (n,) groups of all pictures.
    seed : int
        Seed of the intervals.

    Returns
    -------
    dict of str to dict
        ``value``, ``low``, ``high``.
    """
    found = paired_differences(one, other, components, COMPARED, seed=seed)
    return {metric: difference._asdict() for metric, difference in found.items()}
