"""Say what can be written of what, and where it goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from styleid.errors import InputError, MissingExtraError
from styleid.files import StrPath, is_file, is_folder, is_there, paths_in
from styleid.model.bundle import load_model
from styleid.rows.embedded import embedded
from styleid.rows.selection import Selection
from styleid.runs.export.card import write_card
from styleid.runs.export.pictures import write_pictures
from styleid.runs.export.vectors import write_npy, write_projector, write_vectors
from styleid.runs.folder import RESULT
from styleid.vectors.store.space import CURRENT

#: What is written of a model or its run, and of a store: name -> how the file or folder is called.
MODEL_KINDS = {"onnx": "model.onnx", "parquet": "pictures.parquet", "card": "card.md"}
STORE_KINDS = {"npy": "vectors-npy", "parquet": "vectors.parquet", "projector": "vectors-projector"}


def is_store(path: Path) -> bool:
    """Say whether a folder holds vectors."""
    return is_file(path / CURRENT) or bool(is_folder(path) and paths_in(path, "*/space.json"))


def export_model(
    model: Path,
    kind: str,
    out: Path | None = None,
    manifest: Path | None = None,
    weights: StrPath | None = None,
) -> tuple[Path, list[str]]:
    """Write a model, or what its run found; return where, by default in the folder of the run, and notes."""
    path = _place(model, kind, MODEL_KINDS, out)
    if kind == "onnx":
        try:
            import onnx as onnx
            import onnxruntime as onnxruntime
        except ImportError as error:
            raise MissingExtraError("styleid export --to onnx", "export") from error
        from styleid.model.export.onnx import export_onnx

        export_onnx(load_model(model), path, weights)
        return path, [f"what a program must know of it, and a program: {path}.json"]
    result = _result(model.with_name(RESULT))
    if kind == "parquet":
        return path, write_pictures(path, model.parent, result, manifest)
    write_card(path, result, load_model(model))
    return path, ["the licence is yours to fill in"]


def export_store(
    store: Path, kind: str, manifest: Path, selection: Selection, out: Path | None = None
) -> tuple[Path, list[str]]:
    """Write the vectors of a manifest's pictures; return where, by default beside the store, and notes."""
    path = _place(store, kind, STORE_KINDS, out)
    known = embedded(manifest, store, selection)
    write = {"npy": write_npy, "parquet": write_vectors, "projector": write_projector}[kind]
    return path, [*known.notes, *write(path, known)]


def _place(given: Path, kind: str, kinds: dict[str, str], out: Path | None) -> Path:
    if kind not in kinds:
        raise InputError(
            f"--to {kind} cannot be written of {given}; of a model or the folder of its run can be "
            f"{', '.join(MODEL_KINDS)}, of a folder of vectors {', '.join(STORE_KINDS)}",
            kind=kind,
        )
    path = out or given.parent / kinds[kind]
    if is_there(path):
        raise InputError(f"{path} is there already and stays; choose another name by --out", path=path)
    return path


def _result(path: Path) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads(path.read_bytes())
        if result["format_version"] != 1 or "metrics" not in result:
            raise ValueError("it is no record of a fit")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"expected {path}, the record of the run that made the model, found none that can be read "
            f"({error}); give the folder of the run as `styleid fit` wrote it",
            path=path,
        ) from error
    return result
