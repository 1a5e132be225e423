"""What a picture's file tells without a look at the drawing: what a head could cheat by.

The audit reads these facts, and near-duplicates are found by their hashes; no shipped head learns from
them. The hash is the ``phash`` of ImageHash (Zauner 2010, *Implementation and Benchmarking of Perceptual
Image Hash Functions*), with 256 bits since the usual 64 call two drawings of one figure equal. No hash
survives a crop, so a few centred crops are hashed as well: a trimmed copy agrees with one of them.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from styleid.data.decode.pillow import Source, open_image, quiet_pillow
from styleid.data.decode.policy import LENIENT, DecodePolicy
from styleid.data.decode.reading import read_bytes
from styleid.data.decode.sniff import sniff
from styleid.data.manifest.digests import Progress
from styleid.data.thumbnails import UNREADABLE, small_picture
from styleid.files import write_atomic

#: Share of each side that is cut away before hashing; the first is the whole picture.
CROPS = (0.0, 0.02, 0.04, 0.06)
#: Bits of one hash.
BITS = 256
#: Raised with whatever moves a bit here, in the copy that is hashed, or in how it is decoded and made small.
VERSION = 2
_SIDE, _PIXELS = 16, 64  # ImageHash itself takes four times the side
#: The lowest frequencies of a cosine transform (DCT-II), a row each: (16, 64).
_COSINES = 2 * np.cos(np.pi / _PIXELS * np.outer(np.arange(_SIDE), np.arange(_PIXELS) + 0.5))
#: Half of a symmetric picture's frequencies are 0 but for rounding, their median too: no bit hangs on that.
_ROUNDING = 1e-3
#: Standard deviation of grey below which bits would be noise alone.
_FLAT = 2.0
#: Values of a text column that get a column of their own; the rest share none.
_MOST = 20

#: Longest side of the copy that colours and hashes are taken from.
LOOKED_AT = 160
#: Steps a channel of the colour histogram: fine enough to know a palette.
STEPS = 8

#: Name of the file within a store.
HASHES = "hashes.json"
FORMAT_VERSION = 1
_SHAPE = (len(CROPS), BITS // 8)
#: What changes a hash. Formats and limits do not: they decide what is refused, and that is not remembered.
_MADE_BY = {
    "hash": VERSION,
    "bits": BITS,
    "crops": list(CROPS),
    "side": LOOKED_AT,
    "decode_policy": DecodePolicy().identity(),
}


def picture_hashes(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Hash (height, width, 3) pixels and their crops: (len(CROPS), BITS / 8) packed bits.

    A picture of one colour gives None, because its bits would be noise.
    """
    grey = Image.fromarray(pixels).convert("L")
    if np.asarray(grey, dtype=np.float64).std() < _FLAT:
        return None
    width, height = grey.size
    hashes = []
    for crop in CROPS:
        box = (width * crop, height * crop, width * (1 - crop), height * (1 - crop))
        small = grey.resize((_PIXELS, _PIXELS), Image.Resampling.LANCZOS, box=box)
        waves = _COSINES @ np.asarray(small, dtype=np.float64) @ _COSINES.T  # (64, 64) -> (16, 16)
        hashes.append(np.packbits(waves > np.median(waves) + _ROUNDING))  # (16, 16) -> (32,)
    return np.array(hashes, dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class FileFacts:
    """Facts of one file."""

    sha256: str  # of the bytes read, which may differ from the manifest's
    width: int  # pixels, as stored
    height: int
    n_bytes: int
    format: str  # Pillow's name, such as JPEG
    mode: str  # Pillow's name, such as RGB
    tables: str  # digest of the JPEG quantisation tables; empty for other formats
    coarseness: float  # mean of these tables, higher for lower quality; 0 for other formats
    has_exif: bool
    has_icc: bool
    border: NDArray[np.float64]  # (4,) mean R, G, B and std of the outermost pixels, 0 to 255
    histogram: NDArray[np.float32]  # (STEPS ** 3,) share of pixels of each colour, sums to 1
    spread: float  # standard deviation of all pixel values, 0 to 255
    hashes: NDArray[np.uint8] | None  # (crops, bytes), see `picture_hashes`


def file_facts(path: Path) -> FileFacts | None:
    """Read the facts of one file; None if it cannot be read."""
    try:
        data = read_bytes(path, LENIENT)
        name = sniff(data) or ""
        small = small_picture(data, name, LOOKED_AT)
        quiet_pillow()
        tables, coarseness = _quantisation(open_image(name, Source(data))) if name == "JPEG" else ("", 0.0)
    except UNREADABLE:
        return None
    pixels, stored = np.asarray(small.image, dtype=np.uint8), small.stored
    assert stored is not None
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.float64)
    return FileFacts(
        sha256=hashlib.sha256(data).hexdigest(),
        width=stored.width,
        height=stored.height,
        n_bytes=len(data),
        format=name,
        mode=stored.mode,
        tables=tables,
        coarseness=coarseness,
        has_exif=stored.has_exif,
        has_icc="icc-ignored" in small.flags,
        border=np.array([*edge.mean(axis=0), edge.std()]),
        histogram=_histogram(pixels),
        spread=float(pixels.std()),
        hashes=picture_hashes(pixels),
    )


def read_facts(
    paths: Sequence[Path], workers: int = 2, progress: Progress = lambda done, total: None
) -> list[FileFacts | None]:
    """Read the facts of many files in threads, in the order of `paths`."""
    read: list[FileFacts | None] = []
    with ThreadPoolExecutor(workers) as pool:
        for facts in pool.map(file_facts, paths):
            read.append(facts)
            progress(len(read), len(paths))
    return read


def _quantisation(header: ImageFile.ImageFile) -> tuple[str, float]:
    tables = getattr(header, "quantization", None)
    if not tables:
        return "", 0.0
    values = [list(map(int, tables[key])) for key in sorted(tables)]
    name = hashlib.sha256(repr(values).encode()).hexdigest()[:8]
    return name, float(np.mean(np.concatenate(values)))


def _histogram(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    step = pixels.reshape(-1, 3).astype(np.int64) * STEPS // 256  # (n, 3) from 0 to STEPS - 1
    cell = (step[:, 0] * STEPS + step[:, 1]) * STEPS + step[:, 2]
    return (np.bincount(cell, minlength=STEPS**3) / len(cell)).astype(np.float32)


def fact_tables(facts: Sequence[FileFacts]) -> dict[str, NDArray[np.float32]]:
    """Lay the facts of n files out as bundles: name -> (n, columns) float32.

    The bundles are ``size``, ``encoding`` (bytes per pixel, format, mode, JPEG tables), ``metadata`` (EXIF,
    ICC) and ``border`` (its colour).
    """
    width = np.array([f.width for f in facts], dtype=np.float64)
    height = np.array([f.height for f in facts], dtype=np.float64)
    n_bytes = np.array([f.n_bytes for f in facts], dtype=np.float64)
    numbers: dict[str, list[NDArray[np.float64]]] = {
        "size": [width, height, np.log(width / height)],
        "encoding": [
            np.log(n_bytes / (width * height)),
            np.array([f.coarseness for f in facts]),
            *_indicators([f.format for f in facts]),
            *_indicators([f.mode for f in facts]),
            *_indicators([f.tables for f in facts]),
        ],
        "metadata": [
            np.array([f.has_exif for f in facts], dtype=np.float64),
            np.array([f.has_icc for f in facts], dtype=np.float64),
        ],
        "border": list(np.array([f.border for f in facts]).reshape(len(facts), 4).T),
    }
    return {name: np.column_stack(columns).astype(np.float32) for name, columns in numbers.items()}


def colour_table(facts: Sequence[FileFacts]) -> NDArray[np.float32]:
    """Return the (n, STEPS ** 3) roots of colour shares, so that rare ones count (Hellinger 1909)."""
    shares = np.array([f.histogram for f in facts], dtype=np.float32)
    return np.sqrt(shares)


def _indicators(values: Sequence[str]) -> list[NDArray[np.float64]]:
    """Return a column of 0 and 1 for each common value."""
    common = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))[:_MOST]
    return [np.array([value == name for value in values], dtype=np.float64) for name, _ in common]


@dataclass(frozen=True, eq=False)
class Hashes:
    """What is known of n pictures."""

    bits: NDArray[np.uint8]  # (n, crops, bytes) from `picture_hashes`; zeros where there is no hash
    has: NDArray[np.bool_]  # (n,) whether there is a hash
    unread: NDArray[np.bool_]  # (n,) not read yet; a picture of one colour is read but has no hash


class HashMemory:
    """A side file ``sha256 -> hashes``; disposable, and made anew if damaged or made by other rules."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known = _load(path)
        self._changed = False

    def learn(self, facts: Iterable[FileFacts | None]) -> None:
        """Remember the hashes of files that were read; one that failed (None) may be read next time."""
        for file in facts:
            if file is not None and file.sha256 not in self._known:
                self._known[file.sha256] = file.hashes
                self._changed = True

    def read(self, files: Sequence[Path], sha256: Sequence[str], workers: int) -> None:
        """Read the files whose content is not known yet, each content once.

        Hashes are kept under the bytes that were read, so a file that changed since its row was made
        teaches nothing about that row.
        """
        waiting: dict[str, list[Path]] = defaultdict(list)
        for file, content in zip(files, sha256, strict=True):
            if content not in self._known:
                waiting[content].append(file)
        while waiting:  # once round, unless a file cannot be read and another has the same content
            self.learn(read_facts([copies[0] for copies in waiting.values()], workers))
            waiting = {
                content: copies[1:]
                for content, copies in waiting.items()
                if content not in self._known and len(copies) > 1
            }

    def of(self, sha256: Sequence[str]) -> Hashes:
        """Return what is known of these contents, in their order, without reading a picture."""
        hashes = [self._known.get(content) for content in sha256]
        bits = [np.zeros(_SHAPE, dtype=np.uint8) if known is None else known for known in hashes]
        return Hashes(
            bits=np.array(bits, dtype=np.uint8).reshape(-1, *_SHAPE),
            has=np.array([known is not None for known in hashes], dtype=bool),
            unread=np.array([content not in self._known for content in sha256], dtype=bool),
        )

    def save(self) -> None:
        """Write what was learned, if anything; if that fails, the hashes in memory still serve."""
        if not self._changed:
            return
        hashes = {
            content: None if bits is None else bits.tobytes().hex()
            for content, bits in sorted(self._known.items())
        }
        head = {"format_version": FORMAT_VERSION, "made_by": _MADE_BY, "crc32": _checksum(hashes)}
        write_atomic(self.path, json.dumps(head | {"hashes": hashes}))
        self._changed = False


def _load(path: Path) -> dict[str, NDArray[np.uint8] | None]:
    """Return what was kept; nothing when it is damaged or was made by other rules."""
    try:
        record = json.loads(path.read_bytes())
        hashes = record["hashes"]
        same = (record["format_version"], record["made_by"]) == (FORMAT_VERSION, _MADE_BY)
        if not same or record["crc32"] != _checksum(hashes):
            return {}
        return {
            content: None if text is None else np.frombuffer(bytes.fromhex(text), np.uint8).reshape(_SHAPE)
            for content, text in hashes.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _checksum(hashes: Mapping[str, str | None]) -> int:
    return zlib.crc32(json.dumps(hashes, sort_keys=True).encode())
