"""A fit's page once more, from the files of its run: by another version, or of pictures that moved."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jinja2 import UndefinedError

from styleid.data.decode.policy import LENIENT
from styleid.data.manifest.digests import DigestCache
from styleid.data.manifest.table import read_manifest
from styleid.errors import InputError
from styleid.files import guarded, is_file, is_folder, unguarded
from styleid.questions.run_data import Projection, RunData
from styleid.report.numbers import count_of
from styleid.runs.fit.page import write_report
from styleid.runs.folder import REPORT, RESULT

#: Of a picture whose place nobody knows.
_NOWHERE = Path(os.devnull) / "nowhere"
_PREDICTIONS, _PLANE, _CURVES = "predictions.csv", "projection.json", "curves.json"


class Again(NamedTuple):
    """A page made anew, and a line for each thing that it cannot show, or shows in another way."""

    page: Path
    notes: list[str]


def report_again(folder: Path, manifest: Path, images: Path | None = None) -> Again:
    """Write the plots and the page of a fit's folder anew, without fitting; its numbers stay as they are.

    The pictures lie where the manifest says, or in `images`. A page is not replaced by one without pictures.
    """
    if images is not None and not is_folder(images):
        raise InputError(f"--images expects a folder of pictures, found none at {images}", path=images)
    result = _read_json(folder / RESULT)
    if not isinstance(result, dict) or "head" not in result or "study" in result:
        raise InputError(
            f"expected the result of `styleid fit` in {folder / RESULT}, found another; only a fit's page "
            "can be made anew",
            path=folder,
        )
    rows = _read_predictions(folder / _PREDICTIONS, result["labels"])
    names = [row["image_id"] for row in rows]
    notes = ["each label has its surest picture at the top of the page, as its vectors were not read"]
    paths, told = _places(names, manifest, images)
    there = sum(map(is_file, paths))
    if not there and is_file(folder / REPORT):
        where = f"in {images}" if images else f"where {manifest} says"
        why = "; ".join(told) or f"none of its {len(paths):,} pictures is {where}"
        raise InputError(
            f"{why}: the page in {folder} stays as it is; say by --images FOLDER where the pictures lie now, "
            f"or move {REPORT} away to have one without pictures",
            path=folder,
        )
    if there < len(paths) and not told:
        told = [f"{count_of(len(paths) - there, 'picture')} of {len(paths):,} cannot be found and leave gaps"]
    projection = _read_projection(folder / _PLANE, names, result)
    if projection is None:
        notes.append(f"there is no plane: {folder / _PLANE} is not there, or lacks pictures")
    numbers = {label: i for i, label in enumerate(result["labels"])}
    scores = np.array([[float(row[f"score:{label}"]) for label in numbers] for row in rows])
    predicted = np.array([numbers[row["predicted"]] for row in rows], dtype=np.int64)
    run = RunData(
        result=result,
        image_ids=names,
        paths=paths,
        true=np.array([numbers[row["label"]] for row in rows], dtype=np.int64),
        predicted=predicted,
        scores=scores,
        off_centre=1 - scores[np.arange(len(rows)), predicted],
        folds=[row["fold"] for row in rows],
        projection=projection,
        curves=_read_json(folder / _CURVES) if is_file(folder / _CURVES) else (),
    )
    try:
        page = write_report(run, folder)[-1]
    except (KeyError, UndefinedError) as error:
        by = result.get("versions", {}).get("styleid", "an older version")
        raise InputError(
            f"{folder / RESULT}, written by styleid {by}, lacks what this version shows ({error}): fit again",
            path=folder,
        ) from error
    return Again(page, [*told, *notes])


def _places(names: Sequence[str], manifest: Path, images: Path | None) -> tuple[list[Path], list[str]]:
    """Return where each picture lies, nowhere if it is not the one that was fitted, and what to say of it."""
    files, digests, told = {}, {}, []
    if is_file(manifest):
        listed = read_manifest(manifest)
        files = {row.image_id: listed.file(row) for row in listed.rows}
        digests = {row.image_id: row.sha256 for row in listed.rows}
    elif images is None:
        return [_NOWHERE] * len(names), [
            f"no manifest at {manifest}, which says where the pictures lie; name it by --manifest"
        ]
    else:
        told.append(f"no manifest at {manifest}: pictures are known by their names in {images} alone")
    if images is not None:
        files = {name: images / name for name in names}
    paths = [files.get(name, _NOWHERE) for name in names]
    found = DigestCache(Path(os.devnull)).digests(paths, LENIENT)
    others = [
        bool(digest.sha256 and digests.get(name)) and digest.sha256 != digests[name]
        for name, digest in zip(names, found, strict=True)
    ]
    if any(others):
        told.append(
            f"{count_of(sum(others), 'picture')} of {len(names):,} changed since, or another has the name: "
            f"not shown, the first is {paths[others.index(True)]}"
        )
    return [_NOWHERE if other else path for path, other in zip(paths, others, strict=True)], told


def _read_predictions(path: Path, labels: Sequence[str]) -> list[dict[str, str]]:
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise InputError(
            f"cannot read {path} ({error.strerror}); `styleid fit` writes it", path=path
        ) from error
    header, *lines = [*csv.reader(io.StringIO(text, newline=""))] or [[]]
    wanted = ["image_id", "label", "predicted", "fold", *(f"score:{label}" for label in labels)]
    written = [*wanted[:4], *(f"score:{guarded(label)}" for label in labels)]  # older ones: as they are
    if header not in (wanted, written) or not lines or any(len(line) != len(wanted) for line in lines):
        raise InputError(
            f"{path} does not belong to the {RESULT} beside it: expected the columns "
            f"{', '.join(wanted[:5])}, ... and a line for each picture; take the whole folder of one fit",
            path=path,
        )
    return [dict(zip(wanted, [*map(unguarded, line[:3]), *line[3:]], strict=True)) for line in lines]


def _read_projection(path: Path, names: Sequence[str], result: Mapping[str, Any]) -> Projection | None:
    if not is_file(path):
        return None
    plane = _read_json(path)
    if not set(names) <= set(plane["points"]):
        return None
    note = next((note for note in result["notes"] if note.startswith("PCA instead of UMAP")), None)
    coordinates = np.array([plane["points"][name] for name in names], dtype=np.float64)
    return Projection(coordinates, plane["method"], plane["trustworthiness"], note)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot read {path} ({getattr(error, 'strerror', None) or error}); `styleid fit` writes it",
            path=path,
        ) from error
