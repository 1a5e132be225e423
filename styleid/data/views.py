"""A view: one deterministic crop or random change of a picture, as the pixels a backbone looks at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.data.augment import ARTIST
from styleid.errors import InputError

#: The default view: the picture's middle, cut as the weights' own preset cuts it.
CENTER = "center"
#: The centre view changed at random; ``augment/0`` is the first such view of a picture.
AUGMENT = "augment"
#: More views of one picture than this are a slip of the keyboard.
MOST = 64


def parse_views(text: str) -> tuple[str, ...]:
    """Return the names of the views that a text asks for.

    Parameters
    ----------
    text : str
        Views joined by ``+``: ``center``, or ``augment:K`` for ``augment/0`` to ``augment/K-1``.

    Returns
    -------
    tuple of str
        Each once, in the order given.

    Raises
    ------
    InputError
        If there is no such view.
    """
    names: list[str] = []
    for part in text.split("+"):
        kind, _, count = part.strip().partition(":")
        if part.strip() == CENTER:
            names.append(CENTER)
        elif kind == AUGMENT and count.isdecimal() and 1 <= int(count) <= MOST:
            names += augmented_views(int(count))
        else:
            raise InputError(
                f"--views expects {CENTER} and {AUGMENT}:K (K from 1 to {MOST}) joined by +, such as "
                f"{CENTER}+{AUGMENT}:4; found {text!r}",
                views=text,
            )
    return tuple(dict.fromkeys(names))


def augmented_views(count: int) -> tuple[str, ...]:
    """Return the names of the first augmented views.

    Parameters
    ----------
    count : int
        How many.

    Returns
    -------
    tuple of str
    """
    return tuple(f"{AUGMENT}/{number}" for number in range(count))


def augment_number(view: str) -> int:
    """Return the number of an augmented view.

    Parameters
    ----------
    view : str
        Such as ``augment/3``.

    Returns
    -------
    int
        Counted from 0.
    """
    return int(view.removeprefix(f"{AUGMENT}/"))


def make_view(center: NDArray[np.uint8], sha256: str, view: str) -> NDArray[np.uint8]:
    """Make a view from the centre view.

    Chance comes from the picture's content and the view's number alone: a view is the same whenever, and
    beside however many others, it is made.

    Parameters
    ----------
    center : NDArray of uint8
        (crop, crop, 3), from `center_view`.
    sha256 : str
        Hex digest of the file's bytes.
    view : str
        One of the names of `parse_views`.

    Returns
    -------
    NDArray of uint8
        (crop, crop, 3).
    """
    if view == CENTER:
        return center
    chance = np.random.SeedSequence(entropy=int(sha256, 16), spawn_key=(augment_number(view),))
    return ARTIST.apply(center, np.random.default_rng(chance))


def center_view(image: Image.Image, resize: int, crop: int) -> NDArray[np.uint8]:
    """Scale the short side to `resize` and cut the middle `crop` x `crop` pixels.

    Gives the pixels of torchvision's ``Resize(resize)`` (bilinear, antialiased) and ``CenterCrop(crop)``,
    but computes only those that are kept: a picture of 65,500 x 1 would otherwise become 16.8 million
    pixels wide before the cut.

    Parameters
    ----------
    image : PIL.Image.Image
        RGB, at least 1 x 1.
    resize : int
        Length of the short side after scaling, in pixels; at least `crop`.
    crop : int
        Side of the square that is kept, in pixels.

    Returns
    -------
    NDArray of uint8
        (crop, crop, 3).
    """
    width, height = image.size
    # The rounding is torchvision's (_compute_resized_output_size and center_crop): the long side is cut
    # to an integer, the margin is rounded half to even.
    if width <= height:
        scaled_width, scaled_height = resize, int(resize * height / width)
    else:
        scaled_width, scaled_height = int(resize * width / height), resize
    left = int(round((scaled_width - crop) / 2.0))
    top = int(round((scaled_height - crop) / 2.0))
    x, y = width / scaled_width, height / scaled_height
    # The box's far side may pass the picture's by a rounding error, which Pillow refuses.
    box = (left * x, top * y, min((left + crop) * x, width), min((top + crop) * y, height))
    view = image.resize((crop, crop), Image.Resampling.BILINEAR, box=box)
    return np.asarray(view, dtype=np.uint8)
