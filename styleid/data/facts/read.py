"""What a picture's file tells without a look at the drawing: what a head could cheat by.

The audit reads these facts, and near-duplicates are found by their hashes; no shipped head learns from
them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from styleid.data.decode.pillow import Source, open_image, quiet_pillow
from styleid.data.decode.policy import DecodePolicy
from styleid.data.decode.reading import read_bytes
from styleid.data.decode.sniff import sniff
from styleid.data.facts.hashes import picture_hashes
from styleid.data.manifest.digests import Progress
from styleid.data.thumbnails import UNREADABLE, small_picture

#: Values of a text column that get a column of their own; the rest share none.
_MOST = 20

#: Longest side of the copy that colours and hashes are taken from.
LOOKED_AT = 160
#: Steps a channel of the colour histogram.
STEPS = 4

_POLICY = DecodePolicy()


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
    histogram: NDArray[np.float64]  # (STEPS ** 3,) share of pixels of each colour, sums to 1
    spread: float  # standard deviation of all pixel values, 0 to 255
    hashes: NDArray[np.uint8] | None  # (crops, bytes), see `picture_hashes`


def file_facts(path: Path) -> FileFacts | None:
    """Read the facts of one file; None if it cannot be read or its format is not decoded by default."""
    try:
        data = read_bytes(path, _POLICY)
        name = sniff(data) or ""
        pixels = np.asarray(small_picture(data, name, LOOKED_AT), dtype=np.uint8)
        quiet_pillow()
        header = open_image(name, Source(data))
    except UNREADABLE:
        return None
    tables, coarseness = _quantisation(header)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.float64)
    return FileFacts(
        sha256=hashlib.sha256(data).hexdigest(),
        width=header.width,
        height=header.height,
        n_bytes=len(data),
        format=name,
        mode=header.mode,
        tables=tables,
        coarseness=coarseness,
        has_exif=bool(header.info.get("exif")),
        has_icc=bool(header.info.get("icc_profile")),
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


def _histogram(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    step = pixels.reshape(-1, 3).astype(np.int64) * STEPS // 256  # (n, 3) from 0 to STEPS - 1
    cell = (step[:, 0] * STEPS + step[:, 1]) * STEPS + step[:, 2]
    return np.bincount(cell, minlength=STEPS**3) / len(cell)


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
