"""Which labels hold the true one at a stated rate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from styleid.questions.base import Answer, Question, Result, Section
from styleid.questions.context import FitContext
from styleid.questions.label_sets.measure import SetQuality, judge_sets
from styleid.questions.label_sets.words import find, write_sets
from styleid.questions.run_data import RunData, score_word
from styleid.report.numbers import read_metric
from styleid.report.palette import tidy
from styleid.rules.label_sets import METHOD, LabelSets, own_nonconformity

#: Coverage at which sets of labels are measured.
LEVEL = 0.9
#: Rows of the table of sets; of more labels, those that sets hold least often.
MOST_SET_ROWS = 12


def measure(context: FitContext) -> Answer:
    """Judge the sets of each fold by a rule learned without it; keep the rule of all rows."""
    scored, components = context.scored, context.data.components
    if not scored.measured:
        return Answer({"label_sets": None})
    predictions, parts = scored.predictions, []
    for fold in scored.calibrated:
        own = own_nonconformity(fold.known.true, fold.known.scores)
        rule, _ = LabelSets(METHOD, own, fold.known.components).rule(LEVEL)
        true = predictions.true[np.searchsorted(predictions.rows, fold.rows)]
        parts.append((rule, true, fold.scores, components[fold.rows]))
    quality = judge_sets(parts, predictions.labels, seed=context.options.seed)
    return Answer({"label_sets": quality}, kept=_shipped(context, quality))


def _shipped(context: FitContext, quality: SetQuality) -> LabelSets | None:
    known = context.shipped.known
    if known is None:
        return None
    own = own_nonconformity(known.true, known.scores)
    components = np.unique(known.components, return_inverse=True)[1].astype(np.int64)
    worth = {"level": quality.level, "coverage": quality.coverage.value, "size": quality.size.value}
    return LabelSets(METHOD, own, components, worth)


def summarise(result: Result) -> list[str]:
    """Say how often sets hold the true label."""
    return [] if result["label_sets"] is None else write_sets(result)[:1]


def show(run: RunData) -> list[Section]:
    """Show how often sets hold each label."""
    result = run.result
    if result["label_sets"] is None:
        return []
    values = {
        "score_word": score_word(result),
        "sentences": write_sets(result),
        "sets": tabulate_sets(result),
    }
    return [Section("label_sets", Path(__file__).with_name("section.html.j2"), values)]


def tabulate_sets(result: Mapping[str, Any]) -> dict[str, Any]:
    """List how often label sets hold each label, the least held first, at most `MOST_SET_ROWS` of them.

    ``left_out`` counts the labels that are not listed; ``level`` is the stated coverage in per cent.
    """
    sets = result["label_sets"]
    rows: list[dict[str, Any]] = [
        {"name": tidy(label), "coverage": read_metric(metric)} for label, metric in sets["by_label"].items()
    ]
    rows.sort(key=lambda row: 101.0 if row["coverage"].at is None else row["coverage"].at)
    shown = rows[:MOST_SET_ROWS]
    return {"rows": shown, "left_out": len(rows) - len(shown), "level": 100 * sets["level"]}


QUESTION = Question("label_sets", measure, findings=find, summary=summarise, sections=show)
