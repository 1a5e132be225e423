"""How much of the labels is told without a look at the pictures."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from styleid.data.facts import FileFacts, colour_table, fact_tables
from styleid.evaluate.crossval import Predictions, cross_validate
from styleid.evaluate.paired import paired_differences
from styleid.evaluate.resample import plain
from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.table import Table
from styleid.questions.audit import SHOWN, CheckContext, CheckData, audit_head, can_score, metrics_shown
from styleid.questions.base import Answer, Question, Section
from styleid.questions.shortcuts.measure import Score, judge_shortcut, score_shortcuts
from styleid.questions.shortcuts.plot import draw_check_scores
from styleid.questions.shortcuts.words import SHORTCUTS, find, read_row
from styleid.report.numbers import count_of


def measure(context: CheckContext) -> Answer:
    """Score file facts and colours beside the head, on those pictures whose files can be read."""
    read = np.array([i for i, fact in enumerate(context.facts) if fact is not None], dtype=np.int64)
    there = [fact for fact in context.facts if fact is not None]
    notes = []
    if len(there) < len(context.facts):
        files = map(context.data.manifest.file, context.data.manifest.rows)
        lost = [file for file, fact in zip(files, context.facts, strict=True) if fact is None]
        notes.append(
            f"{count_of(len(lost), 'file')} of pictures in the store cannot be read now "
            f"({sum(not os.path.exists(file) for file in lost):,} gone): hashes, facts and colours are "
            "without them"
        )
    table = context.table.take(read)
    if not can_score(table):
        return Answer({"shortcuts": None}, (*notes, "too few files can be read to score file facts"))
    folds, _ = grouped_folds(table.y, table.components, context.n_folds, context.seed)
    score = partial(cross_validate, folds=folds, seed=context.seed, n_jobs=context.n_jobs)
    head = score(audit_head(), table) if notes else context.predictions
    record = shortcuts_record(table, there, head, score, context.seed)
    return Answer({"shortcuts": record}, tuple(notes))


def shortcuts_record(
    table: Table, facts: list[FileFacts], head: Predictions, score: Score, seed: int
) -> dict[str, Any]:
    """Score tables of file facts and colours beside the head, on the same folds.

    The verdict is that of `judge_shortcut`, and None for what looks at the vectors; ``head_less`` is how far
    the head is ahead, paired over the same pictures.
    """
    bundles = fact_tables(facts)
    tables = {"facts": np.column_stack(list(bundles.values())), **bundles, "colours": colour_table(facts)}
    tables["both"] = np.column_stack([tables["facts"], tables["colours"]])
    scored = {audit_head().name: head, **score_shortcuts(table, tables, score)}
    shown = {name: metrics_shown(predictions, table.components, seed) for name, predictions in scored.items()}
    chance = 1 / len(table.labels)
    for name, record in shown.items():
        ahead, verdict = None, None
        if name in tables:
            ahead = plain(
                paired_differences(head, scored[name], table.components, SHOWN[-1:], seed=seed)[SHOWN[-1]]
            )
            verdict = judge_shortcut(ahead, record["balanced_accuracy"], chance)
        record |= {"head_less": ahead, "verdict": verdict}
    return shown


def show(data: CheckData) -> list[Section]:
    """Show every score without a drawing beside the head's."""
    scored = data.result["shortcuts"] or {}
    rows = [(SHORTCUTS[name], read_row(scored[name])) for name in SHORTCUTS if name in scored]
    return [Section("shortcuts", Path(__file__).with_name("section.html.j2"), {"rows": rows})]


def draw(data: CheckData) -> bytes | None:
    """Draw the scores, where there are some."""
    scored = data.result["shortcuts"]
    return None if scored is None else draw_check_scores(scored, 1 / len(data.result["labels"]))


QUESTION = Question("shortcuts", measure, findings=find, sections=show, plots={"scores.png": draw})
