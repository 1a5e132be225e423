"""Two coordinates a picture, for looking at: UMAP in a child process, PCA where UMAP cannot, remembered."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.errors import OutputError
from styleid.files import write_atomic, writing
from styleid.questions.projection.process import ProjectionProcess, unpack
from styleid.questions.run_data import Projection

#: What reading a damaged file raises; the archive's own checksum finds what changed inside.
_DAMAGE = (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile)

TIME_LIMIT = 300.0  # seconds for a small set; UMAP's import and compilation take 5 to 20 of them
SECONDS_A_ROW = 0.02  # added for each row; measured need is about half of it
TRUST_ROWS = 5000  # trustworthiness needs n x n distances: above this, a sample of rows
N_NEIGHBORS = 15
_MIN_ROWS = 5  # UMAP fails for fewer


class ProjectionHandle:
    """A projection of (n, dim) finite rows to a plane that is being made in a child process.

    Only directions count (cosine metric); the same rows and seed give the same coordinates. PCA takes over
    `time_limit` seconds from now, by default 300 and 0.02 more a row. UMAP's coordinates are looked for in
    the folder `kept`, and kept there for the next time. The child ends with this object, when its block is
    left, with the program, or when the program is killed.
    """

    def __init__(
        self, X: NDArray[np.floating], seed: int, *, time_limit: float | None = None, kept: Path | None = None
    ) -> None:
        self._rows = _unit_rows(X)
        self._seed = seed
        self._limit = TIME_LIMIT + SECONDS_A_ROW * len(X) if time_limit is None else time_limit
        self._result: Projection | None = None
        self._process: ProjectionProcess | None = None
        self._note = _reason_against_umap(self._rows)
        self._memory: ProjectionMemory | None = None
        if self._note is None and kept is not None:
            self._memory = ProjectionMemory(kept, self._rows, f"seed {seed}, {N_NEIGHBORS} neighbours")
            if (known := self._memory.read()) is not None:
                self._result = Projection(known[0], "umap", known[1], None)
        if self._note is None and self._result is None:
            try:
                self._process = ProjectionProcess(self._rows, seed, self._limit)
            except OSError as error:
                self._note = f"PCA instead of UMAP, whose process cannot be started: {error.strerror}"

    def result(self) -> Projection:
        """Wait for the projection, by PCA with a `note` when UMAP crashed or ran past its time limit."""
        if self._result is None:
            self._result = self._by_umap() or _by_pca(self._rows, self._seed, self._note)
        return self._result

    def __enter__(self) -> ProjectionHandle:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.close()

    def _by_umap(self) -> Projection | None:
        if self._process is None:
            return None
        answer = self._process.wait()
        if answer is None:
            self._note = f"PCA instead of UMAP, which ran past its limit of {round(self._limit, 1):g} s"
            return None
        made = _from_answer(answer, len(self._rows))
        if made is None:
            self._note = f"PCA instead of UMAP, whose process ended early (status {self._process.status})"
        elif self._memory is not None:
            self._memory.keep(made.coordinates, made.trustworthiness)
        return made


def measure_trustworthiness(
    rows: NDArray[np.floating], coordinates: NDArray[np.floating], seed: int
) -> float | None:
    """Measure how far near neighbours in the plane are neighbours among the vectors, by cosine.

    After Venna and Kaski (2001) with 15 neighbours, fewer for a small n; of more than `TRUST_ROWS` rows, a
    sample by `seed`. None for fewer than 3 rows or when all rows are equal.
    """
    from sklearn.manifold import trustworthiness

    if len(rows) > TRUST_ROWS:
        sample = np.sort(np.random.default_rng(seed).choice(len(rows), TRUST_ROWS, replace=False))
        rows, coordinates = rows[sample], coordinates[sample]
    if len(rows) < 3 or _all_equal(rows):
        return None
    neighbours = min(N_NEIGHBORS, (len(rows) - 1) // 2)  # scikit-learn asks for fewer than n / 2
    return float(trustworthiness(rows, coordinates, n_neighbors=neighbours, metric="cosine"))


def _from_answer(answer: bytes, n: int) -> Projection | None:
    parts = unpack(answer)
    if len(parts) != 2:
        return None
    coordinates = np.load(io.BytesIO(parts[0]), allow_pickle=False)
    if coordinates.shape != (n, 2) or not np.isfinite(coordinates).all():
        return None
    return Projection(coordinates, "umap", json.loads(parts[1]), None)


def _by_pca(rows: NDArray[np.float32], seed: int, note: str | None) -> Projection:
    coordinates = np.zeros((len(rows), 2))
    if len(rows) > 1 and not _all_equal(rows):
        from sklearn.decomposition import PCA

        parts = min(2, *rows.shape)
        coordinates[:, :parts] = PCA(parts, random_state=seed).fit_transform(rows.astype(np.float64))
    return Projection(coordinates, "pca", measure_trustworthiness(rows, coordinates, seed), note)


def _reason_against_umap(rows: NDArray[np.float32]) -> str | None:
    if len(rows) < _MIN_ROWS:
        return f"PCA instead of UMAP, which needs at least {_MIN_ROWS} pictures; there are {len(rows)}"
    if _all_equal(rows):
        return "PCA instead of UMAP: all vectors point the same way"
    return None


def _all_equal(rows: NDArray[np.floating]) -> bool:
    return bool(np.ptp(rows, axis=0).max(initial=0.0) <= 1e-6)  # a few float32 steps of a unit vector


def _unit_rows(X: NDArray[np.floating]) -> NDArray[np.float32]:
    rows = np.asarray(X, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


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
