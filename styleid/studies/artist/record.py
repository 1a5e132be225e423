"""The options of the artist study, and the ``result.json`` it ends in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.choose import Choice
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.paired import paired_differences
from styleid.evaluate.resample import plain
from styleid.rows.selection import FitOptions
from styleid.rows.training_set import TrainingSet
from styleid.runs.desk import Desk
from styleid.studies.artist.answer import Answered
from styleid.studies.artist.divisions import SPLITS, Version
from styleid.studies.artist.order import show_misalignment
from styleid.studies.artist.replay import NORMALISED, STEPS, Replayed, described

#: One of a pair of relatives in the demo data, so that "similar ones" are among the others.
DEFAULT_TARGET = "noto"
#: Figures the project reported on its own data, which were other pictures.
THEIRS = {
    "accuracy_before": 0.6612,
    "accuracy_after": 0.7043,
    "broken_precision": [0.53, 0.48],
    "broken_recall_others": 0.24,
    "printed_precision": [0.52, 0.51],
}
COMPARED = ("accuracy", "balanced_accuracy", "roc_auc")


@dataclass(frozen=True)
class ArtistOptions:
    """Options of the artist study, saved in its ``result.json``."""

    target: str = DEFAULT_TARGET
    side: int = 64  # of the pictures in the replay's trainings, in pixels
    epochs: int = 20  # of each of these trainings
    heads: tuple[str, ...] = ("lda", "logreg", "svm", "mlp", "knn", "centroid")
    augmented: tuple[str, ...] = ("logreg", "mlp")  # those of `heads` that also learn from augmented views
    views: int = 4  # augmented views of each picture
    seed: int = 0
    quick: bool = False


def quick_options(target: str = DEFAULT_TARGET, seed: int = 0) -> ArtistOptions:
    """Return the options of the short form, which shows that everything runs; its numbers say little."""
    heads = ("logreg", "knn", "centroid")
    return ArtistOptions(
        target=target, side=32, epochs=2, heads=heads, augmented=("logreg",), views=1, seed=seed, quick=True
    )


def artist_result(
    options: ArtistOptions,
    desk: Desk[FitOptions],
    data: TrainingSet,
    parts: Mapping[str, Version],
    choice: Choice,
    replayed: Sequence[Replayed],
    answered: tuple[Sequence[Answered], Mapping[str, Any]],
) -> dict[str, Any]:
    """Put the study into plain values, as in ``docs/formats.md``; headline and times are added later.

    `answered` is what `styleid.studies.artist.answer.answer` gave: the heads, and the commonest label.
    """
    heads, majority = answered
    model, predictions = _best_model(replayed, heads)
    notes = list(data.notes)
    if choice.digest != desk.store.space.identity["weights_digest"]:
        notes.append(
            f"the trainings begin with {choice.backbone.name}, the vectors are of another backbone, "
            f"{desk.store.space.identity['backbone']}"
        )
    return {
        **desk.record(data, notes),
        "study": "artist",
        "options": asdict(options),
        "target": options.target,
        "n_target": int(np.sum(data.y == options.target)),
        "versions_of_data": {name: len(part.rows) for name, part in parts.items()},
        "backbone": choice.backbone.name,
        "weights_digest": choice.digest,
        "theirs": THEIRS,
        "steps": [described(training, data, options.seed) for training in replayed],
        "normalisation": normalisation(replayed, data.components, options.seed),
        "misalignment": {"model": model, **show_misalignment(predictions, options.seed)},
        "answer": {
            "heads": [head.record for head in heads],
            "majority": majority,
            "n_views": options.views,
        },
        "trained_less_heads": trained_less_heads(replayed, heads, data.components, options.seed),
    }


def _best_model(replayed: Sequence[Replayed], heads: Sequence[Answered]) -> tuple[str, Predictions]:
    """Return the best model on a grouped test part, for the fault is to be shown on a good one."""
    models = [
        (f"{training.step.name}, {training.step.version}", training.predictions)
        for training in replayed
        if training.split == "grouped"
    ]
    models += [
        (f"{head.name}, {version}", scored.predictions)
        for head in heads
        for (version, split), scored in head.divisions.items()
        if split == "grouped"
    ]
    return max(models, key=lambda model: np.nan_to_num(model[1].metrics.overall["balanced_accuracy"]))


def normalisation(
    replayed: Sequence[Replayed], components: NDArray[np.int64], seed: int
) -> list[dict[str, Any]]:
    """Compare each frozen step with and without mean and deviation, on the same pictures."""
    predictions = {(training.step.name, training.split): training.predictions for training in replayed}
    return [
        {
            "step": raw.name,
            "split": split,
            **plain_differences(
                predictions[normalised.name, split], predictions[raw.name, split], components, seed
            ),
        }
        for raw, normalised in zip(STEPS[1:], NORMALISED, strict=True)
        for split in SPLITS
    ]


def trained_less_heads(
    replayed: Sequence[Replayed], heads: Sequence[Answered], components: NDArray[np.int64], seed: int
) -> list[dict[str, Any]]:
    """Compare each training with each head: same pictures to learn from, to choose by and to score.

    Values are the training less the head. Intervals are over `components`, however the pictures were divided.
    """
    return [
        {
            "step": training.step.name,
            "version": training.step.version,
            "split": training.split,
            "head": head.name,
            **plain_differences(
                training.predictions,
                head.divisions[training.step.version, training.split].predictions,
                components,
                seed,
            ),
        }
        for training in replayed
        for head in heads
    ]


def plain_differences(
    one: Predictions, other: Predictions, components: NDArray[np.int64], seed: int
) -> dict[str, dict[str, float | None]]:
    """Return one less the other in each of `COMPARED`, as plain ``value``, ``low`` and ``high``.

    Both must have scored the same pictures; `components` are those of the whole set.
    """
    return dict(plain(paired_differences(one, other, components, COMPARED, seed=seed)))
