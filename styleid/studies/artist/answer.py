"""The project's question answered on cached vectors: every head, with grouped folds and with random ones.

The answer is out-of-fold on all pictures, version 2. For a comparison with the trainings each head is also
scored on their own divisions of versions 1 and 2, see `styleid.studies.artist.divisions`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.views.names import augmented_views
from styleid.evaluate.bootstrap import metrics_with_intervals
from styleid.evaluate.calibration import calibrated_folds, in_row_order
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.resample import plain
from styleid.heads.base import Head, get_head
from styleid.heads.mlp import SEED_GRID
from styleid.questions.context import Progress, Scored
from styleid.questions.leakage.measure import leakage_gap, score_naive
from styleid.rows.selection import FitOptions
from styleid.rows.training_set import TrainingSet
from styleid.runs.fit.run import score
from styleid.studies.artist.augmented import augmented_head, cross_validate_augmented, picture_numbers
from styleid.studies.artist.divisions import Division, OnDivision, Version, on_divisions
from styleid.vectors.store.store import SpaceStore
from styleid.vectors.transformer import Embedder

#: Pictures whose embedding is timed; all of them were embedded before the study began.
TIMED = 64
#: What stands behind a head's name where it also learned from augmented views.
AUGMENTED = " + views"


@dataclass(frozen=True, eq=False)
class Asked:
    """What every head is asked with."""

    data: TrainingSet
    views: NDArray[np.float32]  # of `stack_views`
    parts: Mapping[str, Version]
    options: FitOptions
    n_jobs: int
    progress: Progress


@dataclass(frozen=True, eq=False)
class Answered:
    """One head, scored out-of-fold and on the divisions that the trainings had."""

    name: str  # ends in `AUGMENTED` where the head learned from augmented views
    predictions: Predictions  # out-of-fold, calibrated
    divisions: dict[Division, OnDivision]
    record: dict[str, Any]  # the same as plain values


def stack_views(store: SpaceStore, data: TrainingSet, count: int) -> NDArray[np.float32]:
    """Return the vectors of all views as (1 + count, n, dim), the centre first.

    A view that was not embedded raises StoreError, whose message says how to embed it.
    """
    # The last one first: its message names the command that makes them all.
    augmented = [store.matrix(data.manifest, view) for view in reversed(augmented_views(count))]
    return np.stack([data.X, *reversed(augmented)])


def answer(
    asked: Asked, heads: Sequence[str], augmented: Sequence[str]
) -> tuple[list[Answered], dict[str, Any]]:
    """Score every head as `styleid fit` does, and those in `augmented` with augmented views as well.

    The list is in the order of `heads`, each followed by itself with views; the dict has the metrics of
    always saying the commonest label.
    """
    answers: list[Answered] = []
    majority: dict[str, Any] = {}
    for name in heads:
        head = get_head(name)
        if name == "mlp":  # the seed project's, by the search it had
            head = replace(head, grid=SEED_GRID)
        scored, answered = _plain(head, asked)
        answers.append(answered)
        if not majority:  # the same folds for all heads
            guesses = scored.baselines["majority"]
            majority = plain(
                metrics_with_intervals(guesses, asked.data.components, asked.options.seed).metrics
            )
        if name in augmented:
            answers.append(_with_views(head, asked, scored, answered))
    return answers, majority


def _plain(head: Head, asked: Asked) -> tuple[Scored, Answered]:
    data, seed, stage = asked.data, asked.options.seed, f"head {head.name}"
    options = replace(asked.options, head=head.name)
    scored = score(
        head, data, options, asked.n_jobs, lambda _, done, total: asked.progress(stage, done, total)
    )
    asked.progress(f"{stage}, divisions of the trainings", 0, 0)
    divisions = on_divisions(head, data.table, asked.parts, seed)
    record = _described(head.name, scored.predictions, divisions, data, seed)
    naive, gap = score_naive(head, data, options, scored, asked.n_jobs, asked.progress)
    if naive is not None:
        record["random_folds"] = plain(metrics_with_intervals(naive, data.components, seed).metrics)
        record["leakage_gap"] = plain(gap)
    return scored, Answered(head.name, scored.predictions, divisions, record)


def _with_views(head: Head, asked: Asked, scored: Scored, unseen: Answered) -> Answered:
    """Score a head that learns from augmented views, with the parameters found without them."""
    data, seed, name = asked.data, asked.options.seed, head.name + AUGMENTED
    learner = augmented_head(head, asked.views)
    table = replace(data.table, X=picture_numbers(len(data.y)))
    predictions = cross_validate_augmented(
        learner,
        table,
        scored.folds,
        {run.name: run.params for run in scored.predictions.runs},
        seed,
        asked.n_jobs,
        lambda done, total: asked.progress(f"head {name}", done, total),
    )
    asked.progress(f"head {name}, calibration", 0, 0)
    calibrated = calibrated_folds(learner, table, scored.folds, predictions, seed=seed, n_jobs=asked.n_jobs)
    predictions = predictions.with_scores(in_row_order(calibrated)[1])
    asked.progress(f"head {name}, divisions of the trainings", 0, 0)
    divisions = on_divisions(learner, table, asked.parts, seed, searched=unseen.divisions)
    record = _described(name, predictions, divisions, data, seed)
    record["gain"] = plain(leakage_gap(predictions, unseen.predictions, data.components, seed=seed))
    return Answered(name, predictions, divisions, record)


def _described(
    name: str,
    predictions: Predictions,
    divisions: Mapping[Division, OnDivision],
    data: TrainingSet,
    seed: int,
) -> dict[str, Any]:
    return {
        "head": name,
        **plain(metrics_with_intervals(predictions, data.components, seed)),
        "random_folds": None,
        "leakage_gap": None,
        "gain": None,
        "divisions": [
            {
                "version": version,
                "split": split,
                **plain(metrics_with_intervals(scored.predictions, data.components, seed)),
                "cpu_seconds": scored.cpu_seconds,
            }
            for (version, split), scored in divisions.items()
        ],
    }


def time_embedding(data: TrainingSet, backbone: str, descriptor: str) -> dict[str, Any]:
    """Measure what embedding costs on a sample, for the study itself finds the vectors ready.

    ``cpu_seconds_a_picture`` is processor time for one view.
    """
    rows = data.manifest.rows[:: max(1, len(data.manifest) // TIMED)][:TIMED]
    paths: list[Path] = [data.manifest.file(row) for row in rows]
    embedder = Embedder(backbone, descriptor=descriptor)
    embedder.transform(paths[:1])  # the network is read from disk once, whatever the number of pictures
    began = time.process_time()
    embedder.transform(paths)
    return {"n_timed": len(paths), "cpu_seconds_a_picture": (time.process_time() - began) / len(paths)}
