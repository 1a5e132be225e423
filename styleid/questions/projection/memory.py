"""Projections made before: the next head on the same vectors need not wait for UMAP again."""

from __future__ import annotations

import hashlib
import io
import zipfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.errors import OutputError
from styleid.files import write_atomic, writing

#: What reading a damaged file raises; the archive's own checksum finds what changed inside.
_DAMAGE = (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile)


class ProjectionMemory:
    """A disposable folder of coordinates, whose names are hashes of rows, settings and UMAP's version.

    The folder is made when there is something to keep.
    """

    def __init__(self, folder: Path, rows: NDArray[np.float32], settings: str) -> None:
        made_from = f"{version('umap-learn')} {settings} {rows.shape}"
        digest = hashlib.sha256(made_from.encode())
        digest.update(np.ascontiguousarray(rows, dtype="<f4").data)
        self._file = folder / f"{digest.hexdigest()[:32]}.npz"
        self._n = len(rows)

    def read(self) -> tuple[NDArray[np.float64], float | None] | None:
        """Return (n, 2) coordinates and their trustworthiness, or None if they are not there whole."""
        try:
            with self._file.open("rb") as file, np.load(file, allow_pickle=False) as found:
                coordinates, trust = found["coordinates"], float(found["trustworthiness"])
        except _DAMAGE:
            return None
        if coordinates.shape != (self._n, 2) or not np.isfinite(coordinates).all():
            return None
        return coordinates, None if np.isnan(trust) else trust

    def keep(self, coordinates: NDArray[np.float64], trustworthiness: float | None) -> None:
        """Keep a projection; where nothing can be written, nothing is kept, and no error is raised."""
        packed = io.BytesIO()
        trust = np.nan if trustworthiness is None else trustworthiness
        np.savez(packed, coordinates=coordinates, trustworthiness=np.float64(trust))
        with suppress(OutputError), writing(self._file):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._file, packed.getvalue())
