"""Audit a set of pictures before anyone believes a score on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from styleid.data.facts import read_facts
from styleid.data.hash_memory import HASHES, HashMemory
from styleid.errors import InputError
from styleid.evaluate.resample import plain
from styleid.files import StrPath
from styleid.given import check_options
from styleid.questions.audit import CheckContext, CheckData, can_score
from styleid.questions.base import CHECK as CHECK_QUESTIONS
from styleid.questions.base import DO_NOT_BELIEVE, LOOK, STOP, Result, find_all, load_questions
from styleid.rows.selection import Selection
from styleid.rows.training_set import find_duplicates, keep_hashes, vectors_to_compare
from styleid.runs.check.page import write_check
from styleid.runs.check.scores import score_together, score_without
from styleid.runs.desk import Desk, Run
from styleid.runs.folder import CHECK, common_record


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
    check_options(options, CheckOptions)
    desk = Desk(options, manifest, store, out, page="check.html", marker=CHECK, n_jobs=n_jobs)
    options, jobs = desk.options, desk.jobs
    data = desk.rows(near_duplicates=False)
    facts = read_facts([data.manifest.file(row) for row in data.manifest.rows], jobs, progress)
    memory = HashMemory(desk.store.root / HASHES)
    memory.learn(facts)
    hashes = memory.of([row.sha256 for row in data.manifest.rows])
    duplicates = find_duplicates(
        data.table, vectors_to_compare(data.manifest, desk.store, data.views), hashes
    )
    if not can_score(data.table):
        raise InputError(
            "expected labels of at least 2 groups each, found none that can be scored; add pictures"
        )
    how = (options.folds, options.seed, jobs)
    scored = score_together(data.table, duplicates, how)
    chosen = desk.manifest.where(options.where)
    context = CheckContext(data, chosen, facts, duplicates, scored.table, scored.predictions, *how)
    answers = {question.name: question.measure(context) for question in load_questions(CHECK_QUESTIONS)}
    left_out = score_without(data.table, scored, duplicates, answers["doubtful"].kept, how)
    notes = [
        *desk.notes,
        *data.notes,
        *scored.notes,
        *(note for answer in answers.values() for note in answer.notes),
    ]
    result: dict[str, Any] = {
        **common_record(data, desk.store.space, [*notes, *keep_hashes(memory)]),
        "format_version": 1,
        "options": asdict(options),
        "manifest_sha256": desk.manifest_sha256,
        "views": options.views,
        "n_unread": facts.count(None),
        "labels": {
            label: {
                "n_images": int((data.y == label).sum()),
                "n_groups": len(np.unique(data.components[data.y == label])),
            }
            for label in data.labels
        },
        "labels_left_out": sorted({row.label for row in chosen.rows} - {"", *data.labels}),
        "scores": {"as_is": scored.as_is, "together": scored.together, "left_out": left_out},
    }
    for answer in answers.values():
        result |= plain(answer.record)
    result["findings"] = [finding._asdict() for finding in find_all(load_questions(CHECK_QUESTIONS), result)]
    result["verdict"] = write_verdict(result)
    with desk.writing(CHECK, result) as folder:
        paths = {row.image_id: desk.manifest.file(row) for row in desk.manifest.rows}
        write_check(CheckData(result, paths), folder)
    return desk.done(result)


def write_verdict(result: Result) -> str:
    """Say in one sentence whether a score on this set can be believed."""
    severities = [finding["severity"] for finding in result["findings"]]
    if STOP in severities:
        return DO_NOT_BELIEVE.format("a score on this set")
    if LOOK in severities:
        return "Look at this before you believe a score on this set"
    return "Nothing was found that would make a score on this set untrue"
