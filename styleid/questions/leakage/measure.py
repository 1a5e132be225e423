"""How much a careless split flatters: naive folds beside grouped ones, and whole sources left out.

Naive folds separate even exact twins, as a random split does. Head, seed and search are the same in
both, so the gap comes only from components of several pictures. Where each label has a head of its own,
calibration changes which one is named: what stands beside a calibrated headline is calibrated as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike

from styleid.evaluate.calibration import calibrated_folds, with_calibration
from styleid.evaluate.crossval import Predictions, collect, cross_validate, run_fold
from styleid.evaluate.paired import paired_differences
from styleid.evaluate.resample import N_RESAMPLES
from styleid.evaluate.seeds import child_seed
from styleid.evaluate.splits import grouped_folds
from styleid.evaluate.table import Fold, Table, check_folds
from styleid.heads.base import Head
from styleid.questions.context import FitContext, Progress, Scored
from styleid.report.numbers import count_of
from styleid.rows.selection import FitOptions
from styleid.rows.training_set import TrainingSet


@dataclass(frozen=True)
class LeakageGap:
    """The naive score less the grouped one, with an interval from paired resamples of the components."""

    metric: str
    naive: float
    grouped: float
    gap: float
    low: float
    high: float
    opened: bool  # the interval lies above 0: the naive score flatters


def naive_predictions(
    head: Head, table: Table, *, n_splits: int, seed: int, n_jobs: int, calibrated: bool = True
) -> Predictions:
    """Cross-validate as if every picture were its own component, searches too; for `leakage_gap` only.

    `calibrated` says whether the headline that it stands beside is.
    """
    alone = replace(table, components=np.arange(len(table.y)))
    folds, _ = grouped_folds(alone.y, alone.components, n_splits, seed)
    raw = cross_validate(head, alone, folds, seed=seed, n_jobs=n_jobs)
    return alike(head, alone, folds, raw, seed, n_jobs)[0] if calibrated else raw


def alike(
    head: Head, table: Table, folds: Sequence[Fold], raw: Predictions, seed: int, n_jobs: int
) -> tuple[Predictions, tuple[str, ...]]:
    """Calibrate predictions where that decides which label is named, as the headline is; return notes too."""
    if not head.by_label:
        return raw, ()
    calibrated = calibrated_folds(head, table, folds, raw, seed=seed, n_jobs=n_jobs)
    notes = dict.fromkeys(f"{fold.name}: {note}" for fold in calibrated for note in fold.notes)
    return with_calibration(raw, calibrated), tuple(notes)


def leakage_gap(
    naive: Predictions,
    grouped: Predictions,
    components: ArrayLike,
    *,
    metric: str = "balanced_accuracy",
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> LeakageGap:
    """Compare a naive and a grouped cross-validation of the same pictures on one metric of `OVERALL`.

    `components` are those of the grouped folds, one for each row.
    """
    (gap,) = paired_differences(
        naive, grouped, components, (metric,), n_resamples=n_resamples, seed=seed
    ).values()
    before, after = (each.metrics.overall[metric] for each in (naive, grouped))
    return LeakageGap(metric, before, after, gap.value, gap.low, gap.high, gap.low > 0)


def score_naive(
    head: Head, data: TrainingSet, options: FitOptions, scored: Scored, n_jobs: int, progress: Progress
) -> tuple[Predictions | None, LeakageGap | None]:
    """Score the head as if every picture stood alone; None for a holdout, and where each does."""
    if options.protocol != "cv" or len(np.unique(data.components)) == len(data.components):
        return None, None
    progress("random folds", 0, 0)
    how = {"n_splits": len(scored.folds), "seed": options.seed, "n_jobs": n_jobs}
    naive = naive_predictions(head, data.table, **how, calibrated=scored.measured)
    return naive, leakage_gap(naive, scored.predictions, data.components, seed=options.seed)


def source_folds(table: Table, sources: Sequence[str]) -> tuple[list[Fold], list[str]]:
    """Leave out each source in turn; return one fold a source, named after it, and what could not be done.

    Pictures of other sources that share a component with the source left out are not learned from in that
    fold. Pictures without a source (``""``) might be of any source: they are neither learned from nor
    scored. A source is passed over, with a note, if a label could then not be learned. With fewer than two
    sources there are no folds.
    """
    label, component, source = table.y, table.components, np.asarray(sources, dtype=str)
    known = source != ""
    names = np.unique(source[known]).tolist()
    if len(names) < 2:
        return [], ["no score on held-out sources: fewer than two sources are known"] if names else []
    notes = []
    if not known.all():
        notes.append(
            f"{count_of(int((~known).sum()), 'picture')} without a source, left out of the scores by source"
        )
    folds = []
    for name in names:
        held = source == name
        train = known & ~held & ~np.isin(component, component[held])
        lost = sorted(set(label[known].tolist()) - set(label[train].tolist()))
        if lost:
            listed = ", ".join(map(repr, lost))
            notes.append(f"source {name!r} cannot be left out: nothing to learn {listed} from would remain")
            continue
        folds.append(Fold(name, np.flatnonzero(train), np.flatnonzero(held)))
    return folds, notes


def score_sources(context: FitContext) -> tuple[Predictions | None, list[str]]:
    """Leave out one source after the other, learn and search on the rest, and score that one.

    Each fold is named by its source. Predictions are None where fewer than two sources are known; notes say
    which sources were passed over, and why.
    """
    table, seed = context.data.table, child_seed(context.options.seed, 0)
    folds, notes = source_folds(table, [row.source for row in context.data.manifest.rows])
    if not folds:
        return None, notes
    check_folds(folds, table.components, cover=False)
    scores = Parallel(n_jobs=min(context.n_jobs, len(folds)))(
        delayed(run_fold)(context.head, table, fold, seed) for fold in folds
    )
    raw = collect(table, folds, scores)
    if not context.scored.measured:
        return raw, notes
    predictions, further = alike(context.head, table, folds, raw, seed, context.n_jobs)
    return predictions, [*notes, *further]
