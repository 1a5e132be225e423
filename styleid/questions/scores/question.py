"""How often the head is right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from styleid.evaluate.intervals.measured import plain
from styleid.evaluate.intervals.scored import metrics_with_intervals
from styleid.questions.base import LOOK, NOTE, Answer, Finding, Question, Result, Section
from styleid.questions.context import FitContext
from styleid.questions.run_data import RunData
from styleid.questions.scores.confusion import draw_confusion
from styleid.questions.scores.curves import draw_curves, lay_out_curves
from styleid.questions.scores.intervals import draw_per_label, draw_scores
from styleid.questions.scores.tables import tabulate_confusion, tabulate_labels, tabulate_metrics
from styleid.questions.scores.words import write_cautions, write_findings


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
    record = plain(metrics_with_intervals(predictions, components, seed))
    return Answer(record | {"baselines": baselines, "folds": folds})


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
