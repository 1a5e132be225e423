"""Say what can be written of what, and where it goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Exported:
    """Where it was written, what a person should know of it, and what a program may."""

    path: Path
    notes: Sequence[str] = ()
    about: dict[str, Any] = field(default_factory=dict)


def is_store(path: Path) -> bool:
    """Say whether a folder holds vectors."""
    return is_file(path / CURRENT) or bool(is_folder(path) and paths_in(path, "*/space.json"))


def export_model(
    model: Path,
    kind: str,
    out: Path | None = None,
    manifest: Path | None = None,
    pictures: Sequence[Path] = (),
    weights: StrPath | None = None,
) -> Exported:
    """Write a model, or what its run found; by default into the folder of the run."""
    _check_kind(kind, MODEL_KINDS, f"the model {model}", STORE_KINDS, "the folder of the vectors")
    file = _place(out, model.parent / MODEL_KINDS[kind])
    if kind == "onnx":
        try:
            import onnx as onnx
            import onnxruntime as onnxruntime
        except ImportError as error:
            raise MissingExtraError("styleid export --to onnx", "export") from error
        from styleid.model.export.onnx import export_onnx

        about = export_onnx(load_model(model), file, pictures, weights)
        note = f"what a program must know of it, and a program: {file}.json"
        return Exported(file, [note], {"farthest_apart": about["checked"]["farthest_apart"]})
    result = _result(model)
    if kind == "card":
        write_card(file, result, load_model(model))
        return Exported(file, ["the licence is yours to fill in"])
    return Exported(file, write_pictures(file, model.parent, result, manifest or _manifest_of(model)))


def export_store(
    store: Path, kind: str, manifest: Path, selection: Selection, out: Path | None = None
) -> Exported:
    """Write the vectors of a manifest's pictures; by default beside the store."""
    _check_kind(kind, STORE_KINDS, f"the vectors {store}", MODEL_KINDS, "a model or the folder of its run")
    place = _place(out, store.parent / STORE_KINDS[kind])
    known = embedded(manifest, store, selection)
    write: Callable[..., list[str]] = {
        "npy": write_npy,
        "parquet": write_vectors,
        "projector": write_projector,
    }[kind]
    return Exported(place, [*known.notes, *write(place, known)])


def _check_kind(kind: str, kinds: dict[str, str], given: str, others: dict[str, str], theirs: str) -> None:
    if kind in kinds:
        return
    if kind in others:
        raise InputError(
            f"--to {kind} expects {theirs}, found {given}, of which can be written {', '.join(kinds)}"
        )
    known = ", ".join(dict.fromkeys([*MODEL_KINDS, *STORE_KINDS]))
    raise InputError(f"--to expects one of {known}; found {kind!r}", kind=kind)


def _place(out: Path | None, default: Path) -> Path:
    if out is not None and is_there(out):
        raise InputError(f"--out {out} is there already; choose another name", path=out)
    return out or default


def _result(model: Path) -> dict[str, Any]:
    """Read the record of a model's run, which lies beside it."""
    path = model.with_name(RESULT)
    try:
        result: dict[str, Any] = json.loads(path.read_bytes())
        if result["format_version"] != 1 or "metrics" not in result or "head" not in result:
            raise ValueError("it is no record of a fit")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"expected {path}, the record of the run that made the model, found none that can be read "
            f"({error}); give the folder of the run as `styleid fit` wrote it",
            path=path,
        ) from error
    return result


def _manifest_of(model: Path) -> Path | None:
    """Return the manifest that lies where a run's usually does, for the sake of the pictures."""
    above = model.absolute().parent.parent.parent  # of reports/RUN/model.styleid
    return next(
        (path for path in (above / "manifest.csv", above / "data/manifest.csv") if is_file(path)), None
    )
