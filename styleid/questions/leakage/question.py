"""What careless folds would flatter, and how well unseen sources are scored."""

from __future__ import annotations

from typing import Any

from styleid.evaluate.bootstrap import metrics_with_intervals
from styleid.evaluate.crossval import Predictions
from styleid.questions.base import Answer, Question
from styleid.questions.context import FitContext
from styleid.questions.leakage.measure import score_naive, score_sources
from styleid.questions.leakage.words import find


def measure(context: FitContext) -> Answer:
    """Score the head on random folds, where components have several pictures, and on unseen sources."""
    components, seed = context.data.components, context.options.seed
    naive, gap = score_naive(
        context.head, context.data, context.options, context.scored, context.n_jobs, context.progress
    )
    sources, notes = score_sources(context)
    record = {
        "groups_given": any(row.group for row in context.data.manifest.rows),
        "naive": None if naive is None else metrics_with_intervals(naive, components, seed).metrics,
        "leakage_gap": gap,
        "held_out_sources": None if sources is None else _by_source(sources, context),
    }
    return Answer(record, tuple(notes))


def _by_source(predictions: Predictions, context: FitContext) -> dict[str, Any]:
    scored = metrics_with_intervals(predictions, context.data.components, context.options.seed)
    return {
        "n_scored": len(predictions.rows),
        "metrics": scored.metrics,
        "sources": {
            name: {
                "n_images": int((predictions.folds == name).sum()),
                "balanced_accuracy": predictions.fold_score(name),
            }
            for name in sorted(set(predictions.folds.tolist()))
        },
    }


QUESTION = Question("leakage", measure, findings=find)
