"""Compare heads on the same repeated folds, and write the comparison's folder."""

from __future__ import annotations

from collections.abc import Callable

from styleid.errors import InputError
from styleid.files import StrPath, write_atomic
from styleid.given import check_options
from styleid.heads.base import Head, get_head
from styleid.heads.joint import suited_head
from styleid.runs.compare.judge import compare_heads
from styleid.runs.compare.page import write_comparison
from styleid.runs.compare.record import CompareOptions, compare_result
from styleid.runs.compare.repeats import collect_repeats, repeated_folds, run_heads
from styleid.runs.desk import Desk, Run
from styleid.runs.finished import Finished
from styleid.runs.fit.record import predictions_csv
from styleid.runs.folder import COMPARE


def compare(
    options: CompareOptions,
    manifest: StrPath = "data/manifest.csv",
    store: StrPath = "data/vectors",
    out: StrPath = "reports",
    name: str | None = None,
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Run:
    """Score heads on the same folds, test them against each other, and write ``out/name/``.

    Finished tasks are kept beside the folder until all are; after a kill, the same call goes on from there.

    Parameters
    ----------
    options : CompareOptions
        What to compare and how.
    manifest, store, out : path
        The manifest, the vector store, and the folder of the runs.
    name : str or None
        Name of the run; by default made from the options.
    n_jobs : int or None
        Tasks worked on at a time; by default one per core. The numbers do not depend on it.
    progress : callable
        Called as ``progress(done, total)`` when a task (a head on a fold) is finished.

    Returns
    -------
    Run
        Its ``result`` is ``compare.json``, with the head that is recommended and why.

    Raises
    ------
    InputError
        If the options, the labels or the groups do not allow it.
    StoreError
        If vectors are missing.
    OutputError
        If the folder cannot be written; a comparison that was there before stays.
    """
    heads = _heads(check_options(options, CompareOptions).heads)
    desk = Desk(options, manifest, store, out, name, page="compare.html", marker=COMPARE, n_jobs=n_jobs)
    options = desk.options
    data = desk.rows()
    heads = [suited_head(head, data.dims, data.n_views) for head in heads]
    table = data.table
    repeats, notes = repeated_folds(table, options.folds, options.repeats, options.seed)
    finished = Finished(desk.parts)
    with desk.clock("tasks"):
        done, resumed = run_heads(
            heads, table, repeats, finished, seed=options.seed, n_jobs=desk.jobs, progress=progress
        )
    predictions = {head.name: collect_repeats(head.name, table, repeats, done) for head in heads}
    comparison = compare_heads(predictions, table.components)
    notes = [*data.notes, *notes]
    for head, scored in predictions.items():
        notes += [f"{head}: {note}" for repeat in scored for run in repeat.runs for note in run.notes]
    result = compare_result(desk, data, heads, repeats, done, comparison, list(dict.fromkeys(notes)))
    result["n_resumed"] = resumed
    with desk.writing(COMPARE, result) as folder:
        for head, scored in predictions.items():
            write_atomic(folder / "predictions" / f"{head}.csv", predictions_csv(scored[0], data))
        write_comparison(result, folder)
    finished.remove()
    return desk.done(result)


def _heads(names: tuple[str, ...]) -> list[Head]:
    """Return the heads without their own calibration: only which label scores highest is compared."""
    heads = [get_head(name) for name in names]
    if len(set(names)) < len(names) or len(names) < 2:
        raise InputError(
            f"--heads expects at least two different heads, found {', '.join(names) or 'none'}; "
            "give names of `styleid heads` with commas between them",
            heads=names,
        )
    return heads
