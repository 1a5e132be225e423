"""Whether a picture is by none of the known hands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.table import make_table
from styleid.questions.base import Answer, Question, Result, Section
from styleid.questions.context import FitContext
from styleid.questions.run_data import RunData
from styleid.questions.strangers.measure import coverage_curve, hidden_means, learn_unknown, unknown_gate
from styleid.questions.strangers.plot import draw_unknown, lay_out_coverage
from styleid.questions.strangers.price import price_names, surest_names
from styleid.questions.strangers.target import Strangers, target_strangers
from styleid.questions.strangers.words import find, write_called, write_strangers, write_unknown
from styleid.report.numbers import in_hundred, read_metric
from styleid.report.palette import tidy

#: Probabilities at which the shares of strangers and of known pictures are told that are named so surely.
LEVELS = (0.5, 0.8, 0.95)


def measure(context: FitContext) -> Answer:
    """Hide one label after the other; with a target, also count how often a hidden hand is called it."""
    data, predictions, options = context.data, context.scored.predictions, context.options
    context.progress("strangers", 0, 0)
    unknown = learn_unknown(
        make_table(data.vectors, data.own_labels, data.components),
        false_alarm=options.false_alarm,
        seed=options.seed,
        n_jobs=context.n_jobs,
    )
    measured = np.isin(predictions.rows, unknown.known.rows)
    rows, right = predictions.rows[measured], (predictions.true == predictions.predicted)[measured]
    at = np.searchsorted(unknown.known.rows, rows)
    curve = coverage_curve(unknown.known.values[at], right, data.components[rows], seed=options.seed)
    strangers, notes = _of_target(context)
    target = None if options.target is None else predictions.labels.index(options.target)
    named, surest = price_names(context, unknown), surest_names(predictions.scores, target)
    record = {
        "kind": unknown.detector.kind,
        "false_alarm": unknown.false_alarm,
        "hidden": unknown.hidden,
        **hidden_means(unknown),
        "false_alarms": unknown.false_alarms,
        "curve": curve,
        "named": None
        if named is None
        else [
            {"probability": level, "strangers": named.share(level), "known": float(np.mean(surest >= level))}
            for level in LEVELS
        ],
    }
    gate = unknown_gate(unknown, named)
    return Answer({"unknown": record, "strangers": strangers}, (*unknown.notes, *notes), kept=gate)


def _of_target(context: FitContext) -> tuple[tuple[Strangers, ...] | None, tuple[str, ...]]:
    data, options = context.data, context.options
    if options.target is None:
        return None, ()
    folds, _ = grouped_folds(data.y, data.components, options.folds, options.seed)
    return target_strangers(
        context.head,
        context.shipped.params,
        make_table(data.X, data.own_labels, data.components),
        folds,
        options.target,
        seed=options.seed,
        n_jobs=context.n_jobs,
    )


def summarise(result: Result) -> list[str]:
    """Say how often a hand never seen is recognised, and how often it is called the target."""
    lines = [] if result["unknown"] is None else write_unknown(result)[:1]
    return [*lines, *(write_strangers(result)[:1] if result["strangers"] else [])]


def show(run: RunData) -> list[Section]:
    """Show the labels that were hidden, and the accuracy as the strangest pictures are put aside."""
    result = run.result
    unknown, strangers = result["unknown"] is not None, result["strangers"] is not None
    if not unknown and not strangers:
        return []
    values = {
        "unknown": unknown,
        "strangers": strangers,
        "sentences": write_unknown(result) if unknown else [],
        "of_target": write_strangers(result) if strangers else [],
        "hidden_rows": tabulate_hidden(result),
        "named": tabulate_named(result),
        "called": write_called(result),
        "stranger_rows": tabulate_strangers(result),
        "coverage": lay_out_coverage(result),
    }
    return [Section("strangers", Path(__file__).with_name("section.html.j2"), values)]


def draw(run: RunData) -> bytes | None:
    """Draw hidden labels and the accuracy of those kept, where one of the two was measured."""
    unknown = run.result["unknown"]
    return draw_unknown(run) if unknown is not None and (unknown["hidden"] or unknown["curve"]) else None


def tabulate_hidden(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the labels that were hidden, the highest AUROC first; empty where nothing was hidden."""
    unknown = result["unknown"]
    rows = [
        {"name": tidy(hidden["label"]), "images": hidden["n_images"], "fpr": f"{hidden['fpr_at_95_tpr']:.3f}"}
        | {key: read_metric(hidden[key]) for key in ("auroc", "recognised", "false_alarms")}
        for hidden in (unknown["hidden"] if unknown else [])
    ]
    return sorted(rows, key=lambda row: -1.0 if row["auroc"].at is None else row["auroc"].at, reverse=True)


def tabulate_named(result: Mapping[str, Any]) -> list[dict[str, str]]:
    """List how many in 100 strangers and known pictures are named so surely; empty if not measured."""
    return [
        {
            "probability": f"{one['probability']:g}",
            "strangers": in_hundred(one["strangers"]),
            "known": in_hundred(one["known"]),
        }
        for one in (result["unknown"] or {}).get("named") or ()
    ]


def tabulate_strangers(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the labels left out of training, the most called the target first; none without a target."""
    rows: list[dict[str, Any]] = [
        {"name": tidy(stranger["label"]), "images": stranger["n_images"]}
        | {key: read_metric(stranger[key]) for key in ("called_target", "when_known")}
        for stranger in result["strangers"] or []
    ]
    return sorted(rows, key=lambda row: row["called_target"].at or 0.0, reverse=True)


QUESTION = Question(
    "strangers", measure, findings=find, summary=summarise, sections=show, plots={"unknown.png": draw}
)
