"""Vectors with the rows they belong to, as numpy, Parquet and TensorBoard's projector read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from styleid.files import csv_text, guarded, replacing, write_atomic, writing
from styleid.rows.embedded import Embedded
from styleid.runs.export.pictures import utf8, write_table


def write_npy(folder: Path, known: Embedded) -> list[str]:
    """Write ``vectors.npy``, (n, dim) float32, and ``rows.csv``, a row a picture in the same order."""
    columns = known.columns()
    rows = ([guarded(cell) for cell in cells] for cells in zip(*columns.values(), strict=True))
    write_atomic(folder / "rows.csv", csv_text([[*columns], *rows]))
    with writing(folder), replacing(folder / "vectors.npy") as file:
        np.save(file, known.X(), allow_pickle=False)
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
    """Write what TensorBoard's projector opens: vectors, the manifest's columns, and which file is which."""
    columns = {name: cells for name, cells in known.columns().items() if name != "sha256" and any(cells)}
    rows = [*zip(*columns.values(), strict=True)]
    lines = [[_one_line(cell) for cell in row] for row in rows]
    changed = sum(line != [*row] for line, row in zip(lines, rows, strict=True))
    write_atomic(folder / "metadata.tsv", _tsv([[*columns], *lines]))
    write_atomic(
        folder / "vectors.tsv", _tsv([[f"{value:.6g}" for value in row] for row in known.X().tolist()])
    )
    write_atomic(
        folder / "projector_config.pbtxt",
        'embeddings {\n  tensor_name: "styleid"\n  tensor_path: "vectors.tsv"\n'
        '  metadata_path: "metadata.tsv"\n}\n',
    )
    notes = (
        [f"{changed:,} rows of metadata.tsv have a tab or a line end written as \\t or \\n"]
        if changed
        else []
    )
    return [
        *notes,
        f"`tensorboard --logdir {folder}` opens it, or load both .tsv at projector.tensorflow.org",
    ]


def _one_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _tsv(rows: list[list[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)
