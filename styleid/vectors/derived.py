"""One flat array made from all shards of a space: read in a blink, made anew whenever in doubt."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.errors import OutputError
from styleid.files import write_atomic, writing

Key = tuple[str, str]


def write_derived(
    folder: Path, shards: Sequence[Path], keys: Sequence[Key], vectors: NDArray[np.float32]
) -> None:
    """Keep the content of `shards` as one array; a folder that cannot be written is left as it is.

    Parameters
    ----------
    folder : Path
        Made if missing.
    shards : sequence of Path
        What it was made from.
    keys : sequence of (str, str)
        (n,) content and view.
    vectors : NDArray of float32
        (n, dim).
    """
    array = np.ascontiguousarray(vectors, dtype="<f4")
    record = {"shards": _listing(shards), "keys": list(keys), "crc32": zlib.crc32(array.data)}
    with suppress(OutputError):  # reading a store on a read-only disk costs time, nothing else
        with writing(folder):
            folder.mkdir(exist_ok=True)
        # The index is written last: a kill in between leaves one that does not fit, and both are made anew.
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        write_atomic(folder / "vectors.npy", buffer.getvalue())
        write_atomic(folder / "index.json", json.dumps(record))


def read_derived(
    folder: Path, shards: Sequence[Path], dim: int
) -> tuple[list[Key], NDArray[np.float32]] | None:
    """Read the array, if it is sound and was made from just these shards.

    Parameters
    ----------
    folder : Path
        Where it is kept.
    shards : sequence of Path
        The shards there are now.
    dim : int
        Length of a vector.

    Returns
    -------
    (keys, vectors) or None
        (n,) content and view; (n, dim) float32, memory-mapped.
    """
    try:
        record = json.loads((folder / "index.json").read_bytes())
        if record["shards"] != _listing(shards) or not record["keys"]:
            return None
        vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
        sound = vectors.shape == (len(record["keys"]), dim) and vectors.dtype == np.dtype("<f4")
        if not sound or zlib.crc32(vectors.data) != record["crc32"]:
            return None
        return [(sha256, view) for sha256, view in record["keys"]], vectors
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _listing(shards: Sequence[Path]) -> list[list[str | int]]:
    return [[path.name, path.stat().st_size] for path in shards]
