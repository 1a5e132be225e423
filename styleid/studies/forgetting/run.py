"""Should one model be retrained from person to person? Every order, many seeds, three regimes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.manifest.file import read_manifest
from styleid.files import write_atomic
from styleid.rows.options import FitOptions
from styleid.rows.training_set import training_set, with_views
from styleid.runs.finished import Finished, Work, deciding_versions, digest_of
from styleid.runs.folder import RESULT, run_folder, run_target
from styleid.studies.forgetting.page import PAGE, write_forgetting
from styleid.studies.forgetting.record import CNN, ForgettingOptions, forgetting_result
from styleid.studies.forgetting.regimes import Job, run_job
from styleid.studies.forgetting.tasks import Task, make_tasks
from styleid.studies.small_cnn.pictures import read_grey
from styleid.studies.study import Progress, Study
from styleid.vectors.store.spaces import find_space
from styleid.vectors.store.store import SpaceStore

NAME = "study-forgetting"
#: Raised when code changes what a job gives.
JOBS_VERSION = 1


def study_forgetting(
    options: ForgettingOptions,
    manifest: Path,
    root: Path,
    out: Path,
    name: str = NAME,
    n_jobs: int | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Study:
    """Train by all regimes, orders and seeds, and write ``out/name/``.

    Finished trainings are kept beside the folder until all are done; after a kill, the same call goes on from
    there. If the folder cannot be written, a study that was there before stays. The numbers do not depend on
    `n_jobs`.
    """
    began, workers = time.perf_counter(), n_jobs or os.cpu_count() or 1
    learners = options.learners
    target = run_target(out, name, PAGE)
    store = SpaceStore(root, find_space(root, options.space))
    fit_options = with_views(
        FitOptions(where=options.where, skip_small=options.skip_small, space=options.space), store
    )
    data = training_set(read_manifest(manifest), store, fit_options, workers)
    seeds = sorted({seed for learner in learners for seed in options.seeds_of(learner)})
    tasks = {
        seed: make_tasks(
            data.y, data.components, options.labels, options.positives, seed, options.shared_others
        )
        for seed in seeds
    }
    paths = [data.manifest.file(row) for row in data.manifest.rows]
    pictures = partial(progress, "pictures")
    finished = Finished(out / f".{name}.parts")
    done: dict[Job, NDArray[np.int64]] = {}
    seconds, resumed = {}, 0
    for learner in learners:
        at = time.perf_counter()
        X = read_grey(paths, workers=workers, progress=pictures) if learner == CNN else data.X
        known = _tasks_of(options, learner, X, data.y, tasks)
        contents, before = finished.run(
            {_file_name(job): task for job, task in known.items()}, workers, partial(progress, learner)
        )
        resumed += before
        done |= {job: np.array(contents[_file_name(job)]["counts"], dtype=np.int64) for job in known}
        seconds[learner] = time.perf_counter() - at
    result = forgetting_result(name, options, store.space, data, tasks, done)
    with run_folder(target, PAGE) as folder:
        result["n_resumed"] = resumed
        result["timing_seconds"] = {**seconds, "total": time.perf_counter() - began}
        write_forgetting(result, folder)
        write_atomic(folder / RESULT, json.dumps(result, indent=1, allow_nan=False))
    finished.remove()
    return Study(target, target / PAGE, result)


def _tasks_of(
    options: ForgettingOptions,
    learner: str,
    X: NDArray[Any],
    y: NDArray[np.str_],
    tasks: Mapping[int, Sequence[Task]],
) -> dict[Job, Work]:
    """Return all that is to be trained with a learner."""
    common = digest_of(JOBS_VERSION, deciding_versions(), X, y)
    rows = {
        seed: digest_of(*(part for task in drawn for part in (task.label, task.train, task.test)))
        for seed, drawn in tasks.items()
    }
    work = {}
    for job in options.jobs(learner):
        untrained = options.untrained(learner, job.training_seed)
        digest = digest_of(common, rows[job.seed], repr(untrained.get_params()), list(job))
        work[job] = Work(digest, partial(_counts, job, untrained, X, y, tasks[job.seed]))
    return work


def _counts(job: Job, *rest: Any) -> dict[str, Any]:
    return {"counts": run_job(job, *rest).tolist()}


def _file_name(job: Job) -> str:
    return "-".join([job.learner, job.regime, str(job.seed), *map(str, job.path)])
