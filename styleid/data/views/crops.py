"""Squares cut from a picture: its middle, the whole on white, and windows over all of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.errors import ImageError


def center_view(image: Image.Image, resize: int, crop: int) -> NDArray[np.uint8]:
    """Scale the short side to `resize` and cut the middle (crop, crop, 3) pixels; `resize` >= `crop`.

    The pixels are those of torchvision's ``Resize(resize)`` (bilinear, antialiased) and
    ``CenterCrop(crop)``, but only those that are kept are computed: a picture of 65,500 x 1 would otherwise
    become 16.8 million pixels wide before the cut.
    """
    scaled = scaled_size(*image.size, resize)
    left, top = (_middle(length, crop) for length in scaled)
    return _cut(image, scaled, left, top, crop)


def fit_view(image: Image.Image, crop: int) -> NDArray[np.uint8]:
    """Scale the long side to `crop` and lay the whole picture on the middle of a white square.

    Of an odd margin the larger part is below or at the right. A short side of less than a pixel would show
    another shape: it is an `ImageError` with the code ``too-narrow``.
    """
    long, short = max(image.size), min(image.size)
    if short * crop < long:
        raise ImageError(
            "too-narrow",
            f"expected sides whose ratio is at most {crop} for the view fit, found {image.width} x "
            f"{image.height}; leave the picture out or embed other views",
            view="fit",
        )
    width, height = (max(1, round(crop * side / long)) for side in image.size)
    left, top = (crop - width) // 2, (crop - height) // 2
    square = np.full((crop, crop, 3), 255, dtype=np.uint8)  # white, as behind transparency
    scaled = image.resize((width, height), Image.Resampling.BILINEAR)
    square[top : top + height, left : left + width] = np.asarray(scaled, dtype=np.uint8)
    return square


def window_starts(length: int, aside: int, crop: int) -> list[int]:
    """Return where windows begin along one side of at least `crop` pixels, evenly spaced to a pixel.

    The first window touches one end and the last the other; a single one lies in the middle.
    """
    if aside == 1:
        return [_middle(length, crop)]
    return [round(number * (length - crop) / (aside - 1)) for number in range(aside)]


def grid_views(
    image: Image.Image, aside: int, side: int, numbers: Sequence[int], crop: int
) -> list[NDArray[np.uint8]]:
    """Scale the short side to `side` and cut windows (crop, crop, 3) of it, in the order of `numbers`.

    `aside` x `aside` windows spread evenly from edge to edge, numbered row by row from 0; `side` >= `crop`.
    The picture is scaled once and cut, unless it is so long that its windows together are fewer pixels;
    then each is scaled by itself. Its size alone decides which, and the pixels agree to a grey level, but
    for one in 100,000 that rounds apart twice.
    """
    width, height = scaled = scaled_size(*image.size, side)
    lefts, tops = window_starts(width, aside, crop), window_starts(height, aside, crop)
    corners = [(lefts[number % aside], tops[number // aside]) for number in numbers]
    if width * height > (aside * crop) ** 2:
        return [_cut(image, scaled, left, top, crop) for left, top in corners]
    whole = np.asarray(image.resize(scaled, Image.Resampling.BILINEAR), dtype=np.uint8)
    return [whole[top : top + crop, left : left + crop] for left, top in corners]


def scaled_size(width: int, height: int, short: int) -> tuple[int, int]:
    """Return the (width, height) of a picture whose short side is scaled to `short`.

    As in torchvision (``_compute_resized_output_size``) the long side is cut to an integer.
    """
    if width <= height:
        return short, int(short * height / width)
    return int(short * width / height), short


def _middle(length: int, crop: int) -> int:
    """Return the margin before a centred square, rounded half to even as torchvision's ``center_crop``."""
    return int(round((length - crop) / 2.0))


def _cut(image: Image.Image, scaled: tuple[int, int], left: int, top: int, crop: int) -> NDArray[np.uint8]:
    """Compute the square of the scaled picture at a corner, and nothing else of it."""
    (width, height), x, y = image.size, image.width / scaled[0], image.height / scaled[1]
    # The box's far side may pass the picture's by a rounding error, which Pillow refuses.
    box = (left * x, top * y, min((left + crop) * x, width), min((top + crop) * y, height))
    view = image.resize((crop, crop), Image.Resampling.BILINEAR, box=box)
    return np.asarray(view, dtype=np.uint8)
