"""The vector store: embed once, keep for ever.

``<root>/<space>/`` holds ``space.json``, ``shards/``, ``failures/``, ``quarantine/`` (what could not be
read) and ``derived/`` (one flat array made from the shards; may be deleted at any time).
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.data.manifest.table import Manifest
from styleid.data.views.names import DEFAULT_VIEW, asking_for
from styleid.errors import OutputError, StoreError
from styleid.files import replacing, write_atomic, writing
from styleid.vectors.store.space import Space, read_space

#: Content and view of a vector.
Key = tuple[str, str]
#: Read at once when the array is checked; by `read`, since pages of a mapped file count as memory in use.
_PIECE = 2**20


class SpaceStore:
    """The vectors of one space, whose folder need not exist yet."""

    def __init__(self, root: Path, space: Space) -> None:
        self.root = root
        self.space = space
        self.folder = root / space.folder
        #: Itself, or the stores that are read together.
        self.parts: tuple[SpaceStore, ...] = (self,)
        #: Names of damaged files that were put aside while reading.
        self.quarantined: list[str] = []
        self._index: dict[Key, int] | None = None
        self._on_record: set[tuple[str, ...]] | None = None
        self._vectors: NDArray[np.float32] = np.empty((0, space.dim), dtype=np.float32)

    def create(self) -> None:
        """Make the folders and ``space.json`` if absent; a folder of another space is a `StoreError`."""
        with writing(self.folder):
            for name in ("shards", "failures"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
        path = self.folder / "space.json"
        text = json.dumps({"format_version": 1, "id": self.space.id, **self.space.identity}, indent=1)
        if not path.exists():
            write_atomic(path, text)
        elif read_space(path).id != self.space.id:
            raise StoreError(
                f"{path} describes another space than its folder's name says; delete {self.folder}"
            )

    def known(self) -> AbstractSet[Key]:
        """Return the keys, content and view, of all vectors that can be read."""
        return self._load().keys()

    def append(
        self, keys: Sequence[Key], vectors: NDArray[np.float32], provenance: Mapping[str, str]
    ) -> None:
        """Add (n, dim) finite vectors as a new shard; no lock is needed."""
        from styleid.vectors.store.shards import write_vectors

        if not np.isfinite(vectors).all():
            raise ValueError("vectors must be finite")
        write_vectors(self.folder / "shards", keys, vectors, provenance)
        self._index = None

    def failures(self) -> list[dict[str, str]]:
        """Return every recorded failure, sorted; damaged files are put aside."""
        paths = sorted((self.folder / "failures").glob("*.parquet"))
        if not paths:
            return []
        from styleid.vectors.store.shards import DAMAGE, read_failures

        rows: list[dict[str, str]] = []
        for path in paths:
            try:
                rows += read_failures(path)
            except DAMAGE:
                self._quarantine(path)
        return sorted(rows, key=lambda row: tuple(row.values()))

    def append_failures(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Record pictures that could not be embedded, leaving out what is on record already."""
        # A file's name may hold bytes that are no UTF-8; Parquet's text may not.
        rows = [
            {name: text.encode("utf-8", "replace").decode() for name, text in row.items()} for row in rows
        ]
        if self._on_record is None:  # read once: a run appends many times
            self._on_record = {_identity(row) for row in self.failures()}
        fresh = [row for row in rows if _identity(row) not in self._on_record]
        if fresh:
            from styleid.vectors.store.shards import write_failures

            write_failures(self.folder / "failures", fresh)
            self._on_record.update(map(_identity, fresh))

    def matrix(self, manifest: Manifest, view: str = DEFAULT_VIEW) -> NDArray[np.float32]:
        """Return the (n, dim) vectors of one view in manifest order; a missing one is a `StoreError`."""
        return self.stack(manifest, (view,))[:, 0]  # (n, 1, dim) -> (n, dim)

    def stack(self, manifest: Manifest, views: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, v, dim) vectors in manifest order, the views in the order given.

        This is the only place where row order is made. A picture that lacks a view is a `StoreError`, whose
        message names the command that makes it.
        """
        positions = self.positions(manifest, views)
        lacking = (positions < 0).any(axis=1)
        if missing := int(lacking.sum()):
            name = manifest.rows[int(lacking.argmax())].image_id
            damaged = (
                f" ({', '.join(self.quarantined)} was damaged and put aside)" if self.quarantined else ""
            )
            asked, lacks = asking_for(views), "no vector"
            if tuple(views) != (DEFAULT_VIEW,):
                lacks += f" of the view {views[0]}" if len(views) == 1 else f" of the views {asked}"
            option = "" if asked == DEFAULT_VIEW else f" --views {asked}"
            raise StoreError(
                f"{missing} of {len(manifest)} pictures have {lacks} in {self.folder}{damaged}, "
                f"first {name}; run `styleid embed{option}`",
                missing=missing,
            )
        return np.ascontiguousarray(self._vectors[positions], dtype=np.float32)

    def positions(self, manifest: Manifest, views: Sequence[str]) -> NDArray[np.int64]:
        """Return where in `vectors` the views of each picture stand, (n, v); -1 for one that is not there."""
        index = self._load()
        places = [[index.get((row.sha256, view), -1) for view in views] for row in manifest.rows]
        return np.array(places, dtype=np.int64).reshape(len(manifest), len(views))

    @property
    def vectors(self) -> NDArray[np.float32]:
        """All vectors, (n, dim), in an order of their own; mapped from the disk, not read."""
        self._load()
        return self._vectors

    def holds(self, manifest: Manifest, views: Sequence[str]) -> bool:
        """Say whether all pictures have all of these views."""
        index = self._load()
        return all((row.sha256, view) in index for row in manifest.rows for view in views)

    def _load(self) -> dict[Key, int]:
        if self._index is None:
            shards = sorted((self.folder / "shards").glob("*.parquet"))
            derived = read_derived(self.folder / "derived", shards, self.space.dim)
            if derived is None and shards:
                try:
                    derived = write_derived(self.folder / "derived", self._sound(shards), self.space.dim)
                except OutputError:  # reading a store on a read-only disk costs time and memory, nothing else
                    sound = list(self._sound(shards))
                    parts = [self._vectors[:0], *(vectors for _, _, vectors in sound)]
                    derived = [key for _, keys, _ in sound for key in keys], np.concatenate(parts)
            keys, self._vectors = derived or ([], self._vectors[:0])
            self._index = {key: position for position, key in enumerate(keys)}
        return self._index

    def _sound(self, shards: Iterable[Path]) -> Iterator[tuple[Path, list[Key], NDArray[np.float32]]]:
        """Read shard after shard, putting aside those that are damaged."""
        from styleid.vectors.store.shards import DAMAGE, read_vectors

        for path in shards:
            try:
                keys, vectors = read_vectors(path, self.space.dim)
            except DAMAGE:
                self._quarantine(path)
                continue
            yield path, keys, vectors

    def _quarantine(self, path: Path) -> None:
        target = self.folder / "quarantine"
        with writing(target):
            target.mkdir(exist_ok=True)
            path.replace(target / path.name)
        self.quarantined.append(path.name)


def _identity(row: Mapping[str, str]) -> tuple[str, ...]:
    """Return what makes a failure the same as another."""
    return tuple(value for _, value in sorted(row.items()))


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
