"""Immutable Parquet files of vectors and of failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from styleid.files import replacing, writing
from styleid.vectors.store.store import Key

FAILURE_FIELDS = ("sha256", "path", "code", "message", "policy")
#: What reading a damaged or foreign file raises: pyarrow's own errors, and what its bytes make of numpy.
DAMAGE = (pa.ArrowException, OSError, ValueError, KeyError, OverflowError)


def write_vectors(
    folder: Path, keys: Sequence[Key], vectors: NDArray[np.float32], provenance: Mapping[str, str]
) -> Path:
    """Write a new shard of (n, dim) vectors into an existing folder; an error leaves nothing behind."""
    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())
    table = pa.table(
        {
            "sha256": pa.array([sha256 for sha256, _ in keys], pa.string()),
            "view": pa.array([view for _, view in keys], pa.string()),
            "vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
        }
    )
    return _write(folder, "vectors", table.replace_schema_metadata(dict(provenance)))


def write_failures(folder: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """Write a new shard of failures, rows with the keys of `FAILURE_FIELDS`."""
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in FAILURE_FIELDS}
    return _write(folder, "failures", pa.table(columns))


def read_vectors(path: Path, dim: int) -> tuple[list[Key], NDArray[np.float32]]:
    """Read the keys and (n, dim) vectors of a shard, checking every page; `DAMAGE` names what it raises."""
    table = pq.read_table(path, page_checksum_verification=True, arrow_extensions_enabled=False)
    # Asked of the field's parts, since a foreign or extension type must not pass for the real one.
    kind = table.schema.field("vector").type
    if not (pa.types.is_fixed_size_list(kind) and kind.value_type == pa.float32() and kind.list_size == dim):
        raise ValueError(f"vectors of type {kind}, expected {dim} float32 numbers")
    column = table["vector"].combine_chunks()
    vectors = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
    if len(vectors) != table.num_rows or not np.isfinite(vectors).all():
        raise ValueError("a vector is missing or holds NaN or infinity")
    shared: dict[str, str] = {}  # one text a view for all pictures, not one each
    views = [shared.setdefault(view, view) for view in table["view"].to_pylist()]
    keys = list(zip(table["sha256"].to_pylist(), views, strict=True))
    return keys, vectors


def read_failures(path: Path) -> list[dict[str, str]]:
    """Read a shard of failures; `DAMAGE` names what it raises."""
    table = pq.read_table(path, page_checksum_verification=True, arrow_extensions_enabled=False)
    rows: list[dict[str, str]] = table.select(list(FAILURE_FIELDS)).to_pylist()
    return rows


def _write(folder: Path, kind: str, table: pa.Table) -> Path:
    path = folder / f"{kind}-{uuid4().hex}.parquet"
    with writing(folder), replacing(path) as file:
        pq.write_table(table, file, write_page_checksum=True, compression="zstd")
    return path
