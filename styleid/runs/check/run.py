"""Audit a set of pictures before anyone believes a score on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from styleid.data.facts.memory import HASHES, HashMemory
from styleid.data.facts.read import FileFacts, read_facts
from styleid.errors import InputError
from styleid.evaluate.scoring.predictions import Predictions
from styleid.files import StrPath
from styleid.questions.doubtful.measure import foreign_neighbours, likely_mislabels, outliers
from styleid.questions.duplicates.measure import (
    Duplicates,
    conflicts_record,
    duplicates_record,
    find_duplicates,
)
from styleid.rows.near_duplicates import keep_hashes, vectors_to_compare
from styleid.rows.selection import Selection
from styleid.rows.training_set import TrainingSet
from styleid.runs.check.page import CheckData, write_check
from styleid.runs.check.scores import Json, can_score, score_rows, shortcuts_record
from styleid.runs.check.words import write_check_findings, write_verdict
from styleid.runs.desk import Desk, Run
from styleid.runs.folder import CHECK
from styleid.runs.record import common_record

#: Shorter sides than this hold little of a hand: a backbone sees 224 pixels.
TINY = 32
#: Standard deviation of pixel values, of 255, below which a picture is of one colour.
ONE_COLOUR = 2.0


@dataclass(frozen=True, kw_only=True)
class CheckOptions(Selection):
    """Options of `check`, saved in ``check.json``.

    Parameters
    ----------
    folds : int
        Number of folds.
    seed : int
        Seed of everything random.
    where, space, views
        As for `FitOptions`.
    skip_small : bool
        Leave out labels with too few groups to be scored, instead of refusing.
    target, pool
        To be left as they are: an audit looks at all labels, and at the mean of a picture's views.
    """

    folds: int = 5
    seed: int = 0
    skip_small: bool = True

    @property
    def default_name(self) -> str:
        """Name of the folder: one audit stands for a set."""
        return "check"


def check(
    options: CheckOptions,
    manifest: StrPath = "data/manifest.csv",
    store: StrPath = "data/vectors",
    out: StrPath = "reports",
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Run:
    """Audit the pictures of a manifest and write ``out/check/``.

    Parameters
    ----------
    options : CheckOptions
        What to audit and how.
    manifest, store, out : path
        The manifest, the vector store, and the folder of the runs.
    n_jobs : int or None
        Folds and files worked on at a time; by default one per core. The numbers do not depend on it.
    progress : callable
        Called as ``progress(done, total)`` while files are read.

    Returns
    -------
    Run
        Its ``result`` is ``check.json``, with the verdict and what was found.

    Raises
    ------
    InputError
        If there is nothing to score.
    StoreError
        If vectors are missing.
    OutputError
        If the folder cannot be written; an audit that was there before stays.
    """
    desk = Desk(options, manifest, store, out, page="check.html", marker=CHECK, n_jobs=n_jobs)
    options, jobs = desk.options, desk.jobs
    data = desk.rows(near_duplicates=False)
    facts = read_facts([data.manifest.file(row) for row in data.manifest.rows], jobs, progress)
    memory = HashMemory(desk.store.root / HASHES)
    memory.learn(facts)
    vectors = vectors_to_compare(data.manifest, desk.store, data.views)
    found = find_duplicates(data, vectors, memory.of([row.sha256 for row in data.manifest.rows]))
    duplicates = duplicates_record(data, found)
    conflicts = conflicts_record(desk.manifest.where(options.where), duplicates["pairs"])
    if not can_score(data.table):
        raise InputError(
            "expected labels of at least 2 groups each, found none that can be scored; add pictures"
        )
    scores, suspects, notes = _scores(data, found, options, jobs)
    shortcuts, more = _shortcuts(data, facts, options, jobs)
    chosen = desk.manifest.where(options.where)
    notes = [*data.notes, *notes, *more, *keep_hashes(memory)]
    result: Json = {
        **common_record(data, desk.store.space, notes),
        "format_version": 1,
        "options": asdict(options),
        "views": options.views,
        "n_unread": facts.count(None),
        "labels": _labels(data),
        "labels_left_out": sorted({row.label for row in chosen.rows} - {"", *data.labels}),
        "duplicates": duplicates,
        "conflicts": conflicts,
        "shortcuts": shortcuts,
        "scores": scores,
        **suspects,
        "degenerate": _degenerate(data, facts),
    }
    result["findings"] = write_check_findings(result)
    result["verdict"] = write_verdict(result)
    with desk.writing(CHECK, result) as folder:
        paths = {row.image_id: desk.manifest.file(row) for row in desk.manifest.rows}
        write_check(CheckData(result, paths), folder)
    return desk.done(result)


def _scores(
    data: TrainingSet, found: Duplicates, options: CheckOptions, jobs: int
) -> tuple[Json, Json, list[str]]:
    """Score as is, with near-duplicates together, and without doubtful rows; list these."""
    how = (options.folds, options.seed, jobs)
    before, as_is, notes = score_rows(data.table, *how)
    predictions, together = before, as_is
    table = replace(data.table, components=found.components)
    joined = can_score(table)
    if not joined:
        table = data.table
    if not joined:
        notes.append("a label is left with one group once near-duplicates are kept together: not scored so")
    elif (table.components != data.components).any():
        predictions, together, _ = score_rows(table, *how)
    neighbours, distance = foreign_neighbours(data.X, table.components)
    rows, suggested = likely_mislabels(predictions.scores, predictions.true, neighbours)
    across = data.y[found.pairs.rows[:, 0]] != data.y[found.pairs.rows[:, 1]]
    kept = np.setdiff1d(np.arange(len(data.y)), [*rows, *found.pairs.rows[across].ravel()])
    left_out: Json | None = together
    if len(kept) < len(data.y):
        part = table.take(kept)
        left_out = score_rows(part, *how)[1] if can_score(part) else None
    scores = {"as_is": as_is, "together": together if joined else None, "left_out": left_out}
    suspects = {
        "mislabels": _mislabels(data, predictions, rows.tolist(), suggested.tolist()),
        "outliers": [_named(data, row) for row in outliers(distance).tolist()],
    }
    return scores, suspects, notes


def _mislabels(
    data: TrainingSet, predictions: Predictions, rows: list[int], suggested: list[int]
) -> list[Json]:
    return [
        _named(data, row)
        | {"suggested": predictions.labels[column], "score": round(float(predictions.scores[row, column]), 4)}
        for row, column in zip(rows, suggested, strict=True)
    ]


def _shortcuts(
    data: TrainingSet, facts: list[FileFacts | None], options: CheckOptions, jobs: int
) -> tuple[Json | None, list[str]]:
    read = np.array([i for i, of_file in enumerate(facts) if of_file is not None], dtype=np.int64)
    there = [of_file for of_file in facts if of_file is not None]
    notes = []
    if len(there) < len(facts):
        notes.append(
            f"{len(facts) - len(there):,} picture(s) are in the store but their files cannot be read "
            "now: hashes, "
            "file facts and colours are without them"
        )
    part = data.table.take(read)
    if not can_score(part):
        return None, [*notes, "too few files can be read to score file facts"]
    return shortcuts_record(part, there, options.folds, options.seed, jobs), notes


def _labels(data: TrainingSet) -> Json:
    return {
        label: {
            "n_images": int((data.y == label).sum()),
            "n_groups": len(np.unique(data.components[data.y == label])),
        }
        for label in data.labels
    }


def _degenerate(data: TrainingSet, facts: list[FileFacts | None]) -> list[Json]:
    listed = []
    for i, of_file in enumerate(facts):
        if of_file is None:
            continue
        if of_file.spread < ONE_COLOUR:
            listed.append(_named(data, i) | {"why": "one colour"})
        elif min(of_file.width, of_file.height) < TINY:
            listed.append(_named(data, i) | {"why": f"tiny: {of_file.width} x {of_file.height} pixels"})
    return listed


def _named(data: TrainingSet, row: int) -> Json:
    of_row = data.manifest.rows[row]
    return {"image_id": of_row.image_id, "sha256": of_row.sha256, "label": of_row.label}
