"""One illustrator against all others: the first seed project is replayed step by step, then answered."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from styleid.backbones.choose import choose_backbone
from styleid.backbones.weights_file import load_weights
from styleid.data.manifest.file import read_manifest
from styleid.data.views.names import CENTER
from styleid.files import write_atomic
from styleid.rows.options import FitOptions
from styleid.rows.training_set import training_set
from styleid.runs.folder import RESULT, run_folder, run_target
from styleid.studies.artist.answer import answer, stack_views, time_embedding
from styleid.studies.artist.data import read_pixels, versions
from styleid.studies.artist.options import ArtistOptions
from styleid.studies.artist.page import PAGE, write_artist_study
from styleid.studies.artist.replay import replay
from styleid.studies.artist.result import artist_result
from styleid.studies.artist.words import write_artist_headline
from styleid.vectors.store.spaces import find_space, read_current
from styleid.vectors.store.store import SpaceStore

NAME = "study-artist"


@dataclass(frozen=True)
class ArtistStudy:
    """A finished study: its folder and the content of its ``result.json``."""

    folder: Path
    result: Mapping[str, Any]

    @property
    def page(self) -> Path:
        """Path of the study's page."""
        return self.folder / PAGE


def study_artist(
    options: ArtistOptions,
    manifest: Path,
    root: Path,
    out: Path,
    n_jobs: int | None = None,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> ArtistStudy:
    """Replay the project, show what its faults did, answer its question, and write ``out/study-artist/``.

    The manifest needs a column ``version``; the store needs the centre and the augmented views of all
    pictures. If the folder cannot be written, a study that was there before stays. The numbers do not depend
    on `n_jobs`.
    """
    began, jobs = time.perf_counter(), n_jobs or os.cpu_count() or 1
    target = run_target(out, NAME, PAGE)
    fit_options = FitOptions(target=options.target, seed=options.seed, views=CENTER)
    store = SpaceStore(root, find_space(root, None))
    data = training_set(read_manifest(manifest), store, fit_options, jobs)
    parts = versions(data, options.seed)
    views = stack_views(store, data, options.views)
    choice = choose_backbone(last_automatic=read_current(root).automatic)
    tensors = load_weights(choice.weights.path, choice.backbone)
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
        parts,
        fit_options,
        options.heads,
        options.augmented,
        jobs,
        progress,
    )
    progress("times", 0, 0)
    result = artist_result(options, data, parts, store.space, choice, replayed, answered, answer_told, notes)
    result["embedding"] = time_embedding(data, store.space.identity["backbone"], store.space.descriptor)
    result["headline"] = f"{write_artist_headline(result)}."
    with run_folder(target, PAGE) as folder:
        result["timing_seconds"] = {"replay": replay_seconds, "total": time.perf_counter() - began}
        write_artist_study(result, folder)
        write_atomic(folder / RESULT, json.dumps(result, indent=1, allow_nan=False))
    return ArtistStudy(target, result)
