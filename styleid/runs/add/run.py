"""Add one label's head to a one-vs-rest model; what the model holds of the other labels stays."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from styleid.backbones.choose import choose_backbone
from styleid.data.manifest.table import read_manifest
from styleid.data.views.names import views_text
from styleid.errors import InputError
from styleid.files import write_atomic
from styleid.heads.base import get_head
from styleid.heads.joint import suited_head
from styleid.model.bundle import load_model, model_file, save_bundle
from styleid.model.contents import Bundle
from styleid.model.predict import policy_of, views_of, weights_of
from styleid.questions.context import Progress
from styleid.rows.selection import FitOptions
from styleid.rows.training_set import training_set
from styleid.runs.add.one_label import LabelTask, fit_label, score_label
from styleid.runs.add.pictures import (
    ADDED,
    changed_since,
    check_asked,
    check_enough,
    in_order,
    known_rows,
    new_rows,
    store_of,
    twins_of,
)
from styleid.runs.add.record import add_result, grown_trust, record_of, unmeasured
from styleid.runs.learned import known_pictures, learned_from
from styleid.vectors.embed.embed import Embedding, EmbedOptions, embed_missing
from styleid.vectors.store.space import joint_space, space_of


@dataclass(frozen=True, kw_only=True)
class AddOptions:
    """What is added to which model."""

    label: str
    folder: Path  # of its pictures; sub-folders are groups
    model: Path
    out: Path | None = None  # by default the model, kept beside it as *.previous.styleid
    weights: Path | None = None  # those of the model's vectors, if not the backbone's own
    device: str = "auto"


def add_label(
    options: AddOptions,
    manifest: Path,  # the one that the model was made from
    root: Path,
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
    label, model = options.label, model_file(options.model)
    bundle = load_model(model)
    check_asked(label, bundle, model, options.out)
    policy = policy_of(bundle)
    known = read_manifest(manifest)
    fresh, unreadable, passed_over = new_rows(options.folder, label, known, policy)
    spaces = [
        (space, choose_backbone(str(space.identity["backbone"]), weights))
        for space, weights in weights_of(bundle, options.weights)
    ]
    made = [space_of(choice, policy, space.descriptor, space.precision) for space, choice in spaces]
    bundle.require_space(joint_space(made).identity)
    store = store_of(root, bundle)
    views, pool = views_of(bundle)
    rows = known_rows(known, bundle.labels, bundle.options, store, views)
    embedding = Embedding()
    for (space, choice), part in zip(spaces, store.parts, strict=True):
        once = embed_missing(
            replace(known, rows=tuple(fresh)),
            {space.descriptor: part},
            choice,
            policy,
            EmbedOptions(device=options.device, views=views, precision=space.precision),
            partial(progress, "embedding"),
        )
        listed = {failure["image_id"] for failure in embedding.failures}
        once.failures = [*embedding.failures, *(f for f in once.failures if f["image_id"] not in listed)]
        embedding = once
    fitted = replace(_fit_options(bundle), views=views_text(views), pool=pool)
    data = training_set(in_order(known, [*rows, *fresh]), store, fitted, jobs)
    is_new = data.y == label
    changes = changed_since(bundle.options, rows, fresh, data)
    check_enough(label, options.folder, data, is_new)
    head, calibrate = suited_head(get_head(bundle.head), data.dims, data.n_views), bundle.calibrated
    task = LabelTask(head, data.table, label, calibrate)
    folds, seed = fitted.folds, fitted.seed
    predictions, notes = score_label(
        task, n_splits=folds, seed=seed, n_jobs=jobs, progress=partial(progress, "folds")
    )
    progress("model", 0, 0)
    learned = fit_label(task, seed=seed, n_jobs=jobs)
    if learned.calibrator.method != bundle.trust.calibrator.method:
        raise InputError(
            f"the scores of {label!r} could not be calibrated as those of the other labels are: its "
            "groups are too few, or join too many labels; add pictures or groups",
            label=label,
        )
    grown = bundle.with_label(label, learned.estimator, learned.calibrator)
    progress("strangers", 0, 0)
    trust, losses = grown_trust(bundle.trust, grown.trust, learned, data, is_new, seed, jobs)
    result = add_result(label, bundle, data, predictions, learned, seed)
    # The model notes how the label came about, and of which pictures.
    noted = {
        "params": {**grown.options.get("params", {}), label: dict(learned.params)},
        ADDED: {**grown.options.get(ADDED, {}), label: record_of(result, data, is_new)},
    }
    known_members: dict[str, bytes] = {}
    if bundle.known_members and trust.unknown is not None:  # whose rows they are
        thumbnails, nowhere = bool(bundle.options.get("thumbnails", True)), np.empty((0, 2))
        said = {} if bundle.known is None else bundle.known.said
        known_members = known_pictures(data, store, jobs, nowhere, said, thumbnails).to_members()
    learned_rows = [row for row, new in zip(data.manifest.rows, is_new.tolist(), strict=True) if new]
    kept = replace(
        grown,
        trust=trust,
        options={**grown.options, **noted},
        learned=bundle.learned
        and learned_from(replace(data.manifest, rows=tuple(learned_rows)), store, jobs, bundle.learned),
        known_members=known_members,
    )
    target, previous = options.out or model, None
    if target == model:  # what stood there is kept until the next label is added
        previous = model.with_name(f"{model.stem}.previous{model.suffix}")
        write_atomic(previous, model.read_bytes())
    save_bundle(target, kept)
    return {
        **result,
        "model": str(target),
        "previous": None if previous is None else str(previous),
        "labels": list(kept.labels),
        "label_sets": trust.sets is not None,
        "unknown": None if trust.unknown is None else dict(trust.unknown.measured),
        "embedding": {
            "n_images": embedding.n_images + len(unreadable),
            "n_embedded": embedding.n_embedded,
            "n_known": embedding.n_known,
            "failures": [*unreadable, *embedding.failures],
        },
        "notes": [
            *twins_of(label, bundle.labels),
            *passed_over,
            *embedding.notes(),
            *changes,
            *data.notes,
            *dict.fromkeys([*notes, *learned.notes, *losses]),
            *unmeasured(bundle, label, result["metrics"]["balanced_accuracy"]),
        ],
        "timing_seconds": time.perf_counter() - started,
    }


def _fit_options(bundle: Bundle) -> FitOptions:
    """Return how the model was fitted, for rows that are chosen already."""
    known = {field.name for field in fields(FitOptions)} & bundle.options.keys()
    asked = FitOptions(**{name: bundle.options[name] for name in known})
    return replace(asked, head=bundle.head, where=None, skip_small=False, target=None)
