"""Should one model be retrained from person to person? Every order, many seeds, three regimes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.questions.context import Progress
from styleid.runs.desk import Desk, Run
from styleid.runs.finished import Finished, Work, deciding_versions, digest_of
from styleid.runs.folder import RESULT
from styleid.studies.forgetting.page import PAGE, write_forgetting
from styleid.studies.forgetting.record import CNN, ForgettingOptions, forgetting_result
from styleid.studies.forgetting.regimes import Job, run_job
from styleid.studies.forgetting.tasks import Task, make_tasks
from styleid.studies.pictures import read_grey

#: Raised when code changes what a job gives.
JOBS_VERSION = 1


def study_forgetting(
    options: ForgettingOptions,
    manifest: Path,
    root: Path,
    out: Path,
    name: str | None = None,
    n_jobs: int | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Run:
    """Train by all regimes, orders and seeds, and write ``out/name/``.

    Finished trainings are kept beside the folder until all are done; after a kill, the same call goes on from
    there. If the folder cannot be written, a study that was there before stays. The numbers do not depend on
    `n_jobs`.
    """
    learners = options.learners
    desk = Desk(options, manifest, root, out, name, page=PAGE, n_jobs=n_jobs)
    options, workers = desk.options, desk.jobs
    data = desk.rows()
    seeds = sorted({seed for learner in learners for seed in options.seeds_of(learner)})
    tasks = {
        seed: make_tasks(
            data.y, data.components, options.labels, options.positives, seed, options.shared_others
        )
        for seed in seeds
    }
    paths = [data.manifest.file(row) for row in data.manifest.rows]
    pictures = partial(progress, "pictures")
    finished = Finished(desk.parts)
    done: dict[Job, NDArray[np.int64]] = {}
    resumed = 0
    for learner in learners:
        with desk.clock(learner):
            X = read_grey(paths, workers=workers, progress=pictures) if learner == CNN else data.X
            known = _tasks_of(options, learner, X, data.y, tasks)
            contents, before = finished.run(
                {_file_name(job): task for job, task in known.items()}, workers, partial(progress, learner)
            )
            resumed += before
            done |= {job: np.array(contents[_file_name(job)]["counts"], dtype=np.int64) for job in known}
    result = forgetting_result(desk, data, tasks, done)
    result["n_resumed"] = resumed
    with desk.writing(RESULT, result) as folder:
        write_forgetting(result, folder)
    finished.remove()
    return desk.done(result)


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
