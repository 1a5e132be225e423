"""The refusals of `styleid add`, each with a message of one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.errors import BundleError, InputError, StoreError
from styleid.model.bundle import Bundle
from styleid.model.contents import ONE_VS_REST, names
from styleid.runs.training_set import TrainingSet
from styleid.vectors.space import Space
from styleid.vectors.store import SpaceStore


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
    if out is not None and out.exists():
        raise InputError(f"--out {out} is there already; choose another name", path=out)


def store_of(root: Path, bundle: Bundle) -> SpaceStore:
    """Return the store of the model's space, or raise `StoreError` if there is none under `root`."""
    store = SpaceStore(root, Space(bundle.space))
    if not (store.folder / "space.json").is_file():
        raise StoreError(
            f"expected the vectors the model was made from in {store.folder}, found none; give their folder "
            f"by --store, or run `styleid embed --backbone {bundle.space['backbone']}`",
            root=root,
        )
    return store


def check_enough(label: str, folder: Path, data: TrainingSet, own: NDArray[np.bool_]) -> None:
    """Refuse a label of fewer than two groups, as it cannot be both learned and scored."""
    n_groups = len(np.unique(data.components[own]))
    if n_groups < 2:
        why = f" ({'; '.join(data.notes)})" if data.notes else ""
        raise InputError(
            f"expected at least 2 groups of pictures of {label!r}, one to learn from and one to score, found "
            f"{n_groups} in {folder}{why}; add pictures, or put them into more sub-folders",
            label=label,
            n_groups=n_groups,
        )
