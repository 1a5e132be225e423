"""``result.json`` and ``predictions.csv``: the numbers of a run, as others read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from styleid.evaluate.crossval import Predictions
from styleid.evaluate.resample import plain
from styleid.files import csv_text, guarded
from styleid.questions.base import FIT, Answer, find_all, load_questions
from styleid.questions.context import FitContext
from styleid.rows.selection import FitOptions
from styleid.rows.training_set import TrainingSet
from styleid.runs.desk import Desk


def fit_record(
    desk: Desk[FitOptions], context: FitContext, answers: Mapping[str, Answer], notes: list[str]
) -> dict[str, Any]:
    """Put a run into plain values, as documented in ``docs/formats.md``."""
    options = desk.options
    result = {
        **desk.record(context.data, notes),
        **desk.asked(),
        "head": options.head,
        "head_params": dict(context.shipped.params),
        "n_scored": len(context.scored.predictions.rows),
        "protocol": options.protocol,
        "seed": options.seed,
        "one_vs_rest": options.one_vs_rest,
        "options": asdict(options),
    }
    for answer in answers.values():
        result |= plain(answer.record)
    result = dict(plain(result))
    result["findings"] = [finding._asdict() for finding in find_all(load_questions(FIT), result)]
    return result


def predictions_csv(predictions: Predictions, data: TrainingSet) -> str:
    """Return the out-of-fold predictions as CSV, a column ``score:LABEL`` per label."""
    labels = [guarded(label) for label in predictions.labels]  # in the header as in the cells
    header = ["image_id", "label", "predicted", "fold", *(f"score:{label}" for label in labels)]
    rows = (
        [
            guarded(data.manifest.rows[int(predictions.rows[i])].image_id),
            labels[predictions.true[i]],
            labels[predictions.predicted[i]],
            str(predictions.folds[i]),
            *(f"{score:.6g}" for score in predictions.scores[i].tolist()),
        ]
        for i in range(len(predictions.rows))
    )
    return csv_text([header, *rows])
