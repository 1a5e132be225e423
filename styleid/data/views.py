"""A view: one deterministic crop of a picture, as the pixels a backbone looks at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: The default view: the picture's middle, cut as the weights' own preset cuts it.
CENTER = "center"


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
