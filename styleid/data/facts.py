"""What a picture's file tells without a look at the drawing: what a head could cheat by.

The audit reads these facts, and near-duplicates are found by their hashes; no shipped head learns from
them. The hash is the ``phash`` of ImageHash (Zauner 2010, *Implementation and Benchmarking of Perceptual
Image Hash Functions*), with 256 bits since the usual 64 call two drawings of one figure equal. No hash
survives a crop, so a few centred crops are hashed as well: a trimmed copy agrees with one of them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from styleid.data.decode.images import Decoded
from styleid.data.decode.pillow import Source, open_image, quiet_pillow
from styleid.data.decode.policy import LENIENT
from styleid.data.decode.reading import read_bytes
from styleid.data.decode.sniff import sniff
from styleid.data.manifest.digests import Progress
from styleid.data.thumbnails import UNREADABLE, small_picture, webp

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

#: Makes a small copy of the bytes of a file of some kind, as `small_picture` does.
SmallCopy = Callable[[bytes, str, int], Decoded]
#: Longest side of the copy that colours and hashes are taken from.
LOOKED_AT = 160
#: Steps a channel of the colour histogram: fine enough to know a palette.
STEPS = 8


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
    thumbnail: bytes = b""  # WebP, where one was asked for


def file_facts(path: Path, thumbnail: int = 0, hashed: Container[str] = ()) -> FileFacts | None:
    """Read the facts of one file; None if it cannot be read.

    `thumbnail` is the side of one, 0 for none; contents that are `hashed` already are not hashed again.
    """
    try:
        return facts_of(read_bytes(path, LENIENT), thumbnail, hashed=hashed)
    except UNREADABLE:
        return None


def facts_of(
    data: bytes, thumbnail: int = 0, small_copy: SmallCopy = small_picture, hashed: Container[str] = ()
) -> FileFacts | None:
    """Read the facts off the bytes of a file, as `file_facts` does; None if it cannot be read."""
    try:
        name = sniff(data) or ""
        small = small_copy(data, name, LOOKED_AT)
        quiet_pillow()
        tables, coarseness = _quantisation(open_image(name, Source(data))) if name == "JPEG" else ("", 0.0)
    except UNREADABLE:
        return None
    pixels, stored = np.asarray(small.image, dtype=np.uint8), small.stored
    assert stored is not None
    sha256 = hashlib.sha256(data).hexdigest()
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.float64)
    return FileFacts(
        sha256=sha256,
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
        hashes=None if sha256 in hashed else picture_hashes(pixels),
        thumbnail=webp(small.image, thumbnail) if thumbnail else b"",
    )


def read_facts(
    paths: Sequence[Path],
    workers: int = 2,
    progress: Progress = lambda done, total: None,
    thumbnail: int = 0,
    hashed: Container[str] = (),
) -> list[FileFacts | None]:
    """Read the `file_facts` of many files in threads, in the order of `paths`."""
    read: list[FileFacts | None] = []
    with ThreadPoolExecutor(workers) as pool:
        for facts in pool.map(partial(file_facts, thumbnail=thumbnail, hashed=hashed), paths):
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


def fact_tables(
    facts: Sequence[FileFacts], like: Sequence[FileFacts] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Lay the facts of n files out as bundles: name -> (n, columns) float32.

    The bundles are ``size``, ``encoding`` (bytes per pixel, format, mode, JPEG tables), ``metadata`` (EXIF,
    ICC) and ``border`` (its colour). The columns are those that the files `like` would have, by default the
    same files.
    """
    others = facts if like is None else like
    width = np.array([f.width for f in facts], dtype=np.float64)
    height = np.array([f.height for f in facts], dtype=np.float64)
    n_bytes = np.array([f.n_bytes for f in facts], dtype=np.float64)
    numbers: dict[str, list[NDArray[np.float64]]] = {
        "size": [width, height, np.log(width / height)],
        "encoding": [
            np.log(n_bytes / (width * height)),
            np.array([f.coarseness for f in facts]),
            *_indicators([f.format for f in facts], [f.format for f in others]),
            *_indicators([f.mode for f in facts], [f.mode for f in others]),
            *_indicators([f.tables for f in facts], [f.tables for f in others]),
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


def _indicators(values: Sequence[str], others: Sequence[str]) -> list[NDArray[np.float64]]:
    """Return a column of 0 and 1 for each value that is common among the others."""
    common = sorted(Counter(others).items(), key=lambda item: (-item[1], item[0]))[:_MOST]
    return [np.array([value == name for value in values], dtype=np.float64) for name, _ in common]
