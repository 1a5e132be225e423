"""From an item to pixels: on white, no smaller than 160, short side at most 256."""

from __future__ import annotations

import functools
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backbone.gather import Item
from styleid.data.facts.hashes import picture_hashes

SMALLEST, SHORT, LONG = 160, 256, 384
#: Standard deviation of a picture's bytes below which there is nothing to see.
_FLAT = 12.0


def drawn(item: Item) -> tuple[bytes, NDArray[np.uint8]] | None:
    """Make one picture of the corpus.

    Parameters
    ----------
    item : Item
        What to draw.

    Returns
    -------
    tuple of bytes and NDArray of uint8, or None
        A PNG file and the hashes of `picture_hashes`; None for what cannot be read, is too small, much
        longer than wide, or flat.
    """
    try:
        image = _opened(item)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError, NotImplementedError):
        return None  # half of what games ship is made for their own readers
    aside, at = item.tile
    if aside > 1:
        side = min(image.size) // aside
        left, top = (at % aside) * side, (at // aside) * side
        image = image.crop((left, top, left + side, top + side))
    if min(image.size) < SMALLEST:
        return None
    scale = min(1.0, SHORT / min(image.size))
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    left, top = max(0, image.width - LONG) // 2, max(0, image.height - LONG) // 2
    image = image.crop((left, top, left + min(LONG, image.width), top + min(LONG, image.height)))
    pixels = np.asarray(image)
    hashes = picture_hashes(pixels)
    if hashes is None or pixels.std() < _FLAT:
        return None
    packed = io.BytesIO()
    image.save(packed, "PNG", compress_level=1)
    return packed.getvalue(), hashes


def _opened(item: Item) -> Image.Image:
    text = item.drawing
    if item.file is not None and item.file.suffix in (".svg", ".svgz"):
        text = _svg(item.file)
    if text:
        import resvg_py

        side = LONG if item.kind in ("clipart", "files") else SHORT
        png = resvg_py.svg_to_bytes(
            svg_string=text, width=side, height=side, background="#ffffff", skip_system_fonts=True
        )
        return Image.open(io.BytesIO(bytes(png))).convert("RGB")
    assert item.file is not None
    return _read(item.file)


@functools.lru_cache(maxsize=1)  # a wallpaper's tiles follow each other
def _read(file: Path) -> Image.Image:
    with Image.open(file) as image:
        if min(image.size) < SMALLEST:
            raise ValueError("too small")
        image.draft("RGB", (1024, 1024))
        if image.mode in ("RGB", "L"):
            return image.convert("RGB")
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")


def _svg(file: Path) -> str:
    data = file.read_bytes()
    if data[:2] == b"\x1f\x8b":
        import gzip

        data = gzip.decompress(data)
    return data.decode("utf-8", errors="replace")
