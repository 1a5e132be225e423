"""Small pictures for reports: as the backbone saw them, but never in the way of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from styleid.data.decode.images import Decoded, Stored, decode
from styleid.data.decode.pillow import DECODE_ERRORS, PILLOW_ERRORS, Source, open_image, quiet_pillow
from styleid.data.decode.pixels import exif_orientation, to_rgb, upright
from styleid.data.decode.policy import LENIENT, DecodePolicy
from styleid.data.decode.reading import read_bytes
from styleid.data.decode.sniff import sniff
from styleid.errors import ImageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: What a file raises that no small picture can be made of.
UNREADABLE: tuple[type[Exception], ...] = (ImageError, *DECODE_ERRORS)


def thumbnail(path: Path, size: int = 96, quality: int = 70) -> bytes | None:
    """Make a small WebP copy of a picture, `size` pixels along its longest side at most.

    None stands for a picture that is gone or unreadable: a report shows a gap there and goes on.
    """
    picture = small(path, size)
    return None if picture is None else webp(picture, size, quality) or None


def webp(picture: Image.Image, size: int, quality: int = 70) -> bytes:
    """Return a picture as WebP, at most `size` pixels a side; empty where Pillow was built without WebP."""
    buffer, copy = BytesIO(), picture.copy()
    copy.thumbnail((size, size), Image.Resampling.BICUBIC)
    try:
        copy.save(buffer, "WEBP", quality=quality, method=4)
    except PILLOW_ERRORS:
        return b""
    return buffer.getvalue()


def thumbnails(paths: Sequence[Path], size: int = 96, quality: int = 70) -> list[bytes | None]:
    """Make a `thumbnail` of each picture in threads, in the order of `paths`."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(partial(thumbnail, size=size, quality=quality), paths))


def thumbnail_pixels(path: Path, size: int) -> NDArray[np.uint8] | None:
    """Return a small copy of a picture, (height, width, 3); None when it cannot be read."""
    import numpy as np  # a child process, which makes small copies too, does without

    picture = small(path, size)
    return None if picture is None else np.asarray(picture, dtype=np.uint8)


def small_picture(
    data: bytes, kind: str | None, size: int, whole: Callable[[bytes, DecodePolicy], Decoded] = decode
) -> Decoded:
    """Decode a file's bytes to a small copy: RGB, upright, on white, at most `size` pixels a side.

    `kind` is what they are by `sniff`. Whatever any policy can have let in is read, so that nothing need be
    told of the pictures that were embedded. Pillow's own errors pass through. `whole` decodes all of it.
    """
    decoded = (_draft(data, size) if kind == "JPEG" else None) or whole(data, LENIENT)
    decoded.image.thumbnail((size, size), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return decoded


def small(path: Path, size: int) -> Image.Image | None:
    """Read a picture at most `size` pixels a side; None when it is gone or unreadable."""
    try:
        data = read_bytes(path, LENIENT)
        return small_picture(data, sniff(data), size).image
    except UNREADABLE:
        return None


def _draft(data: bytes, size: int) -> Decoded | None:
    """Decode a JPEG at a half, quarter or eighth of its size: other pixels than `decode`'s, much sooner.

    None stands for one that does not go so, as it may be cut.
    """
    quiet_pillow()
    opened = open_image("JPEG", Source(data))
    if opened.width * opened.height > LENIENT.max_pixels:
        raise ImageError("too-many-pixels", f"expected at most {LENIENT.max_pixels} pixels for a thumbnail")
    stored = Stored(opened.width, opened.height, opened.mode, bool(opened.info.get("exif")))
    flags = ("icc-ignored",) if opened.info.get("icc_profile") else ()
    opened.draft(None, (2 * size, 2 * size))
    try:
        opened.load()
    except DECODE_ERRORS:
        return None
    return Decoded(upright(to_rgb(opened)[0], exif_orientation(opened.info.get("exif"))), flags, stored)
