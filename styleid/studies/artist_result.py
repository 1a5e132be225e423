"""``study.json``: the numbers of the artist study, as others read them."""

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
from styleid.evaluate.leakage import leakage_gap
from styleid.evaluate.predictions import Predictions
from styleid.runs.result import PACKAGES
from styleid.runs.training_set import TrainingSet
from styleid.studies.artist_answer import Answered
from styleid.studies.artist_data import SPLITS, Version
from styleid.studies.artist_options import ArtistOptions
from styleid.studies.artist_order import show_misalignment
from styleid.studies.artist_replay import NORMALISED, STEPS, Replayed, described
from styleid.vectors.space import Space

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
    """Put the study into plain values, as documented in ``docs/formats.md``.

    Parameters
    ----------
    options : ArtistOptions
        How it was done.
    data : TrainingSet
        n pictures.
    parts : mapping of str to Version
        The versions of the data.
    space : Space
        Of the vectors.
    choice : Choice
        The backbone that the trainings began with.
    replayed : sequence of Replayed
        The trainings.
    answered : sequence of Answered
        The heads.
    answer_told : mapping
        What `styleid.studies.artist_answer.answer` said of them.
    notes : sequence of str
        What a reader should know.

    Returns
    -------
    dict
        Without ``embedding`` and ``timing_seconds``.
    """
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
        "misalignment": show_misalignment(_most_often_right(answered).same_split, options.seed)
        | {"model": _most_often_right(answered).name},
        "answer": answer_told,
        "refined_against": _against_refined(replayed, answered, data.components, options.seed),
        "versions": {
            "styleid": version("styleid"),
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        "notes": list(notes),
    }


def _most_often_right(answered: Sequence[Answered]) -> Answered:
    """Return the head that is right most often out of fold: the fault is shown on a good model."""
    return max(answered, key=lambda of: float(np.mean(of.predictions.true == of.predictions.predicted)))


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
    return {"step": before, "split": split} | {
        metric: _difference(normalised, raw, components, metric, seed)
        for metric in ("accuracy", "balanced_accuracy", "roc_auc")
    }


def _against_refined(
    replayed: Sequence[Replayed], answered: Sequence[Answered], components: NDArray[np.int64], seed: int
) -> list[dict[str, Any]]:
    """Compare each head with the refined step on the same division: same pictures to learn, same to score."""
    refined = _find(replayed, "refined", "grouped")
    return [
        {
            "head": of.name,
            "cpu_seconds": of.cpu_seconds,
            "refined_cpu_seconds": refined.cpu_seconds,
            **{
                metric: _difference(of.same_split, refined.predictions, components, metric, seed)
                for metric in ("accuracy", "balanced_accuracy", "roc_auc")
            },
        }
        for of in answered
    ]


def _difference(
    one: Predictions, other: Predictions, components: NDArray[np.int64], metric: str, seed: int
) -> dict[str, float]:
    """Return one less the other with a paired interval over groups."""
    found = leakage_gap(one, other, components, metric=metric, seed=seed)
    return {"value": found.gap, "low": found.low, "high": found.high}
