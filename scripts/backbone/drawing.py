"""From an item to pixels: on white, no smaller than 160, short side at most 256."""

from __future__ import annotations

import functools
import gzip
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backbone.gather import FORMATS, Item
from styleid.data.facts import picture_hashes

SMALLEST, SHORT, LONG = 160, 256, 384
#: Standard deviation of a picture's bytes below which there is nothing to see.
_FLAT = 12.0
#: Bytes above which a picture is no flat drawing and is packed as a JPEG of this quality, in full colour.
_LOSSLESS, _QUALITY = 40_000, 95


def drawn(item: Item) -> tuple[bytes, NDArray[np.uint8]] | None:
    """Make one picture of the corpus: a PNG or JPEG file and the hash (32,) of the picture.

    None for what cannot be read, is too small, much longer than wide, or flat.
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
    size = (round(image.width * scale), round(image.height * scale))
    image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    left, top = max(0, image.width - LONG) // 2, max(0, image.height - LONG) // 2
    image = image.crop((left, top, left + min(LONG, image.width), top + min(LONG, image.height)))
    pixels = np.asarray(image)
    hashes = picture_hashes(pixels) if pixels.std() >= _FLAT else None
    return None if hashes is None else (_packed(image), hashes[0])


def _packed(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    if file.tell() > _LOSSLESS:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=_QUALITY, subsampling=0)
    return file.getvalue()


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
    return _read(item.file, item.kind == "textures")


@functools.lru_cache(maxsize=1)  # a wallpaper's tiles follow each other
def _read(file: Path, opaque: bool) -> Image.Image:
    """Open a picture; what is clear shows white, or, where the alpha of a texture is gloss, what it hides."""
    with Image.open(file, formats=FORMATS) as image:
        if min(image.size) < SMALLEST:
            raise ValueError("too small")
        image.draft("RGB", (1024, 1024))
        if image.mode in ("RGB", "L") or (opaque and image.mode == "RGBA"):
            return image.convert("RGB")
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")


def _svg(file: Path) -> str:
    data = file.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return data.decode("utf-8", errors="replace")
