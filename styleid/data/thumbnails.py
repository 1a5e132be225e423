"""Small pictures for reports: as the backbone saw them, but never in the way of a run."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.data.images import DecodePolicy, decode, read_bytes
from styleid.data.pillow import PILLOW_ERRORS, Source, TooManyReads, open_image, quiet_pillow
from styleid.data.pixels import exif_orientation, to_rgb, upright
from styleid.data.sniff import sniff
from styleid.errors import ImageError

_POLICY = DecodePolicy()
_UNREADABLE: tuple[type[Exception], ...] = (ImageError, TooManyReads, *PILLOW_ERRORS)


def thumbnail(path: Path, size: int = 96, quality: int = 70) -> bytes | None:
    """Make a small WebP copy of a picture.

    Parameters
    ----------
    path : Path
        The picture; transparent parts are laid on white, EXIF orientation is applied.
    size : int
        Longest side at most, in pixels.
    quality : int
        WebP quality, 0 to 100.

    Returns
    -------
    bytes or None
        None when there is no readable picture (any more): a report shows a gap there and goes on.
    """
    picture = _small(path, size)
    if picture is None:
        return None
    buffer = BytesIO()
    try:
        picture.save(buffer, "WEBP", quality=quality, method=4)
    except PILLOW_ERRORS:  # this Pillow was built without WebP
        return None
    return buffer.getvalue()


def thumbnails(
    paths: Sequence[Path], size: int = 96, quality: int = 70, workers: int = 2
) -> list[bytes | None]:
    """Make a `thumbnail` of each picture, several at a time.

    Parameters
    ----------
    paths : sequence of Path
        (n,) pictures.
    size, quality : int
        As for `thumbnail`.
    workers : int
        Threads; Pillow decodes outside the interpreter lock.

    Returns
    -------
    list of bytes or None
        (n,) in the order of `paths`.
    """
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(partial(thumbnail, size=size, quality=quality), paths))


def thumbnail_pixels(path: Path, size: int) -> NDArray[np.uint8] | None:
    """Return a small copy of a picture as pixels.

    Parameters
    ----------
    path : Path
        The picture.
    size : int
        Longest side at most, in pixels.

    Returns
    -------
    NDArray of uint8 or None
        (height, width, 3); None when there is no readable picture.
    """
    picture = _small(path, size)
    return None if picture is None else np.asarray(picture, dtype=np.uint8)


def small_picture(data: bytes, size: int) -> Image.Image:
    """Decode a file's bytes to a small copy.

    Parameters
    ----------
    data : bytes
        Content of the file.
    size : int
        Longest side at most, in pixels.

    Returns
    -------
    PIL.Image.Image
        RGB, upright, on white.

    Raises
    ------
    ImageError
        If it is no picture that styleid decodes by default; Pillow's own errors pass through.
    """
    picture = _draft(data, size) if sniff(data) == "JPEG" else decode(data, _POLICY).image
    picture.thumbnail((size, size), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return picture


def _small(path: Path, size: int) -> Image.Image | None:
    try:
        return small_picture(read_bytes(path, _POLICY), size)
    except _UNREADABLE:
        return None


def _draft(data: bytes, size: int) -> Image.Image:
    """Decode a JPEG at a half, quarter or eighth of its size: other pixels than `decode`'s, much sooner."""
    quiet_pillow()
    opened = open_image("JPEG", Source(data))
    if opened.width * opened.height > _POLICY.max_pixels:
        raise ImageError("too-many-pixels", f"expected at most {_POLICY.max_pixels} pixels for a thumbnail")
    opened.draft(None, (2 * size, 2 * size))
    opened.load()
    return upright(to_rgb(opened)[0], exif_orientation(opened.info.get("exif")))
