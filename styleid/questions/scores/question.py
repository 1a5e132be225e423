"""How often the head is right, and the tables that show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from styleid.evaluate.bootstrap import metrics_with_intervals
from styleid.evaluate.paired import paired_differences
from styleid.evaluate.resample import plain
from styleid.questions.base import LOOK, NOTE, Answer, Finding, Question, Result, Section
from styleid.questions.context import FitContext
from styleid.questions.run_data import RunData
from styleid.questions.scores.confusion import readable_part, row_shares
from styleid.questions.scores.curves import draw_curves, lay_out_curves
from styleid.questions.scores.plot import draw_confusion, draw_per_label, draw_scores
from styleid.questions.scores.words import (
    BASELINES,
    JUDGED,
    METRICS,
    baselines_beside,
    write_cautions,
    write_findings,
)
from styleid.report.numbers import Reading, enumerate_names, read_metric, write_params
from styleid.report.palette import DEEPEST, short_names, tidy

#: Labels up to which a confusion matrix keeps their order; more are sorted by their mistakes.
AS_GIVEN = 12


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
    yield from (Finding("scores", LOOK, text) for text in write_cautions(result))
    yield from (Finding("labels", NOTE, text) for text in write_findings(result))


def show(run: RunData) -> list[Section]:
    """Show the metrics, who is taken for whom, label by label, and how the head learned."""
    result = run.result
    curves = lay_out_curves(run.curves)
    sections: dict[str, dict[str, Any]] = {
        "scores": {"metrics": tabulate_metrics(result)},
        "confusion": {"confusion": tabulate_confusion(result)},
        "labels": {"rows": tabulate_labels(result)},
        **({"curves": {"curves": curves}} if curves else {}),
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

    Many labels stand in the order of their mistakes, the most confused first, and of very many only
    those most taken for each other; ``beyond`` is then the part of a row that lies outside. ``own`` and
    ``said`` are indices into the result's labels, a ``tint`` is in per cent, ``upright`` says that column
    heads stand, and ``cell`` is the width of a cell in rem.
    """
    counts = np.asarray(result["confusion"], dtype=np.int64)
    k, names = len(counts), short_names(result["labels"], 18)
    tints = row_shares(counts)
    tints = np.where(np.eye(k, dtype=bool), tints, np.sqrt(tints))  # root: rare mistakes show too
    missed = counts.sum(axis=1) + counts.sum(axis=0) - 2 * np.diag(counts)
    part = readable_part(counts).labels
    shown = (part[np.argsort(-missed[part], kind="stable")] if k > AS_GIVEN else part).tolist()
    rows = [
        {
            "own": own,
            "cells": [
                {
                    "said": said,
                    "count": int(counts[own, said]),
                    "tint": round(DEEPEST * float(tints[own, said])),
                }
                for said in shown
            ],
            "beyond": int(counts[own].sum() - counts[own, shown].sum()),
            "total": int(counts[own].sum()),
        }
        for own in shown
    ]
    return {
        "names": names,
        "titles": [tidy(label) for label in result["labels"]],
        "rows": rows,
        "upright": len(shown) > 7 or max(map(len, names)) > 9,
        "small": len(shown) > 16,
        "sorted": k > AS_GIVEN,
        "left_out": k - len(shown),
        "cell": round(min(3.4, max(1.2, 50 / max(len(shown), 1))), 2),
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
