"""List what is in a store and in a folder of runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from styleid.data.views.names import CENTER
from styleid.errors import BundleError, StyleIdError
from styleid.files import paths_in
from styleid.model.bundle import MODEL, load_model
from styleid.runs.folder import CHECK, COMPARE, RESULT
from styleid.runs.place import files_of_runs
from styleid.vectors.pooling import MEAN
from styleid.vectors.store.space import current_space, read_space
from styleid.vectors.store.store import SpaceStore


def stored_spaces(root: Path) -> list[dict[str, Any]]:
    """Describe each space of a store; one that cannot be read gets ``space`` and ``error``."""
    current = current_space(root)
    spaces: list[dict[str, Any]] = []
    for path in paths_in(root, "*/space.json"):
        try:
            space = read_space(path)
        except StyleIdError as error:
            spaces.append({"space": path.parent.name, "error": str(error)})
            continue
        store = SpaceStore(root, space)
        size = sum(file.stat().st_size for file in path.parent.rglob("*") if file.is_file())
        spaces.append(
            {
                "space": space.folder,
                "backbone": space.identity["backbone"],
                "weights_digest": space.identity["weights_digest"],
                "n_vectors": len(store.known()),
                "n_failures": len(store.failures()),
                "megabytes": size / 1e6,
                "current": current is not None and current.id == space.id,
            }
        )
    return spaces


def finished_runs(out: Path) -> list[dict[str, Any]]:
    """Describe each run of a folder, without studies; ``looked_at`` is views and pool in words."""

    def describe(result: Mapping[str, Any]) -> dict[str, Any] | None:
        if "study" in result:
            return None
        views, pool = result.get("views", CENTER), result.get("pool", MEAN)
        return {
            "head": result["head"],
            "views": views,
            "pool": pool,
            "looked_at": str(views) if pool == MEAN else f"{views}, {pool}",
            "n_images": result["n_images"],
            "labels": len(result["labels"]),
            "balanced_accuracy": result["metrics"]["balanced_accuracy"],
            "created": result["created"],
        }

    return _described(out, RESULT, describe)


def finished_audits(out: Path) -> list[dict[str, Any]]:
    """Describe the audit, comparisons and studies of a folder; ``says`` is the result in words."""
    audits = _described(out, CHECK, lambda result: _audit(result, result["verdict"]))
    comparisons = _described(out, COMPARE, lambda result: _audit(result, result["recommended"]["words"][0]))
    studies = _described(
        out, RESULT, lambda result: _audit(result, result["headline"]) if "study" in result else None
    )
    # A damaged result.json is told among the runs.
    return [*audits, *comparisons, *(study for study in studies if "error" not in study)]


def _audit(result: Mapping[str, Any], says: str) -> dict[str, Any]:
    return {"n_images": result["n_images"], "says": says, "created": result["created"]}


def _described(
    out: Path, name: str, describe: Callable[[Mapping[str, Any]], dict[str, Any] | None]
) -> list[dict[str, Any]]:
    """Describe the file of that name in each folder, or say that it cannot be read; pass over None."""
    found: list[dict[str, Any]] = []
    for path in files_of_runs(out, name):
        try:
            described = describe(json.loads(path.read_bytes()))
            if described is not None:
                if (path.parent / f"{Path(MODEL).stem}.previous.styleid").exists():  # `styleid add` was here
                    described["labels"] = len(load_model(path.parent).labels)
                found.append({"run": path.parent.name, **described, "folder": str(path.parent)})
        except (OSError, ValueError, KeyError, TypeError, IndexError, BundleError) as error:
            found.append({"run": path.parent.name, "error": f"{path} cannot be read: {error!r}"})
    return found
