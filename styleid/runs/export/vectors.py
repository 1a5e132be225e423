"""Vectors with the rows they belong to, as numpy, Parquet and TensorBoard's projector read them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from styleid.data.thumbnails import thumbnail_pixels
from styleid.files import csv_text, guarded, replacing, write_atomic, writing
from styleid.rows.embedded import Embedded
from styleid.runs.export.pictures import utf8, write_table

#: Side of a picture on the sprite, which may be 8,192 pixels wide and high in a browser.
_SPRITES = (64, 48, 32)
_WIDEST = 8192


def write_npy(folder: Path, known: Embedded) -> list[str]:
    """Write ``vectors.npy``, (n, dim) float32, and ``rows.csv``, a row a picture in the same order."""
    X, columns = known.X(), known.columns()
    rows = ([guarded(cell) for cell in cells] for cells in zip(*columns.values(), strict=True))
    write_atomic(folder / "rows.csv", csv_text([[*columns], *rows]))
    with writing(folder), replacing(folder / "vectors.npy") as file:
        np.save(file, X, allow_pickle=False)
    return []


def write_vectors(path: Path, known: Embedded) -> list[str]:
    """Write one table: the manifest's columns, and ``vector``."""
    X = known.X()
    vector = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), X.shape[1])
    columns = {name: pa.array(map(utf8, cells), pa.string()) for name, cells in known.columns().items()}
    space = {"space": known.store.space.id, "views": "+".join(known.views)}
    write_table(path, pa.table({**columns, "vector": vector}).replace_schema_metadata(space))
    return []


def write_projector(folder: Path, known: Embedded) -> list[str]:
    """Write what TensorBoard's projector opens: vectors, labels, small pictures, and what belongs to what."""
    columns = {name: cells for name, cells in known.columns().items() if name != "sha256" and any(cells)}
    X, notes = known.X(), []
    write_atomic(
        folder / "vectors.tsv", "".join("\t".join(f"{v:.6g}" for v in row) + "\n" for row in X.tolist())
    )
    cells = {name: [_one_line(cell) for cell in column] for name, column in columns.items()}
    if changed := sum(cells[name][i] != cell for name in columns for i, cell in enumerate(columns[name])):
        notes.append(
            f"{changed:,} names with a tab or a line end are written with \\t and \\n in metadata.tsv"
        )
    lines = zip(*cells.values(), strict=True)
    write_atomic(folder / "metadata.tsv", _lines([[*cells], *lines]))
    config = [
        'embeddings {\n  tensor_name: "styleid"\n  tensor_path: "vectors.tsv"\n',
        '  metadata_path: "metadata.tsv"\n',
    ]
    side = next((side for side in _SPRITES if math.ceil(math.sqrt(len(X))) * side <= _WIDEST), None)
    if side is None:
        notes.append(
            f"no small pictures: a sprite holds {(_WIDEST // _SPRITES[-1]) ** 2:,}, found {len(X):,}"
        )
    else:
        lacking = _write_sprite(folder / "sprite.png", known, side)
        notes += [f"{lacking:,} pictures are grey on the sprite: gone or unreadable now"] if lacking else []
        config.append(
            f'  sprite {{\n    image_path: "sprite.png"\n    single_image_dim: {side}\n'
            f"    single_image_dim: {side}\n  }}\n"
        )
    write_atomic(folder / "projector_config.pbtxt", "".join([*config, "}\n"]))
    return [
        *notes,
        f"`tensorboard --logdir {folder}` opens it, or load both .tsv at projector.tensorflow.org",
    ]


def _write_sprite(path: Path, known: Embedded, side: int) -> int:
    """Paste a small copy of each picture, row by row; return how many are lacking."""
    aside = math.ceil(math.sqrt(len(known.positions)))
    sprite, lacking = np.full((aside * side, aside * side, 3), 255, dtype=np.uint8), 0
    for number, row in enumerate(known.manifest.rows):
        pixels = thumbnail_pixels(known.manifest.file(row), side)
        if pixels is None:
            pixels, lacking = np.full((side, side, 3), 128, dtype=np.uint8), lacking + 1
        height, width = pixels.shape[:2]
        top = number // aside * side + (side - height) // 2
        left = number % aside * side + (side - width) // 2
        sprite[top : top + height, left : left + width] = pixels
    buffer = BytesIO()
    Image.fromarray(sprite).save(buffer, "PNG")
    write_atomic(path, buffer.getvalue())
    return lacking


def _one_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _lines(rows: Iterable[Iterable[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)
