"""Score a head on pictures of an unseen source: another scanner, another camera, another site."""

from __future__ import annotations

import numpy as np
from joblib import Parallel, delayed

from styleid.evaluate.crossval import evaluate_holdout
from styleid.evaluate.leakage import source_folds
from styleid.evaluate.predictions import Predictions
from styleid.heads.base import Head
from styleid.runs.options import FitOptions
from styleid.runs.training_set import TrainingSet


def score_sources(
    head: Head, data: TrainingSet, options: FitOptions, n_jobs: int
) -> tuple[Predictions | None, list[str]]:
    """Leave out one source after the other, learn and search on the rest, and score that one.

    Each fold is named by its source. Predictions are None where fewer than two sources are known; notes say
    which sources were passed over, and why.
    """
    folds, notes = source_folds(data.y, data.components, [row.source for row in data.manifest.rows])
    if not folds:
        return None, notes
    how = {"seed": options.seed, "labels": data.labels, "one_vs_rest": options.one_vs_rest}
    found = Parallel(n_jobs=min(n_jobs, len(folds)))(
        delayed(evaluate_holdout)(head, data.X, data.y, data.components, fold, **how) for fold in folds
    )
    rows = np.concatenate([part.rows for part in found])
    order = np.argsort(rows)
    merged = Predictions(
        labels=data.labels,
        rows=rows[order],
        true=np.concatenate([part.true for part in found])[order],
        predicted=np.concatenate([part.predicted for part in found])[order],
        scores=np.concatenate([part.scores for part in found])[order],
        folds=np.concatenate([part.folds for part in found])[order],
        runs=tuple(run for part in found for run in part.runs),
    )
    return merged, notes
