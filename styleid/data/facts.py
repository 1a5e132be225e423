"""What a picture's file tells without a look at the drawing: what a head could cheat by.

The audit reads these facts, and near-duplicates are found by their hashes; no shipped head learns from
them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from styleid.data.phash import picture_hashes
from styleid.data.pillow import DECODE_ERRORS, Source, open_image, quiet_pillow
from styleid.data.policy import DecodePolicy
from styleid.data.reading import read_bytes
from styleid.data.sniff import sniff
from styleid.data.thumbnails import small_picture
from styleid.errors import ImageError

#: Longest side of the copy that colours and hashes are taken from.
LOOKED_AT = 160
#: Steps a channel of the colour histogram.
STEPS = 4

_POLICY = DecodePolicy()
_UNREADABLE: tuple[type[Exception], ...] = (ImageError, *DECODE_ERRORS)


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
        name = sniff(data)
        if name not in _POLICY.formats:
            return None
        pixels = np.asarray(small_picture(data, LOOKED_AT), dtype=np.uint8)
        quiet_pillow()
        header = open_image(name, Source(data))
    except _UNREADABLE:
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
    paths: Sequence[Path],
    workers: int = 2,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[FileFacts | None]:
    """Read the facts of many files in threads, in the order of `paths`."""
    found: list[FileFacts | None] = []
    with ThreadPoolExecutor(workers) as pool:
        for facts in pool.map(file_facts, paths):
            found.append(facts)
            progress(len(found), len(paths))
    return found


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
