"""Score a head and its baselines on the same folds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from styleid.evaluate.calibration.folds import calibrated_folds, with_calibration
from styleid.evaluate.folds.holdout import given_split, holdout
from styleid.evaluate.folds.splits import grouped_folds
from styleid.evaluate.folds.table import Fold, Table
from styleid.evaluate.scoring.baselines import MAJORITY, baseline_heads
from styleid.evaluate.scoring.crossval import cross_validate, evaluate_holdout
from styleid.evaluate.scoring.predictions import Predictions
from styleid.heads.base import Head
from styleid.questions.context import Progress, Scored
from styleid.rows.options import FitOptions
from styleid.rows.training_set import TrainingSet


def score(head: Head, data: TrainingSet, options: FitOptions, n_jobs: int, progress: Progress) -> Scored:
    """Score a head and the baselines by the protocol asked for, all calibrated alike."""
    folds, notes = _folds(data, options)
    raw = _evaluate(head, data.table, folds, options, n_jobs, partial(progress, "folds"))
    progress("calibration", 0, 0)
    calibrated = calibrated_folds(head, data.table, folds, raw, seed=options.seed, n_jobs=n_jobs)
    predictions = with_calibration(raw, calibrated)
    # By one vector a picture, whatever the head is given: there is one number to beat.
    vectors = replace(data.table, X=data.vectors)
    baselines = score_baselines(
        vectors, folds, lambda other: _evaluate(other, vectors, folds, options, n_jobs), options.seed, n_jobs
    )
    notes += dict.fromkeys(predictions.notes)
    notes += dict.fromkeys(note for fold in calibrated for note in fold.notes)
    measured = predictions is not raw
    return Scored(predictions, measured, raw.scores, folds, calibrated, baselines, tuple(notes))


def score_baselines(
    table: Table, folds: list[Fold], evaluate: Callable[[Head], Predictions], seed: int, n_jobs: int = 1
) -> dict[str, Predictions]:
    """Score the baselines, calibrated as a head is, but for the commonest label, which ranks nothing."""
    scored = {}
    for head in baseline_heads():
        predictions = evaluate(head)
        if head is not MAJORITY:
            calibrated = calibrated_folds(head, table, folds, predictions, seed=seed, n_jobs=n_jobs)
            predictions = with_calibration(predictions, calibrated)
        scored[head.name] = predictions
    return scored


def _folds(data: TrainingSet, options: FitOptions) -> tuple[list[Fold], list[str]]:
    splits = [row.split for row in data.manifest.rows]
    if options.protocol == "cv":
        folds, notes = grouped_folds(data.y, data.components, options.folds, options.seed)
        if "test" in splits:
            notes.append(
                "the manifest divides the pictures into parts; --protocol holdout scores on its test part"
            )
        return folds, notes
    if "test" in splits:
        fold = given_split(splits, data.y, data.components, options.seed)
    else:
        fold = holdout(data.y, data.components, options.seed)
    return [fold], list(fold.notes)


def _evaluate(
    head: Head,
    table: Table,
    folds: list[Fold],
    options: FitOptions,
    n_jobs: int,
    progress: Callable[[int, int], None] | None = None,
) -> Predictions:
    if options.protocol == "holdout":
        return evaluate_holdout(head, table, folds[0], seed=options.seed)
    return cross_validate(head, table, folds, seed=options.seed, n_jobs=n_jobs, progress=progress)
