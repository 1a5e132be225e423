"""Compare heads on the same repeated folds, and write the comparison's folder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from styleid.data.manifest.file import read_manifest
from styleid.errors import InputError
from styleid.files import write_atomic
from styleid.heads.base import Head, get_head, plain_head
from styleid.heads.voting import voting_head
from styleid.rows.options import FitOptions
from styleid.rows.training_set import training_set, with_views
from styleid.runs.compare.judge import compare_heads
from styleid.runs.compare.page import write_comparison
from styleid.runs.compare.parts import Parts
from styleid.runs.compare.record import CompareOptions, compare_result
from styleid.runs.compare.repeats import collect_repeats, repeated_folds, run_heads
from styleid.runs.fit.record import predictions_csv
from styleid.runs.folder import COMPARE, run_folder, run_target
from styleid.vectors.store.spaces import find_space
from styleid.vectors.store.store import SpaceStore


@dataclass(frozen=True)
class CompareRun:
    """A finished comparison: its folder, and the content of its ``compare.json``."""

    folder: Path
    result: Mapping[str, Any]


def compare(
    options: CompareOptions,
    manifest: Path,
    root: Path,
    out: Path,
    name: str | None = None,
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CompareRun:
    """Score heads on the same folds, test them against each other, and write ``out/name/``.

    Finished tasks are kept beside the folder until all are; after a kill, the same call goes on from there.

    Parameters
    ----------
    options : CompareOptions
        What to compare and how.
    manifest, root, out : Path
        The manifest, the vector store, and the folder of the runs.
    name : str or None
        Name of the run; by default made from the options.
    n_jobs : int or None
        Tasks worked on at a time; by default one per core. The numbers do not depend on it.
    progress : callable
        Called as ``progress(done, total)`` when a task (a head on a fold) is finished.

    Returns
    -------
    CompareRun

    Raises
    ------
    InputError
        If the options, the labels or the groups do not allow it.
    StoreError
        If vectors are missing.
    OutputError
        If the folder cannot be written; a comparison that was there before stays.
    """
    began = time.perf_counter()
    heads = _heads(options.heads)
    fit_options = FitOptions(
        head="compare",
        folds=options.folds,
        target=options.target,
        where=options.where,
        skip_small=options.skip_small,
        space=options.space,
        seed=options.seed,
        views=options.views,
        pool=options.pool,
    )
    store = SpaceStore(root, find_space(root, options.space))
    fit_options = with_views(fit_options, store)
    options = replace(options, views=fit_options.views, pool=fit_options.pool)
    name = name or fit_options.default_name
    target = run_target(out, name, COMPARE)
    data = training_set(read_manifest(manifest), store, fit_options, n_jobs)
    heads = [voting_head(head, data.n_views) for head in heads]
    table = data.table
    repeats, notes = repeated_folds(table, options.folds, options.repeats, options.seed)
    parts = Parts(out / f".{name}.parts", heads, table, repeats, options.seed)
    done = run_heads(
        heads,
        table,
        repeats,
        seed=options.seed,
        n_jobs=n_jobs or os.cpu_count() or 1,
        progress=progress,
        parts=parts,
    )
    scored = time.perf_counter()
    predictions = {head.name: collect_repeats(head.name, table, repeats, done) for head in heads}
    comparison = compare_heads(predictions, table.components)
    notes = [*data.notes, *notes]
    for head, of_head in predictions.items():
        notes += [f"{head}: {note}" for repeat in of_head for run in repeat.runs for note in run.notes]
    result = compare_result(
        name, options, store.space, data, heads, repeats, done, comparison, list(dict.fromkeys(notes))
    )
    with run_folder(target, COMPARE) as folder:
        for head, of_head in predictions.items():
            write_atomic(folder / "predictions" / f"{head}.csv", predictions_csv(of_head[0], data))
        result["timing_seconds"] = {"tasks": scored - began, "total": time.perf_counter() - began}
        result["n_resumed"] = len(parts.finished)
        write_comparison(result, folder)
        write_atomic(folder / COMPARE, json.dumps(result, indent=1, allow_nan=False))
    parts.remove()
    return CompareRun(target, result)


def _heads(names: tuple[str, ...]) -> list[Head]:
    """Return the heads without their own calibration: only which label scores highest is compared."""
    heads = [plain_head(get_head(name)) for name in names]
    if len(set(names)) < len(names) or len(names) < 2:
        raise InputError(
            f"--heads expects at least two different heads, found {', '.join(names) or 'none'}; "
            "give names of `styleid heads` with commas between them",
            heads=names,
        )
    return heads
