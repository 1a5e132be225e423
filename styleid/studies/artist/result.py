"""``result.json``: the numbers of the artist study, as others read them."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.choose import Choice
from styleid.evaluate.scoring.predictions import Predictions
from styleid.rows.training_set import TrainingSet
from styleid.runs.fit.record import PACKAGES
from styleid.studies.artist.answer import Answered
from styleid.studies.artist.data import SPLITS, Version
from styleid.studies.artist.divisions import plain_differences, trained_less_heads
from styleid.studies.artist.options import ArtistOptions
from styleid.studies.artist.order import show_misalignment
from styleid.studies.artist.replay import NORMALISED, STEPS, Replayed, described
from styleid.vectors.store.space import Space

FORMAT_VERSION = 1
#: Figures the project reported on its own data, which were other pictures.
THEIRS = {
    "accuracy_before": 0.6612,
    "accuracy_after": 0.7043,
    "broken_precision": [0.53, 0.48],
    "broken_recall_others": 0.24,
    "printed_precision": [0.52, 0.51],
}


def artist_result(
    options: ArtistOptions,
    data: TrainingSet,
    parts: Mapping[str, Version],
    space: Space,
    choice: Choice,
    replayed: Sequence[Replayed],
    answered: Sequence[Answered],
    answer_told: Mapping[str, Any],
    notes: Sequence[str],
) -> dict[str, Any]:
    """Put the study into plain values, as in ``docs/formats.md``; headline and times are added later."""
    model, predictions = _best_model(replayed, answered)
    return {
        "format_version": FORMAT_VERSION,
        "study": "artist",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "options": asdict(options),
        "target": options.target,
        "labels": list(data.labels),
        "n_images": len(data.manifest),
        "n_target": int(np.sum(data.y == options.target)),
        "n_groups": len(np.unique(data.components)),
        "n_excluded": data.n_excluded,
        "versions_of_data": {name: len(of.rows) for name, of in parts.items()},
        "space": space.id,
        "backbone": choice.backbone.name,
        "weights_digest": choice.digest,
        "theirs": THEIRS,
        "steps": [described(of, data, options.seed) for of in replayed],
        "normalisation": [
            _normalisation(replayed, before.name, after.name, split, data.components, options.seed)
            for before, after in zip(STEPS[1:], NORMALISED, strict=True)
            for split in SPLITS
        ],
        "misalignment": {"model": model, **show_misalignment(predictions, options.seed)},
        "answer": answer_told,
        "trained_less_heads": trained_less_heads(
            replayed, {of.name: of.divisions for of in answered}, data.components, options.seed
        ),
        "versions": {
            "styleid": version("styleid"),
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        "notes": list(notes),
    }


def _best_model(replayed: Sequence[Replayed], answered: Sequence[Answered]) -> tuple[str, Predictions]:
    """Return the best model on a grouped test part, for the fault is to be shown on a good one."""
    models = [
        (f"{of.step.name}, {of.step.version}", of.predictions) for of in replayed if of.split == "grouped"
    ]
    models += [
        (f"{of.name}, {version}", found.predictions)
        for of in answered
        for (version, split), found in of.divisions.items()
        if split == "grouped"
    ]
    return max(models, key=lambda model: _balanced_accuracy(model[1]))


def _balanced_accuracy(predictions: Predictions) -> float:
    return predictions.metrics.overall["balanced_accuracy"] or 0.0


def _find(replayed: Sequence[Replayed], step: str, split: str) -> Replayed:
    return next(of for of in replayed if (of.step.name, of.split) == (step, split))


def _normalisation(
    replayed: Sequence[Replayed],
    before: str,
    after: str,
    split: str,
    components: NDArray[np.int64],
    seed: int,
) -> dict[str, Any]:
    """Compare a step with and without mean and deviation, on the same pictures."""
    raw, normalised = (_find(replayed, step, split).predictions for step in (before, after))
    return {"step": before, "split": split, **plain_differences(normalised, raw, components, seed)}
