"""The project's question answered on cached vectors: every head, with grouped folds and with random ones.

The answer is out-of-fold on all pictures, version 2. For a comparison with the trainings each head is also
scored on their own divisions of versions 1 and 2, see `styleid.studies.artist.divisions`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.views.make import augmented_views
from styleid.evaluate.calibration.folds import calibrated_folds, in_row_order
from styleid.evaluate.intervals.measured import Measured, plain
from styleid.evaluate.scoring.predictions import Predictions
from styleid.heads.base import Head, get_head, plain_head
from styleid.questions.context import Scored
from styleid.questions.leakage.measure import leakage_gap
from styleid.questions.scores.measure import metrics_with_intervals
from styleid.rows.options import FitOptions
from styleid.rows.training_set import TrainingSet
from styleid.runs.fit.score import score
from styleid.studies.artist.augmented import augmented_head, cross_validate_augmented, picture_numbers
from styleid.studies.artist.data import Version
from styleid.studies.artist.divisions import Division, OnDivision, described_divisions, on_divisions
from styleid.vectors.embedder import Embedder
from styleid.vectors.store.store import SpaceStore

#: Pictures whose embedding is timed; all of them were embedded before the study began.
TIMED = 64
#: What stands behind a head's name where it also learned from augmented views.
AUGMENTED = " + views"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Answered:
    """One head, scored out-of-fold and on the divisions that the trainings had."""

    name: str  # ends in `AUGMENTED` where the head learned from augmented views
    predictions: Predictions  # out-of-fold, calibrated
    divisions: dict[Division, OnDivision]


def stack_views(store: SpaceStore, data: TrainingSet, count: int) -> NDArray[np.float32]:
    """Return the vectors of all views as (1 + count, n, dim), the centre first.

    A view that was not embedded raises StoreError, whose message says how to embed it.
    """
    # The last one first: its message names the command that makes them all.
    more = [store.matrix(data.manifest, view) for view in reversed(augmented_views(count))]
    return np.stack([data.X, *reversed(more)])


def answer(
    data: TrainingSet,
    views: NDArray[np.float32],
    parts: Mapping[str, Version],
    options: FitOptions,
    heads: Sequence[str],
    augmented: Sequence[str],
    n_jobs: int,
    progress: Progress,
) -> tuple[list[Answered], dict[str, Any]]:
    """Score every head as `styleid fit` does, and those in `augmented` with augmented views as well.

    `views` are from `stack_views`. The list is in the order of `heads`, each followed by itself with views;
    the dict has the same as plain values: ``heads``, ``majority`` and ``n_views``.
    """
    found: list[Answered] = []
    rows: list[dict[str, Any]] = []
    majority: dict[str, Any] = {}
    for name in heads:
        head = plain_head(get_head(name))
        scored = score(
            head,
            data,
            replace(options, head=name),
            n_jobs,
            partial(_told, progress, f"head {name}"),
        )
        progress(f"head {name}, divisions of the trainings", 0, 0)
        own = Answered(name, scored.predictions, on_divisions(head, data.table, parts, options.seed))
        found.append(own)
        rows.append(_described(own, data, scored, options.seed))
        majority = plain(_metrics(scored.baselines["majority"], data, options.seed))
        if name in augmented:
            with_views = _with_views(head, data, views, parts, scored, own, options, n_jobs, progress)
            found.append(with_views)
            rows.append(_described(with_views, data, None, options.seed))
            rows[-1]["gain"] = asdict(
                leakage_gap(with_views.predictions, own.predictions, data.components, seed=options.seed)
            )
    return found, {"heads": rows, "majority": majority, "n_views": len(views) - 1}


def _with_views(
    head: Head,
    data: TrainingSet,
    views: NDArray[np.float32],
    parts: Mapping[str, Version],
    scored: Scored,
    own: Answered,
    options: FitOptions,
    n_jobs: int,
    progress: Progress,
) -> Answered:
    """Score a head that learns from augmented views, with the parameters found without them."""
    learner = augmented_head(head, views)
    table = replace(data.table, X=picture_numbers(len(data.y)))
    name = head.name + AUGMENTED
    plain = cross_validate_augmented(
        learner,
        table,
        scored.folds,
        {run.name: run.params for run in scored.predictions.runs},
        seed=options.seed,
        n_jobs=n_jobs,
        progress=lambda done, total: progress(f"head {name}", done, total),
    )
    progress(f"head {name}, calibration", 0, 0)
    calibrated = calibrated_folds(learner, table, scored.folds, plain, seed=options.seed, n_jobs=n_jobs)
    progress(f"head {name}, divisions of the trainings", 0, 0)
    divisions = on_divisions(learner, table, parts, options.seed, searched=own.divisions)
    return Answered(name, plain.with_scores(in_row_order(calibrated)[1]), divisions)


def _told(progress: Progress, stage: str, _: str, done: int, total: int) -> None:
    """Pass progress on under the head's own stage name."""
    progress(stage, done, total)


def _metrics(predictions: Predictions, data: TrainingSet, seed: int) -> Mapping[str, Measured]:
    return metrics_with_intervals(predictions, data.components, seed).metrics


def _described(own: Answered, data: TrainingSet, scored: Scored | None, seed: int) -> dict[str, Any]:
    naive = None if scored is None else scored.naive
    gap = None if scored is None else scored.gap
    return {
        "head": own.name,
        **plain(metrics_with_intervals(own.predictions, data.components, seed)),
        "random_folds": None if naive is None else plain(_metrics(naive, data, seed)),
        "leakage_gap": None if gap is None else asdict(gap),
        "gain": None,
        "divisions": described_divisions(own.divisions, data, seed),
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
