"""One illustrator against all others: the first seed project is replayed step by step, then answered."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from styleid.backbones.choose import choose_backbone
from styleid.backbones.weights_file import load_weights
from styleid.data.views.names import CENTER, augmented_views
from styleid.questions.context import Progress
from styleid.rows.selection import FitOptions
from styleid.runs.desk import Desk, Run
from styleid.runs.embed import embed_views
from styleid.runs.folder import RESULT
from styleid.studies.artist.answer import Asked, answer, stack_views, time_embedding
from styleid.studies.artist.divisions import versions
from styleid.studies.artist.page import PAGE, write_artist_study
from styleid.studies.artist.record import ArtistOptions, artist_result
from styleid.studies.artist.replay import replay
from styleid.studies.artist.training import Material
from styleid.studies.artist.words import write_artist_headline
from styleid.studies.pictures import read_squares
from styleid.vectors.store.space import read_current

NAME = "study-artist"


def study_artist(
    options: ArtistOptions,
    manifest: Path,
    root: Path,
    out: Path,
    n_jobs: int | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Run:
    """Replay the project, show what its faults did, answer its question, and write ``out/study-artist/``.

    The manifest needs a column ``version``; what the store lacks of the centre and the augmented views is
    embedded. If the folder cannot be written, a study that was there before stays. The numbers do not depend
    on `n_jobs`.
    """
    asked_for = FitOptions(target=options.target, seed=options.seed, views=CENTER)
    desk = Desk(asked_for, manifest, root, out, NAME, page=PAGE, n_jobs=n_jobs)
    store, workers = desk.store, desk.jobs
    embed_views(
        replace(desk.manifest, rows=tuple(row for row in desk.manifest.rows if row.sha256)),
        store,
        (CENTER, *augmented_views(options.views)),
        partial(progress, "embedding"),
    )
    data = desk.rows()
    parts = versions(data, options.seed)
    views = stack_views(store, data, options.views)
    choice = choose_backbone(last_automatic=read_current(root).automatic)
    tensors = load_weights(choice.weights.path, choice.backbone)
    paths = [data.manifest.file(row) for row in data.manifest.rows]
    material = Material(
        read_squares(paths, options.side, workers, partial(progress, "pictures")),
        (data.y == options.target).astype(np.int64),
        tensors,
        choice.backbone.preset,
        options.epochs,
        options.seed,
    )
    progress("trainings", 0, 0)
    with desk.clock("replay"):
        replayed = replay(data, parts, material, workers, partial(progress, "trainings"))
    asked = Asked(data, views, parts, desk.options, workers, progress)
    answered = answer(asked, options.heads, options.augmented)
    progress("times", 0, 0)
    result = artist_result(options, desk, data, parts, choice, replayed, answered)
    result["embedding"] = time_embedding(data, store.space.identity["backbone"], store.space.descriptor)
    result["headline"] = f"{write_artist_headline(result)}."
    with desk.writing(RESULT, result) as folder:
        write_artist_study(result, folder)
    return desk.done(result)
