"""Add one label's head to a one-vs-rest model; what the model holds of the other labels stays."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from styleid.backbones.choose import choose_backbone
from styleid.data.decode.policy import DecodePolicy
from styleid.data.manifest.file import read_manifest
from styleid.data.views.names import views_text
from styleid.errors import InputError
from styleid.files import write_atomic
from styleid.heads.base import get_head
from styleid.heads.voting import voting_head
from styleid.model.file.bundle import Bundle, load_bundle, save_bundle
from styleid.model.predict import views_of
from styleid.questions.context import Progress
from styleid.rows.options import FitOptions
from styleid.rows.training_set import training_set
from styleid.runs.add.one_label import LabelHead, LabelTask, fit_label, score_label
from styleid.runs.add.pictures import (
    ADDED,
    check_asked,
    check_enough,
    in_order,
    known_rows,
    new_rows,
    store_of,
)
from styleid.runs.add.record import add_result, grown_trust, record_of
from styleid.vectors.embed.embed import Embedding, EmbedOptions, embed
from styleid.vectors.store.space import Space, space_of


def add_label(
    label: str,
    folder: Path,  # sub-folders are groups
    model: Path,
    manifest: Path,  # the one that the model was made from
    root: Path,
    out: Path | None = None,  # by default the model, kept beside it as *.previous.styleid
    weights: Path | None = None,  # those of the model's vectors, if not the backbone's own
    device: str = "auto",
    n_jobs: int | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> dict[str, Any]:
    """Learn a label from a folder of pictures, and write the model with one head more.

    Head, grid, folds and seed are those of the model's fit; the numbers do not depend on `n_jobs`. The
    manifest is not changed, while the store takes in the vectors of the new pictures. Returns what
    ``docs/formats.md`` lists.
    """
    started = time.perf_counter()
    jobs = n_jobs or os.cpu_count() or 1
    bundle = load_bundle(model)
    check_asked(label, bundle, model, out)
    policy = DecodePolicy()
    known = read_manifest(manifest)
    fresh, unreadable = new_rows(folder, label, known, policy)
    choice = choose_backbone(str(bundle.space["backbone"]), weights)
    space = Space(bundle.space)
    bundle.require_space(space_of(choice, policy, space.descriptor, space.precision).identity)
    store = store_of(root, bundle)
    views, pool = views_of(bundle)
    rows = known_rows(known, bundle.labels, bundle.options, store, views)
    embedding = embed(
        replace(known, rows=tuple(fresh)),
        {space.descriptor: store},
        choice,
        policy,
        EmbedOptions(device=device, views=views, precision=space.precision),
        lambda done, total: progress("embedding", done, total),
    )
    fitted = replace(_fit_options(bundle), views=views_text(views), pool=pool)
    data = training_set(in_order(known, [*rows, *fresh]), store, fitted, jobs)
    own = data.y == label
    check_enough(label, folder, data, own)
    head, calibrate = voting_head(get_head(bundle.head), data.n_views), bundle.calibrated
    task = LabelTask(head, data.table, label, calibrate)
    predictions, notes = score_label(
        task,
        n_splits=fitted.folds,
        seed=fitted.seed,
        n_jobs=jobs,
        progress=lambda done, total: progress("folds", done, total),
    )
    progress("model", 0, 0)
    learned = fit_label(task, seed=fitted.seed, n_jobs=jobs)
    grown = _grown(bundle, label, learned)
    progress("strangers", 0, 0)
    trust, more = grown_trust(bundle.trust, grown.trust, learned, data, own, fitted.seed, jobs)
    result = add_result(label, bundle, data, predictions, learned, fitted.seed)
    kept = _with_record(replace(grown, trust=trust), label, learned, record_of(result, data, own))
    target = out or model
    previous = _write(target, model, kept)
    return {
        **result,
        "model": str(target),
        "previous": None if previous is None else str(previous),
        "labels": list(kept.labels),
        "label_sets": trust.sets is not None,
        "unknown": None if trust.unknown is None else dict(trust.unknown.measured),
        "embedding": _embedded(embedding, unreadable),
        "notes": [*data.notes, *dict.fromkeys([*notes, *learned.notes, *more])],
        "timing_seconds": time.perf_counter() - started,
    }


def _fit_options(bundle: Bundle) -> FitOptions:
    """Return how the model was fitted, for rows that are chosen already."""
    known = {field.name for field in fields(FitOptions)} & bundle.options.keys()
    asked = FitOptions(**{name: bundle.options[name] for name in known})
    return replace(asked, head=bundle.head, where=None, skip_small=False, target=None)


def _grown(bundle: Bundle, label: str, learned: LabelHead) -> Bundle:
    if learned.calibrator.method != bundle.trust.calibrator.method:
        raise InputError(
            f"the scores of {label!r} could not be calibrated as those of the other labels are: its "
            "groups are too few, or join too many labels; add pictures or groups",
            label=label,
        )
    return bundle.with_label(label, learned.estimator, learned.calibrator)


def _with_record(bundle: Bundle, label: str, learned: LabelHead, record: Mapping[str, Any]) -> Bundle:
    """Note in the model's options how the label came about, and of which pictures."""
    options = dict(bundle.options)
    options["params"] = {**options.get("params", {}), label: dict(learned.params)}
    options[ADDED] = {**options.get(ADDED, {}), label: dict(record)}
    return replace(bundle, options=options)


def _write(target: Path, model: Path, bundle: Bundle) -> Path | None:
    """Write the model; one that stood there is kept beside it until the next label is added."""
    previous = None
    if target == model:
        previous = model.with_name(f"{model.stem}.previous{model.suffix}")
        write_atomic(previous, model.read_bytes())
    save_bundle(target, bundle)
    return previous


def _embedded(run: Embedding, unreadable: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    return {
        "n_images": run.n_images + len(unreadable),
        "n_embedded": run.n_embedded,
        "n_known": run.n_known,
        "failures": [*unreadable, *run.failures],
    }
