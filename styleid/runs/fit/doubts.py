"""What else is learned about a fit: label sets, strangers, and whether more pictures would help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.calibration.inner_scores import InnerScores
from styleid.evaluate.folds.splits import grouped_folds
from styleid.evaluate.folds.table import make_table
from styleid.evaluate.scoring.predictions import Predictions
from styleid.heads.base import Head
from styleid.model.trust import Trust
from styleid.questions.context import Progress, Scored
from styleid.questions.label_sets.measure import SetQuality, judge_sets
from styleid.questions.more_pictures.measure import LearningCurve, learning_curve
from styleid.questions.strangers.measure import CoveragePoint, UnknownRule, coverage_curve, learn_unknown
from styleid.questions.strangers.target import Strangers, target_strangers
from styleid.rows.options import FitOptions
from styleid.rows.training_set import TrainingSet
from styleid.rules.calibrator import Calibrator
from styleid.rules.label_sets import LabelSets, own_nonconformity, sets_at
from styleid.rules.strangers import Unknown

#: Coverage at which sets of labels are measured, and how a label's strangeness is; see `conformal`.
LEVEL, METHOD = 0.9, "lac"


@dataclass(frozen=True)
class Doubts:
    """What was learned about a fit beside its scores."""

    sets: SetQuality | None  # None where nothing could be set aside to learn them from
    unknown: UnknownRule
    kept: tuple[CoveragePoint, ...]  # accuracy as the strangest pictures are put aside
    strangers: tuple[Strangers, ...] | None  # how often they are called the target; None without a target
    curve: LearningCurve  # score against pictures per label
    notes: tuple[str, ...]


def learn_doubts(
    head: Head,
    params: Mapping[str, Any],
    data: TrainingSet,
    options: FitOptions,
    scored: Scored,
    n_jobs: int,
    progress: Progress,
) -> Doubts:
    """Measure on held-out pictures how far the answers of a head can be believed.

    `params` are those it is shipped with.
    """
    predictions, seed = scored.predictions, options.seed
    progress("strangers", 0, 0)
    unknown = learn_unknown(
        make_table(data.vectors, data.own_labels, data.components),
        false_alarm=options.false_alarm,
        seed=seed,
        n_jobs=n_jobs,
    )
    at = np.searchsorted(unknown.known.rows, predictions.rows)
    right = predictions.true == predictions.predicted
    kept = coverage_curve(unknown.known.values[at], right, data.components[predictions.rows], seed=seed)
    progress("learning curve", 0, 0)
    curve = learning_curve(
        head,
        [run.params for run in predictions.runs],
        data.table,
        scored.folds,
        # The curve ends at the score of the headline: the same heads, not fitted again.
        full=_in_all_rows(predictions, len(data.y)),
        seed=seed,
        n_jobs=n_jobs,
    )
    strangers, notes = _strangers(head, params, data, options, n_jobs)
    return Doubts(_sets(data, scored, seed), unknown, kept, strangers, curve, (*unknown.notes, *notes))


def bundle_trust(calibrator: Calibrator, inner: InnerScores | None, doubts: Doubts) -> Trust:
    """Put together the trust of a model; `inner` holds out-of-fold scores after calibration."""
    quality, sets = doubts.sets, None
    if inner is not None and quality is not None:
        own = own_nonconformity(inner.true, inner.scores, METHOD)
        components = np.unique(inner.components, return_inverse=True)[1].astype(np.int64)
        worth = {"level": quality.level, "coverage": quality.coverage.value, "size": quality.size.value}
        sets = LabelSets(METHOD, own, components, worth)
    return Trust(calibrator, sets, unknown_gate(doubts.unknown))


def unknown_gate(unknown: UnknownRule) -> Unknown:
    """Return the part of a rule that a model needs to say "none of these"."""
    known = np.sort(unknown.known.values)
    return Unknown(unknown.detector, known, unknown.false_alarm, hidden_means(unknown))


def hidden_means(unknown: UnknownRule) -> dict[str, float | None]:
    """Average the detector's AUROC and the like over hidden labels; None where none could be hidden."""
    if not unknown.hidden:
        return {"auroc": None, "fpr_at_95_tpr": None, "recognised": None}
    return {
        "auroc": float(np.mean([hidden.auroc.value for hidden in unknown.hidden])),
        "fpr_at_95_tpr": float(np.mean([hidden.fpr_at_95_tpr for hidden in unknown.hidden])),
        "recognised": float(np.mean([hidden.recognised.value for hidden in unknown.hidden])),
    }


def _in_all_rows(predictions: Predictions, n: int) -> NDArray[np.int64]:
    """Spread what was predicted over all n rows; 0 where nothing was scored."""
    predicted = np.zeros(n, dtype=np.int64)
    predicted[predictions.rows] = predictions.predicted
    return predicted


def _sets(data: TrainingSet, scored: Scored, seed: int) -> SetQuality | None:
    """Judge the label sets of each fold by a rule learned from the fold's own training part."""
    if not scored.measured:
        return None
    predictions, parts = scored.predictions, []
    for fold in scored.calibrated:
        inner = fold.inner
        own = own_nonconformity(inner.true, inner.scores, METHOD)
        rule, _ = sets_at(own, inner.components, level=LEVEL, method=METHOD)
        true = predictions.true[np.searchsorted(predictions.rows, fold.rows)]
        parts.append((rule, true, fold.scores, data.components[fold.rows]))
    return judge_sets(parts, predictions.labels, seed=seed)


def _strangers(
    head: Head, params: Mapping[str, Any], data: TrainingSet, options: FitOptions, n_jobs: int
) -> tuple[tuple[Strangers, ...] | None, tuple[str, ...]]:
    if options.target is None:
        return None, ()
    folds, _ = grouped_folds(data.y, data.components, options.folds, options.seed)
    return target_strangers(
        head,
        params,
        make_table(data.X, data.own_labels, data.components),
        folds,
        options.target,
        seed=options.seed,
        n_jobs=n_jobs,
    )
