"""How often the head is right, and the tables that show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from styleid.evaluate.bootstrap import metrics_with_intervals
from styleid.evaluate.paired import paired_differences
from styleid.evaluate.resample import plain
from styleid.questions.base import NOTE, Answer, Finding, Question, Result, Section
from styleid.questions.context import FitContext
from styleid.questions.run_data import JUDGED, RunData
from styleid.questions.scores.confusion import readable_part, row_shares, say_part
from styleid.questions.scores.curves import draw_curves, has_validation, lay_out_curves
from styleid.questions.scores.plot import draw_confusion, draw_per_label, draw_scores
from styleid.questions.scores.words import (
    BASELINES,
    METRICS,
    baselines_beside,
    find_cautions,
    write_findings,
)
from styleid.report.numbers import Reading, enumerate_names, read_metric, write_params
from styleid.report.palette import DEEPEST, short_names, tidy


def measure(context: FitContext) -> Answer:
    """Give every metric its interval, overall, per label and of the baselines on the same folds."""
    scored, seed = context.scored, context.options.seed
    components, predictions = context.data.components, scored.predictions
    folds = [
        {
            "name": run.name,
            "n_train": run.n_train,
            "n_test": run.n_test,
            "params": dict(run.params),
            "balanced_accuracy": predictions.fold_score(run.name),
        }
        for run in predictions.runs
    ]
    baselines = {
        name: metrics_with_intervals(baseline, components, seed).metrics
        for name, baseline in scored.baselines.items()
    }
    less = {
        name: paired_differences(predictions, baseline, components, JUDGED, seed=seed)
        for name, baseline in scored.baselines.items()
    }
    record = plain(metrics_with_intervals(predictions, components, seed))
    return Answer(record | {"baselines": baselines, "less_baselines": less, "folds": folds})


def find(result: Result) -> Iterator[Finding]:
    """Say what speaks against the headline, and what stands out."""
    yield from find_cautions(result)
    yield from (Finding("labels", NOTE, text) for text in write_findings(result))


def show(run: RunData) -> list[Section]:
    """Show the metrics, who is taken for whom, label by label, and how the head learned."""
    result = run.result
    curves = lay_out_curves(run.curves)
    sections: dict[str, dict[str, Any]] = {
        "scores": {"metrics": tabulate_metrics(result)},
        "confusion": {"confusion": tabulate_confusion(result)},
        "labels": {"rows": tabulate_labels(result)},
        **({"curves": {"curves": curves, "curves_held": has_validation(run.curves)}} if curves else {}),
    }
    return [
        Section(name, Path(__file__).with_name(f"{name}.html.j2"), values)
        for name, values in sections.items()
    ]


def tabulate_metrics(result: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the head's metrics beside the baselines'; ``hero`` is the row of accuracies."""
    beside = baselines_beside(result)
    columns = [result["head"], *(BASELINES[name] for name in beside)]
    sources = [result["metrics"], *(result["baselines"][name] for name in beside)]
    # Metrics that are one number in every column share a row. Macro recall is balanced accuracy;
    # only resamples that lack a label tell the two apart.
    folded: dict[tuple[Reading, ...], list[str]] = {}
    for key in METRICS:
        if key in result["metrics"]:
            twin = "balanced_accuracy" if key == "macro_recall" else key
            readings = tuple(read_metric(source.get(twin)) for source in sources)
            folded.setdefault(readings, []).append(METRICS[key])
    rows = [(enumerate_names(names), readings) for readings, names in folded.items()]
    hero = list(zip(columns, [read_metric(source["accuracy"]) for source in sources], strict=True))
    return {"columns": columns, "rows": rows, "hero": hero}


def tabulate_confusion(result: Mapping[str, Any]) -> dict[str, Any]:
    """Prepare the confusion matrix: ``rows`` hold the cells and the total of each own label, a number.

    Of many labels it has those most confused, as ``shown`` says, and a last cell for ``others``.
    A ``tint`` is in per cent; ``upright`` says that column heads stand; ``cell`` is a cell's width in rem.
    """
    confusion = np.asarray(result["confusion"], dtype=np.int64)
    part = readable_part(confusion)
    every = short_names(result["labels"], 18)
    names = [every[label] for label in part.labels]
    tints = row_shares(part.counts)
    # Root: rare mistakes show too.
    tints = DEEPEST * np.where(np.eye(len(names), tints.shape[1]) > 0, tints, np.sqrt(tints))
    rows = [
        {
            "label": label,
            "cells": [
                {"count": int(count), "tint": round(float(tint))}
                for count, tint in zip(row, row_tints, strict=True)
            ],
            "total": int(row.sum()),
        }
        for label, row, row_tints in zip(part.labels.tolist(), part.counts, tints, strict=True)
    ]
    return {
        "names": names,
        "titles": [tidy(result["labels"][label]) for label in part.labels],
        "rows": rows,
        "upright": len(names) > 7 or max(map(len, names)) > 9,
        "small": len(names) > 16,
        "shown": say_part(part, len(confusion)),
        "others": len(names) < len(confusion),
        "cell": round(min(3.4, max(1.2, 50 / len(names))), 2),
    }


def tabulate_labels(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the labels with their readings, the lowest recall first, those without one last."""
    keys = ("recall", "precision", "f1", "roc_auc")
    rows = [
        {"name": tidy(label), "images": of["n_images"], "groups": of["n_groups"]}
        | {key: read_metric(of.get(key)) for key in keys}
        for label, of in result["per_label"].items()
    ]
    return sorted(rows, key=lambda row: 101.0 if row["recall"].at is None else row["recall"].at)


def tabulate_folds(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the folds, as text, with what the search chose in each."""
    rows = []
    for fold in result["folds"]:
        value = fold.get("balanced_accuracy")
        rows.append(
            {
                "name": tidy(str(fold["name"])),
                "n_train": fold["n_train"],
                "n_test": fold["n_test"],
                "balanced_accuracy": "–" if value is None else f"{value:.3f}",
                "params": write_params(fold.get("params") or {}),
            }
        )
    return rows


QUESTION = Question(
    "scores",
    measure,
    findings=find,
    sections=show,
    plots={
        "scores.png": draw_scores,
        "confusion.png": draw_confusion,
        "per_label.png": draw_per_label,
        "curves.png": lambda run: draw_curves(run) if run.curves else None,
    },
)
