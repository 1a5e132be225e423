"""A run's pictures as one table of Parquet: what was said of each, where it falls, and how it looks."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from styleid.data.manifest.table import read_manifest
from styleid.data.thumbnails import thumbnails
from styleid.errors import InputError
from styleid.files import guarded, is_file, replacing, unguarded, writing
from styleid.report.numbers import count_of


def write_pictures(path: Path, run: Path, result: Mapping[str, Any], manifest: Path | None) -> list[str]:
    """Write the table of a run's scored pictures, and return what is missing in it."""
    labels, places = list(result["labels"]), dict[str, Any]()
    try:
        with open(run / "predictions.csv", newline="", encoding="utf-8", errors="surrogateescape") as file:
            rows = list(csv.DictReader(file))
        scores = [{utf8(label): float(row[f"score:{guarded(label)}"]) for label in labels} for row in rows]
        names, true, said = (
            [unguarded(row[key]) for row in rows] for key in ("image_id", "label", "predicted")
        )
        if (projection := run / "projection.json").is_file():  # a run that could not be projected has none
            places = json.loads(projection.read_bytes())["points"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"expected predictions.csv and projection.json of a run in {run}, found none that can be read "
            f"({error}); fit again",
            path=run,
        ) from error
    small, notes = _thumbnails(names, manifest or _manifest_of(run))
    place = [places.get(name, (None, None)) for name in names]
    table = pa.table(
        {
            "image_id": pa.array(map(utf8, names), pa.string()),
            "label": pa.array(map(utf8, true), pa.string()),
            "predicted": pa.array(map(utf8, said), pa.string()),
            "probabilities": pa.array(scores, pa.struct([(utf8(label), pa.float64()) for label in labels])),
            "x": pa.array([x for x, _ in place], pa.float64()),
            "y": pa.array([y for _, y in place], pa.float64()),
            "thumbnail": pa.array(small, pa.binary()),
        }
    )
    is_calibrated = (result.get("calibration") or {}).get("method", "identity") != "identity"
    about = {"run": result["run"], "labels": json.dumps(labels), "calibrated": json.dumps(is_calibrated)}
    write_table(path, table.replace_schema_metadata(about))
    if not is_calibrated:
        notes.append("the probabilities only rank: this run could not calibrate them")
    return notes


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table, whole or not at all."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            pq.write_table(table, file, compression="zstd")


def utf8(value: str) -> str:
    """Return text as Parquet takes it: bytes of a name that are no UTF-8 become question marks."""
    return value.encode("utf-8", "replace").decode()


def _manifest_of(run: Path) -> Path | None:
    """Return the manifest that lies where a run's usually does, which is in reports/RUN."""
    above = run.absolute().parents[1]
    return next(
        (path for path in (above / "manifest.csv", above / "data/manifest.csv") if is_file(path)), None
    )


def _thumbnails(names: list[str], manifest: Path | None) -> tuple[list[bytes | None], list[str]]:
    if manifest is None:
        note = "no thumbnails: the manifest of the pictures is not beside the run; name it by --manifest"
        return [None] * len(names), [note]
    table = read_manifest(manifest)
    files = {row.image_id: table.file(row) for row in table.rows}
    made = thumbnails([files.get(name, table.folder / "nothing") for name in names])
    lacking = [name for name, small in zip(names, made, strict=True) if small is None]
    if not lacking:
        return made, []
    what = count_of(len(lacking), "picture")
    return made, [f"{what} without a thumbnail, gone or unreadable now, first {lacking[0]} ({manifest})"]
