"""One illustrator against all others: the first seed project replayed step by step, then answered."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from styleid.backbones.choose import choose_backbone
from styleid.backbones.weights_file import check_tensors, load_tensors
from styleid.data.manifest_file import read_manifest
from styleid.evaluate.leakage import leakage_gap
from styleid.files import write_atomic
from styleid.report.study_artist_page import write_artist_study
from styleid.runs.folder import check_target, run_folder
from styleid.runs.options import FitOptions
from styleid.runs.result import PACKAGES
from styleid.runs.training_set import training_set
from styleid.studies.artist_answer import Answered, answer, stack_views, time_embedding
from styleid.studies.artist_data import read_pixels, versions
from styleid.studies.artist_order import show_misalignment
from styleid.studies.artist_replay import NORMALISED, STEPS, Replayed, described, replay
from styleid.vectors.spaces import find_space, last_automatic
from styleid.vectors.store import SpaceStore

FORMAT_VERSION = 1
#: What tells the study's folder from any other.
MARKER = "study.json"
NAME = "study-artist"
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


@dataclass(frozen=True)
class ArtistOptions:
    """How the study is done; saved in its ``study.json``.

    Attributes
    ----------
    target : str
        The illustrator.
    side : int
        Side of the pictures in the replay's trainings, in pixels.
    epochs : int
        Passes of each of these trainings.
    heads : tuple of str
        Heads that answer.
    augmented : tuple of str
        Those of them that also learn from augmented views.
    views : int
        Augmented views of each picture.
    seed : int
        Seed of everything random.
    quick : bool
        Whether this is the short form.
    """

    target: str = DEFAULT_TARGET
    side: int = 64
    epochs: int = 20
    heads: tuple[str, ...] = ("logreg", "svm", "mlp", "knn", "centroid")
    augmented: tuple[str, ...] = ("logreg", "mlp")
    views: int = 4
    seed: int = 0
    quick: bool = False


def quick_options(target: str = DEFAULT_TARGET, seed: int = 0) -> ArtistOptions:
    """Return the options of the short form: it shows that everything runs, its numbers say little.

    Parameters
    ----------
    target : str
        The illustrator.
    seed : int
        Seed of everything random.

    Returns
    -------
    ArtistOptions
    """
    heads = ("logreg", "knn", "centroid")
    return ArtistOptions(target, 32, 2, heads, ("logreg",), 1, seed, quick=True)


@dataclass(frozen=True)
class ArtistStudy:
    """A finished study.

    Attributes
    ----------
    folder : Path
        Where it lies.
    result : mapping
        Content of its ``study.json``.
    """

    folder: Path
    result: Mapping[str, Any]


def study_artist(
    options: ArtistOptions,
    manifest: Path,
    root: Path,
    out: Path,
    n_jobs: int | None = None,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> ArtistStudy:
    """Replay the project, show what its faults did, answer its question, and write ``out/study-artist/``.

    Parameters
    ----------
    options : ArtistOptions
        How.
    manifest : Path
        The manifest, with a column ``version``.
    root : Path
        The vector store, with the centre and the augmented views embedded.
    out : Path
        Folder of the runs.
    n_jobs : int or None
        Trainings and folds worked on at a time; by default one a core. The numbers do not depend on it.
    progress : callable
        Called as ``progress(stage, done, total)``, with a total of 0 where nobody knows it.

    Returns
    -------
    ArtistStudy

    Raises
    ------
    InputError
        If the manifest has no such label or no versions, or something else lies in the study's place.
    StoreError
        If vectors are missing.
    OutputError
        If the folder cannot be written; a study that was there before stays.
    """
    began, jobs = time.perf_counter(), n_jobs or os.cpu_count() or 1
    target = out / NAME
    check_target(target, MARKER)
    fit_options = FitOptions(target=options.target, seed=options.seed)
    store = SpaceStore(root, find_space(root, None))
    data = training_set(read_manifest(manifest), store, fit_options, jobs)
    parts = versions(data, options.seed)
    views = stack_views(store, data, options.views)
    choice = choose_backbone(last_automatic=last_automatic(root))
    tensors = load_tensors(choice.weights.path)
    check_tensors(tensors, choice.backbone, choice.weights.path)
    notes = [*data.notes]
    if choice.digest != store.space.identity["weights_digest"]:
        notes.append(
            f"the trainings begin with {choice.backbone.name}, the vectors are of another backbone, "
            f"{store.space.identity['backbone']}"
        )
    progress("pictures", 0, 0)
    pixels = read_pixels(data.manifest, options.side)
    progress("trainings", 0, 0)
    replayed = replay(
        data,
        parts,
        pixels,
        tensors,
        choice.backbone.preset,
        options.epochs,
        options.seed,
        n_jobs=jobs,
        progress=lambda done, total: progress("trainings", done, total),
    )
    replay_seconds = time.perf_counter() - began
    answered, answer_told = answer(
        data,
        views,
        parts["v2"].folds["grouped"],
        fit_options,
        options.heads,
        options.augmented,
        jobs,
        progress,
    )
    progress("times", 0, 0)
    result: dict[str, Any] = {
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
        "space": store.space.id,
        "backbone": choice.backbone.name,
        "weights_digest": choice.digest,
        "theirs": THEIRS,
        "steps": [described(of, data, options.seed) for of in replayed],
        "normalisation": [
            _normalisation(replayed, before.name, after.name, split, data.components, options.seed)
            for before, after in zip(STEPS[1:], NORMALISED, strict=True)
            for split in ("per picture", "grouped")
        ],
        "misalignment": show_misalignment(_surest(answered).same_split, options.seed)
        | {"model": _surest(answered).name},
        "answer": answer_told,
        "refined_against": _against_refined(replayed, answered, data.components, options.seed),
        "embedding": time_embedding(data, store.space.identity["backbone"]),
        "versions": {
            "styleid": version("styleid"),
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        "notes": notes,
    }
    with run_folder(target, MARKER) as folder:
        result["timing_seconds"] = {"replay": replay_seconds, "total": time.perf_counter() - began}
        write_artist_study(result, folder)
        write_atomic(folder / MARKER, json.dumps(result, indent=1, allow_nan=False))
    return ArtistStudy(target, result)


def _surest(answered: list[Answered]) -> Answered:
    """Return the head that is right most often out of fold: the fault is shown on a good model."""
    return max(answered, key=lambda of: float(np.mean(of.predictions.true == of.predictions.predicted)))


def _find(replayed: list[Replayed], step: str, split: str) -> Replayed:
    return next(of for of in replayed if (of.step.name, of.split) == (step, split))


def _normalisation(
    replayed: list[Replayed], before: str, after: str, split: str, components: Any, seed: int
) -> dict[str, Any]:
    """Compare a step with and without mean and deviation, on the same pictures."""
    raw, normalised = (_find(replayed, step, split).predictions for step in (before, after))
    return {"step": before, "split": split} | {
        metric: _difference(normalised, raw, components, metric, seed)
        for metric in ("accuracy", "balanced_accuracy", "roc_auc")
    }


def _against_refined(
    replayed: list[Replayed], answered: list[Answered], components: Any, seed: int
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


def _difference(one: Any, other: Any, components: Any, metric: str, seed: int) -> dict[str, float]:
    """Return one less the other with a paired interval over groups."""
    found = leakage_gap(one, other, components, metric=metric, seed=seed)
    return {"value": found.gap, "low": found.low, "high": found.high}
