"""One illustrator against all others: the first seed project is replayed step by step, then answered."""

from __future__ import annotations

import json
import os
import time
from functools import partial
from pathlib import Path

import numpy as np

from styleid.backbones.choose import choose_backbone
from styleid.backbones.weights_file import check_tensors, load_tensors
from styleid.data.manifest.file import read_manifest
from styleid.data.views.make import CENTER
from styleid.files import write_atomic
from styleid.rows.options import FitOptions
from styleid.rows.training_set import training_set
from styleid.runs.folder import RESULT, run_folder, run_target
from styleid.studies.artist.answer import Asked, answer, stack_views, time_embedding
from styleid.studies.artist.divisions import versions
from styleid.studies.artist.page import PAGE, write_artist_study
from styleid.studies.artist.record import ArtistOptions, artist_result
from styleid.studies.artist.replay import replay
from styleid.studies.artist.training import Material, read_pixels
from styleid.studies.artist.words import write_artist_headline
from styleid.studies.study import Progress, Study
from styleid.vectors.store.spaces import find_space, last_automatic
from styleid.vectors.store.store import SpaceStore

NAME = "study-artist"


def study_artist(
    options: ArtistOptions,
    manifest: Path,
    root: Path,
    out: Path,
    n_jobs: int | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Study:
    """Replay the project, show what its faults did, answer its question, and write ``out/study-artist/``.

    The manifest needs a column ``version``; the store needs the centre and the augmented views of all
    pictures. If the folder cannot be written, a study that was there before stays. The numbers do not depend
    on `n_jobs`.
    """
    began, workers = time.perf_counter(), n_jobs or os.cpu_count() or 1
    target = run_target(out, NAME, PAGE)
    store = SpaceStore(root, find_space(root, None))
    fit_options = FitOptions(target=options.target, seed=options.seed, views=CENTER)
    data = training_set(read_manifest(manifest), store, fit_options, workers)
    parts = versions(data, options.seed)
    views = stack_views(store, data, options.views)
    choice = choose_backbone(last_automatic=last_automatic(root))
    tensors = load_tensors(choice.weights.path)
    check_tensors(tensors, choice.backbone, choice.weights.path)
    paths = [data.manifest.file(row) for row in data.manifest.rows]
    material = Material(
        read_pixels(paths, options.side, workers, partial(progress, "pictures")),
        (data.y == options.target).astype(np.int64),
        tensors,
        choice.backbone.preset,
        options.epochs,
        options.seed,
    )
    progress("trainings", 0, 0)
    replayed = replay(data, parts, material, workers, partial(progress, "trainings"))
    replay_seconds = time.perf_counter() - began
    asked = Asked(data, views, parts, fit_options, workers, progress)
    answered = answer(asked, options.heads, options.augmented)
    progress("times", 0, 0)
    result = artist_result(options, data, parts, store.space, choice, replayed, answered)
    result["embedding"] = time_embedding(data, store.space.identity["backbone"], store.space.descriptor)
    result["headline"] = f"{write_artist_headline(result)}."
    with run_folder(target, PAGE) as folder:
        result["timing_seconds"] = {"replay": replay_seconds, "total": time.perf_counter() - began}
        write_artist_study(result, folder)
        write_atomic(folder / RESULT, json.dumps(result, indent=1, allow_nan=False))
    return Study(target, target / PAGE, result)
