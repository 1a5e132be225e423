"""The record of what adding a label measured, in plain values."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.bootstrap import metrics_with_intervals
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.resample import mean_share, plain
from styleid.evaluate.table import make_table
from styleid.model.contents import Bundle
from styleid.model.make import library_versions
from styleid.model.trust import Trust
from styleid.model.verdict import GUESSING, HALF
from styleid.questions.calibration.measure import METRICS, calibration_metrics
from styleid.questions.strangers.measure import learn_unknown, unknown_gate
from styleid.rows.training_set import TrainingSet
from styleid.rules.label_sets import METHOD, LabelSets
from styleid.runs.add.one_label import LabelHead

#: Metrics of the label against the rest that `metrics_with_intervals` gives for each side.
OWN_METRICS = ("precision", "recall", "f1", "roc_auc", "average_precision")
#: What is kept of a `Calibration`.
CALIBRATION = (*METRICS, "ece_if_perfect")


def add_result(
    label: str, bundle: Bundle, data: TrainingSet, predictions: Predictions, learned: LabelHead, seed: int
) -> dict[str, Any]:
    """Measure a label's out-of-fold scores; `bundle` is the model without the label."""
    is_new = data.y == label
    score, components = predictions.scores[is_new, 1], data.components[is_new]
    # What the other heads make of the new pictures, of which they have learned nothing.
    others = bundle.scores(data.X[is_new])  # (m, k)
    claimed = others > HALF
    scored = metrics_with_intervals(predictions, data.components, seed)
    side = scored.per_label[predictions.labels[1]]
    error = calibration_metrics(
        predictions.true, predictions.scores, data.components[predictions.rows], seed=seed
    )
    result = {
        "label": label,
        "params": dict(learned.params),
        "n_images": int(is_new.sum()),
        "n_groups": len(np.unique(components)),
        "n_rest": int((~is_new).sum()),
        "n_excluded": data.n_excluded,
        "metrics": {
            "balanced_accuracy": scored.metrics["balanced_accuracy"],
            **{name: getattr(side, name) for name in OWN_METRICS},
        },
        "calibration": {
            "method": learned.calibrator.method,
            **{name: getattr(error, name) for name in CALIBRATION},
        },
        "among_all": {
            "named": mean_share(score > others.max(axis=1), components, seed=seed),
            "claimed": mean_share(claimed.any(axis=1), components, seed=seed),
            "claimed_by": dict(zip(bundle.labels, claimed.mean(axis=0).tolist(), strict=True)),
        },
    }
    return dict(plain(result))


def record_of(result: Mapping[str, Any], data: TrainingSet, is_new: NDArray[np.bool_]) -> dict[str, Any]:
    """Return what a model keeps of a label that was added to it.

    The pictures are named by their content: the next label that is added is learned against them too,
    though no manifest lists them.
    """
    rows = [row for row, new in zip(data.manifest.rows, is_new.tolist(), strict=True) if new]
    return {
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": library_versions(),
        **{
            name: result[name]
            for name in ("n_images", "n_groups", "n_rest", "metrics", "calibration", "among_all")
        },
        "pictures": [[row.sha256, row.group] for row in rows],
    }


def grown_trust(
    before: Trust,
    bare: Trust,
    learned: LabelHead,
    data: TrainingSet,
    is_new: NDArray[np.bool_],
    seed: int,
    n_jobs: int,
) -> tuple[Trust, list[str]]:
    """Return the trust of a grown model, and notes on what was lost or not measured again.

    Only what the model had before is given back. `bare` holds the calibration of all labels and nothing
    else.
    """
    gate, sets, notes = None, None, []
    if before.unknown is not None:
        rate = before.unknown.false_alarm
        pictures = make_table(data.vectors, data.own_labels, data.components)
        rule = learn_unknown(pictures, false_alarm=rate, seed=seed, n_jobs=n_jobs)
        gate, notes = unknown_gate(rule), list(rule.notes)
        if before.unknown.named is not None:
            notes.append("how surely strangers are named was not measured again; `styleid fit` does")
    if before.sets is not None:
        sets, note = _grown_sets(before.sets, learned, data, is_new)
        notes.append(note)
    return Trust(bare.calibrator, sets, gate), notes


def unmeasured(bundle: Bundle, label: str, accuracy: Mapping[str, float | None]) -> list[str]:
    """Note whether names of the model say something, which only a fit of all labels measures."""
    anew = "`styleid fit --one-vs-rest` on all pictures measures it anew"
    if bundle.options.get(GUESSING):
        return [f"the model was no better than guessing without {label!r}, and goes on saying so; {anew}"]
    said = f"the head of {label!r} cannot be told from guessing, and no verdict will say so; {anew}"
    return [] if (accuracy["low"] or 0.0) > HALF else [said]


def _grown_sets(
    before: LabelSets, learned: LabelHead, data: TrainingSet, is_new: NDArray[np.bool_]
) -> tuple[LabelSets | None, str]:
    # A group counts once. Which number a group had when the model was made is not known any more, so that one
    # with known and new pictures would count twice.
    shared = np.isin(data.components[is_new], data.components[~is_new]).any()
    if learned.known is None or shared:
        why = "groups hold both known and new pictures" if shared else f"they were learned by {before.method}"
        return None, f"sets of labels are left out, since {why}; `styleid fit --one-vs-rest` brings them back"
    known = learned.known
    mine = known.true == 0
    fresh = 1.0 - known.scores[mine][:, 0]
    components = np.unique(known.components[mine], return_inverse=True)[1] + before.components.max() + 1
    grown = LabelSets(
        METHOD,
        np.concatenate([before.own, fresh]),
        np.concatenate([before.components, components]).astype(np.int64),
    )
    return grown, "sets of labels hold the new label too; how wide they are was not measured again"
