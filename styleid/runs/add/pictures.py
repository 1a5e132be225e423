"""The pictures that a label is added with: its own, and those the model knows already."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.decode.policy import DecodePolicy
from styleid.data.manifest.digests import DigestCache
from styleid.data.manifest.folder import find_pictures, find_splits, place
from styleid.data.manifest.labels import OTHERS, UNKNOWN, label_twins, refuse_verdicts, some
from styleid.data.manifest.metadata import TABLE_NAME, Metadata, read_metadata
from styleid.data.manifest.table import Manifest, Row, paths_from
from styleid.data.views.names import DEFAULT_VIEW, asking_for
from styleid.errors import BundleError, InputError, StoreError
from styleid.files import is_file, is_there
from styleid.model.contents import ONE_VS_REST, Bundle, names
from styleid.rows.made_from import MADE_FROM, made_from, note_changes
from styleid.rows.training_set import TrainingSet
from styleid.vectors.store.joint import joined
from styleid.vectors.store.space import Space
from styleid.vectors.store.store import SpaceStore

#: Name of the entry of a bundle's options that lists what was added to it: label -> record.
ADDED = "added"


def new_rows(
    folder: Path, label: str, known: Manifest, policy: DecodePolicy
) -> tuple[list[Row], list[dict[str, str]], list[str]]:
    """List the pictures of a folder as rows of one label, files that could not be read, and notes.

    A sub-folder is a group, unless ``metadata.csv`` in the folder names another. What the manifest says of
    the same bytes under the same label goes first, since the folder may lie under the images already.
    """
    content = find_pictures(folder, (TABLE_NAME,))
    names = content.pictures
    file = folder / TABLE_NAME
    table = read_metadata(file, names, label=label) if is_file(file) else Metadata({}, ())
    cells = table.cells
    splits, _ = find_splits(f"label/{name}" for name in names)
    groups = {row.sha256: row.group for row in known.rows if row.label == label and row.group}
    # What is remembered is used and left as it is: the memory holds what was asked for last, and no more.
    memory = DigestCache(known.folder / ".digests.json")
    rows, unreadable = [], []
    digests = memory.digests([folder / name for name in names], policy)
    for name, path, digest in zip(names, paths_from(known.folder, folder, names), digests, strict=True):
        # No path under the images' root is absolute, so that no picture is taken for a known one by its name.
        image_id = Path(os.path.abspath(folder / name)).as_posix()
        if digest.error is not None:
            code, message = digest.error.code, str(digest.error)
            unreadable.append({"image_id": image_id, "code": code, "message": message})
            continue
        said = groups.get(digest.sha256) or cells.get(name, {}).get("group")
        group = said or _sub_folder(name, label, splits)
        rows.append(Row(image_id, path, label, group, sha256=digest.sha256))
    if not rows:
        unread = f"{len(unreadable)} that cannot be read" if unreadable else "none"
        raise InputError(
            f"expected pictures of {label!r} in {folder}, found {unread}; give the folder that holds them",
            path=folder,
        )
    return rows, unreadable, [*known.notes, *content.lines(folder), *table.notes]


def twins_of(label: str, labels: Collection[str]) -> list[str]:
    """Note the model's labels that a person would take for the new one."""
    twins = [names for names in label_twins(dict.fromkeys((*labels, label), 1)) if label in names]
    return [
        f"{label!r} differs from {some([repr(name) for name in names if name != label])} by blanks, case or "
        "accents only, and is a label of its own"
        for names in twins
    ]


def known_rows(
    manifest: Manifest,
    labels: Sequence[str],
    options: Mapping[str, Any],
    store: SpaceStore,
    views: Sequence[str],
) -> list[Row]:
    """List the pictures of a model's labels: of the manifest, and those added to the model.

    Pictures that were added are known by their content alone, so that a missing vector raises `StoreError`.
    """
    rows = [row for row in manifest.where(options.get("where")).rows if row.label in labels]
    missing = sorted(set(labels) - {row.label for row in rows})
    vectors, asked = store.known(), asking_for(views)
    asked = "" if asked == DEFAULT_VIEW else f" --views {asked}"
    for label in missing:
        record = options.get(ADDED, {}).get(label)
        if record is None:
            raise InputError(
                f"expected pictures of every label of the model, found none of {label!r} in the manifest; "
                "give the manifest the model was made from by --manifest",
                label=label,
            )
        # A picture that was added is no file anybody promised to keep: it has a content, and no path.
        rows += [
            Row(f"{label}/{sha256}", sha256, label, group, sha256=sha256)
            for sha256, group in record["pictures"]
        ]
        lost = sum(any((sha256, view) not in vectors for view in views) for sha256, _ in record["pictures"])
        if lost:
            raise StoreError(
                f"{lost} pictures of {label!r}, added to the model before, have no vector in {store.folder}; "
                f"put their folder under the images and run `styleid embed{asked}`",
                label=label,
                missing=lost,
            )
    return rows


def changed_since(
    options: Mapping[str, Any], known: Sequence[Row], fresh: Sequence[Row], data: TrainingSet
) -> list[str]:
    """Note the known labels whose pictures or groups are not those the model was made from."""
    # A known picture that only its new copy left out of the set was learned from when the model was made.
    usable = {row.sha256 for row in (*data.manifest.rows, *fresh)}
    added = options.get(ADDED, {})
    rows = [row for row in known if row.label not in added and row.sha256 in usable]
    return note_changes(options.get(MADE_FROM), made_from(rows))


def in_order(manifest: Manifest, rows: Sequence[Row]) -> Manifest:
    """Put rows into an order that depends on the pictures, not on where and how they were listed."""
    ordered = sorted(rows, key=lambda row: (row.label, row.sha256, row.group, row.image_id))
    return replace(manifest, rows=tuple(ordered))


def _sub_folder(name: str, label: str, splits: Collection[str]) -> str:
    """Return the group of a picture: the sub-folders that it lies in, if any."""
    # `place` reads <label>/<group>/<picture>; a label may hold a slash, so that another name stands in.
    _, _, group = place(f"label/{name}", splits=splits)["group"].partition("/")
    return f"{label}/{group}" if group else ""


def check_asked(label: str, bundle: Bundle, model: Path, out: Path | None) -> None:
    """Refuse a label that cannot be added, before any work is done."""
    if bundle.kind != ONE_VS_REST:
        raise BundleError(
            f"expected a model with one independent head a label, found a {bundle.kind} one: {model}; make "
            "one with `styleid fit --one-vs-rest`",
            kind=bundle.kind,
        )
    if label in bundle.labels:
        raise BundleError(
            f"the model has the label {label!r} already ({names(bundle.labels)}): {model}; choose another "
            "name, or put the pictures under the images, run `styleid embed` and fit again",
            label=label,
        )
    if not label.strip():
        raise InputError("expected a name for the label, found an empty one", label=label)
    refuse_verdicts([label], (UNKNOWN, OTHERS))
    if out is not None and is_there(out):
        raise InputError(f"--out {out} is there already; choose another name", path=out)


def store_of(root: Path, bundle: Bundle) -> SpaceStore:
    """Return the store of the model's space, or raise `StoreError` if there is none under `root`."""
    stores = [SpaceStore(root, space) for space in Space(bundle.space).parts]
    for store in stores:
        if not is_file(store.folder / "space.json"):
            raise StoreError(
                f"expected the vectors the model was made from in {store.folder}, found none; give their "
                f"folder by --store, or run `styleid embed --backbone {store.space.identity['backbone']}`",
                root=root,
            )
    return joined(stores)


def check_enough(label: str, folder: Path, data: TrainingSet, is_new: NDArray[np.bool_]) -> None:
    """Refuse a label of fewer than two groups, as it cannot be both learned and scored."""
    n_groups = len(np.unique(data.components[is_new]))
    if n_groups < 2:
        why = f" ({'; '.join(data.notes)})" if data.notes else ""
        raise InputError(
            f"expected at least 2 groups of pictures of {label!r}, one to learn from and one to score, found "
            f"{n_groups} in {folder}{why}; add pictures, or put them into more sub-folders",
            label=label,
            n_groups=n_groups,
        )
