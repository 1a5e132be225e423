"""Which squares of a picture a head sees: one, or windows too, by vectors' mean or by votes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid import EmbedOptions, FitOptions, cross_validate, embed, make_table
from styleid.data.manifest.table import read_manifest
from styleid.data.views.names import parse_views
from styleid.heads.base import get_head
from styleid.heads.voting import voting_head
from styleid.rows.training_set import training_set
from styleid.vectors.pooling import MEAN, VOTE, pool_views
from styleid.vectors.store.space import find_space
from styleid.vectors.store.store import SpaceStore
from trials.trial import BACKBONE, DEMO, Choice, Trial, tried_rows

SQUARE, FOUR = "square", "grid:2@448"


def stacked(trial: Trial, view: str) -> NDArray[np.float32]:
    """Return a set's vectors of a view, (n, v, dim), embedded once, in the order of the trial's rows."""
    kept = trial.data / "tables" / f"{trial.name}.{view}.npz"
    if not kept.exists():
        work = trial.data / "embedded" / trial.name
        folder = DEMO if trial.name == "demo" else trial.data / "pictures" / trial.name
        manifest, vectors = work / "manifest.csv", work / "vectors"
        begun, spent = time.perf_counter(), time.process_time()
        embed(folder, manifest, vectors, EmbedOptions(BACKBONE, views=parse_views(view)))
        print(f"{view}: {time.perf_counter() - begun:.1f} s, processor {time.process_time() - spent:.1f} s")
        pictures = read_manifest(manifest)
        store = SpaceStore(vectors, find_space(vectors))
        found = training_set(pictures, store, FitOptions(seed=0, skip_small=True, views=view, pool=VOTE))
        whole = make_table(found.X, found.y, found.components)
        rows = tried_rows(whole, uneven=False)
        if not np.array_equal(whole.y[rows], trial.table.y):
            raise ValueError(f"{trial.name}: expected the same pictures with {view} as with {SQUARE}")
        stack = whole.X[rows].reshape(len(rows), len(parse_views(view)), -1)
        np.savez(kept, X=stack)
    with np.load(kept) as arrays:
        stacked: NDArray[np.float32] = arrays["X"]
    return stacked


def short_side(trial: Trial) -> float:
    """Return the median short side of a set's pictures, in pixels."""
    folder = DEMO if trial.name == "demo" else trial.data / "pictures" / trial.name
    sides = []
    for root, _, files in os.walk(folder):
        for name in files:
            if not name.endswith(".csv"):
                with Image.open(Path(root) / name) as image:
                    sides.append(min(image.size))
    return float(np.median(sides))


def seen(trial: Trial, views: Sequence[str], pool: str = MEAN, head: str = "lda") -> dict[str, float]:
    """Score a head on the vectors of some views."""
    stack = np.concatenate([stacked(trial, view) for view in views], axis=1)
    table = replace(trial.table, X=pool_views(stack, pool))
    of_name = voting_head(get_head(head), stack.shape[1] if pool == VOTE else 1)
    predictions = cross_validate(of_name, table, trial.folds, seed=trial.seed)
    return {
        "balanced_accuracy": predictions.metrics.overall["balanced_accuracy"],
        "short_side": trial.once("short side", partial(short_side, trial)),
        "seconds": predictions.fit_seconds,
    }


VIEWS = Choice(
    "Should a head see a picture whole, or windows of it too?",
    "square",
    {
        "square": partial(seen, views=[SQUARE]),
        "four windows by their mean": partial(seen, views=[FOUR]),
        "four windows by votes": partial(seen, views=[FOUR], pool=VOTE),
        "square and four windows by their mean": partial(seen, views=[SQUARE, FOUR]),
        "square and four windows by votes": partial(seen, views=[SQUARE, FOUR], pool=VOTE),
    },
    {"balanced_accuracy": 1, "short_side": 0, "seconds": 0},
)
