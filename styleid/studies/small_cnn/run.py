"""The small network, trained from scratch on a user's pictures, in the folds and the table of the heads."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.crossval import FoldRun, FoldScores, collect, cross_validate
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.table import Fold
from styleid.files import write_atomic
from styleid.questions.context import Progress
from styleid.rows.training_set import TrainingSet
from styleid.runs.desk import Desk, Run
from styleid.runs.finished import Finished, Work, deciding_versions, digest_of
from styleid.runs.fit.record import predictions_csv
from styleid.runs.fit.run import score_baselines
from styleid.runs.folder import RESULT
from styleid.studies.pictures import read_grey
from styleid.studies.small_cnn.network import SmallCNN
from styleid.studies.small_cnn.page import PAGE, render_baseline
from styleid.studies.small_cnn.record import BaselineOptions, baseline_result, heads_beside

#: Raised when code changes what a fold gives.
FOLDS_VERSION = 1


def baseline_small_cnn(
    options: BaselineOptions,
    manifest: Path,
    root: Path,
    out: Path,
    name: str | None = None,
    n_jobs: int | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Run:
    """Train the network on each fold's training part, score the rest, and write ``out/name/``.

    The folds are those of `styleid.fit` with the same options: the vectors are read for them, since
    near-duplicates are found by vectors. After a kill, the same call goes on with the folds that are left. If
    the folder cannot be written, a run that was there before stays. The numbers do not depend on `n_jobs`.
    """
    desk = Desk(options, manifest, root, out, name, page=PAGE, n_jobs=n_jobs)
    options, workers = desk.options, desk.jobs
    data = desk.rows()
    folds, notes = grouped_folds(data.y, data.components, options.folds, options.seed)
    paths = [data.manifest.file(row) for row in data.manifest.rows]
    X = read_grey(paths, workers=workers, progress=partial(progress, "pictures"))
    finished = Finished(desk.parts)
    contents, resumed = finished.run(
        _folds_to_score(options, data, X, folds), workers, partial(progress, "folds")
    )
    results = [_fold_scores(fold, contents[fold.name]) for fold in folds]
    predictions = collect(data.table, folds, results)
    simple = score_baselines(
        data.table,
        folds,
        lambda head: cross_validate(head, data.table, folds, seed=options.seed),
        options.seed,
    )
    result = baseline_result(desk, data, predictions, simple, notes)
    rows = predictions_csv(predictions, data)
    result["beside"] = heads_beside(out, rows)
    result["n_resumed"] = resumed
    desk.seconds |= {"fit": predictions.fit_seconds, "predict": predictions.predict_seconds}
    with desk.writing(RESULT, result) as folder:
        write_atomic(folder / "predictions.csv", rows)
        write_atomic(folder / PAGE, render_baseline(result))
    finished.remove()
    return desk.done(result)


def _folds_to_score(
    options: BaselineOptions, data: TrainingSet, X: NDArray[np.uint8], folds: Sequence[Fold]
) -> dict[str, Work]:
    common = digest_of(FOLDS_VERSION, deciding_versions(), X, data.y, list(data.labels))
    work = {}
    for i, fold in enumerate(folds):
        network = options.untrained(child_seed(options.seed, i))
        digest = digest_of(common, repr(network.get_params()), fold.name, fold.train, fold.test)
        work[fold.name] = Work(digest, partial(_score_fold, network, X, data.y, data.labels, fold))
    return work


def _score_fold(
    network: SmallCNN, X: NDArray[np.uint8], y: NDArray[np.str_], labels: Sequence[str], fold: Fold
) -> dict[str, Any]:
    began = time.perf_counter()
    network.fit(X[fold.train], y[fold.train])
    fitted = time.perf_counter()
    columns = np.searchsorted(network.classes_, np.array(labels))
    scores = network.predict_proba(X[fold.test])[:, columns]
    return {"scores": scores.tolist(), "seconds": [fitted - began, time.perf_counter() - fitted]}


def _fold_scores(fold: Fold, content: Mapping[str, Any]) -> FoldScores:
    run = FoldRun(fold.name, len(fold.train), len(fold.test), {}, (), (), 0.0, *content["seconds"])
    return FoldScores(np.array(content["scores"], dtype=np.float64), run)
