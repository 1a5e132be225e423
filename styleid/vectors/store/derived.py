"""One flat array made from all shards of a space: quick to read, and made anew whenever in doubt."""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.files import replacing, write_atomic, writing

#: Content and view of a vector.
Key = tuple[str, str]
#: Read at once when the array is checked; by `read`, since pages of a mapped file count as memory in use.
_PIECE = 2**20


def write_derived(
    folder: Path, shards: Iterable[tuple[Path, Sequence[Key], NDArray[np.float32]]], dim: int
) -> tuple[list[Key], NDArray[np.float32]]:
    """Keep the shards' vectors as one memory-mapped (n, dim) array; one shard at a time is in memory."""
    keys: list[Key] = []
    made_from: list[Path] = []
    checksum = 0
    path = folder / "vectors.npy"
    with writing(folder):
        folder.mkdir(exist_ok=True)
        with replacing(path) as file:
            np.lib.format.write_array_header_1_0(file, _header(0, dim))
            start = file.tell()
            for shard, shard_keys, vectors in shards:
                data = np.ascontiguousarray(vectors, dtype="<f4").data
                file.write(data)
                checksum = zlib.crc32(data, checksum)
                made_from.append(shard)
                keys += shard_keys
            file.seek(0)
            # numpy leaves room for any number of rows, so that the header does not grow
            np.lib.format.write_array_header_1_0(file, _header(len(keys), dim))
            if file.tell() != start:
                raise OSError(f"the header of {path} grew; expected {start} bytes, found {file.tell()}")
        # The index is written last: a kill in between leaves one that does not fit, and both are made anew.
        record = {"shards": _listing(made_from), "keys": keys, "crc32": checksum}
        write_atomic(folder / "index.json", json.dumps(record))
        return keys, _mapped(path, len(keys), dim)


def read_derived(
    folder: Path, shards: Sequence[Path], dim: int
) -> tuple[list[Key], NDArray[np.float32]] | None:
    """Read the array and its keys, if it is sound and was made from just these shards; else None."""
    try:
        record = json.loads((folder / "index.json").read_bytes())
        if record["shards"] != _listing(shards) or not record["keys"]:
            return None
        vectors = _mapped(folder / "vectors.npy", len(record["keys"]), dim)
        if _checksum(folder / "vectors.npy", vectors.nbytes) != record["crc32"]:
            return None
        return [(sha256, sys.intern(view)) for sha256, view in record["keys"]], vectors
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _header(n: int, dim: int) -> dict[str, object]:
    return {"descr": "<f4", "fortran_order": False, "shape": (n, dim)}


def _mapped(path: Path, n: int, dim: int) -> NDArray[np.float32]:
    if not n:
        return np.empty((0, dim), dtype=np.float32)  # nothing cannot be mapped
    vectors: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    if vectors.shape != (n, dim) or vectors.dtype != np.dtype("<f4"):
        raise ValueError(f"{path}: expected {n} rows of {dim}, found {vectors.shape} {vectors.dtype}")
    return vectors


def _checksum(path: Path, size: int) -> int:
    """Return the CRC-32 of the last `size` bytes of a file: those of the array, behind its header."""
    checksum = 0
    with open(path, "rb") as file:
        file.seek(-size, os.SEEK_END)
        while piece := file.read(_PIECE):
            checksum = zlib.crc32(piece, checksum)
    return checksum


def _listing(shards: Sequence[Path]) -> list[list[str | int]]:
    return [[path.name, path.stat().st_size] for path in shards]
