"""What a picture set is made of, and how a work becomes a file."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from backbone.drawing import SHORT, SMALLEST, _packed, drawn
from backbone.gather import Item
from backbone.packages import unpacked
from backbone.sources import DEBIAN, NPM, Source
from numpy.typing import NDArray
from PIL import Image

from styleid.data.facts import picture_hashes
from styleid.errors import StyleIdError


@dataclass(frozen=True)
class Work:
    """One picture to be: whose it is and what it must stay together with; `item` is what draws it.

    `image` makes pictures that no file holds: a tile of a sheet, a written word.
    """

    hand: str
    group: str
    item: Item | None = None
    image: Callable[[], Image.Image] | None = None


@dataclass(frozen=True)
class TrialSet:
    """A set of pictures by several hands, from named packages.

    `seen` says that the backbone that ships learned from these hands' pictures: scores flatter then, while
    differences between heads still count.
    """

    name: str
    kind: str  # what the pictures are
    hands: str  # what a label stands for
    groups: str  # what never crosses a fold
    packages: tuple[str, ...]
    licence: str
    works: Callable[[Path], Iterator[Work]]  # the folder of unpacked packages -> works
    least: int = 8  # fewest pictures of a hand
    seen: bool = False


def package(home: Path, name: str, registry: str = DEBIAN, kind: str = "files") -> Path:
    """Return the folder of an unpacked package, fetched if it is not there."""
    folder = unpacked(Source(name, kind, registry=registry), home)
    if folder is None:
        raise StyleIdError(f"expected the package {name} in the archive, found none; leave its set out")
    return folder


def npm(home: Path, name: str, kind: str = "files") -> Path:
    """Return the folder of an unpacked npm package."""
    return package(home, name, NPM, kind)


def finished(work: Work) -> tuple[bytes, NDArray[np.uint8]] | None:
    """Draw a work: the bytes of a PNG or JPEG and the hash of the picture; None for what shows nothing."""
    if work.item is not None:
        return drawn(work.item)
    assert work.image is not None
    try:
        image = work.image()
    except (OSError, ValueError, SyntaxError):
        return None
    short = min(image.size)
    if short < SMALLEST:  # sprites: pixels stay pixels
        times = -(-SMALLEST // short)
        image = image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)
    scale = min(1.0, SHORT / min(image.size))
    size = (round(image.width * scale), round(image.height * scale))
    image = image.resize(size, Image.Resampling.LANCZOS)
    if max(image.size) > 3 * min(image.size) or np.asarray(image).std() < 4.0:
        return None
    hashes = picture_hashes(np.asarray(image))
    return None if hashes is None else (_packed(image), hashes[0])


def on_white(file: Path | bytes) -> Image.Image:
    """Open a picture on white."""
    with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as image:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
