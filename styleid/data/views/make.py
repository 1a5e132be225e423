"""A view: one deterministic crop or random change of a picture, as the pixels that a backbone sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.data.views.augment import ARTIST
from styleid.data.views.crops import center_view, fit_view, grid_views
from styleid.data.views.names import FIT, GRID, SQUARE, augment_number, window_of


def make_views(
    image: Image.Image, sha256: str, views: Sequence[str], resize: int, crop: int
) -> NDArray[np.uint8]:
    """Make the (v, crop, crop, 3) views of a picture, in the order of `views`.

    `resize`, at least `crop`, is the short side for the centre view; names are of `parse_views` and have
    passed `check_views`. A view is the same whenever, and beside however many others, it is made: chance
    comes from the picture's content and the view's number alone. ``fit`` of a picture too narrow to be seen
    whole is an `ImageError`.
    """
    made: dict[str, NDArray[np.uint8]] = {}
    grids: dict[tuple[int, int], list[int]] = defaultdict(list)
    center: NDArray[np.uint8] | None = None
    for view in views:
        if (window := window_of(view)) is not None:
            grids[window.aside, window.side].append(window.number)
        elif view == FIT:
            made[view] = fit_view(image, crop)
        elif view == SQUARE:
            made[view] = center_view(image, crop, crop)
        else:
            if center is None:
                center = center_view(image, resize, crop)
            made[view] = _augmented(center, sha256, view)
    for (aside, side), numbers in grids.items():
        for number, pixels in zip(numbers, grid_views(image, aside, side, numbers, crop), strict=True):
            made[f"{GRID}:{aside}@{side}/{number}"] = pixels
    return np.stack([made[view] for view in views])


def _augmented(center: NDArray[np.uint8], sha256: str, view: str) -> NDArray[np.uint8]:
    """Return the centre view, changed if its name says so."""
    number = augment_number(view)
    if number is None:
        return center
    chance = np.random.SeedSequence(entropy=int(sha256, 16), spawn_key=(number,))
    return ARTIST.apply(center, np.random.default_rng(chance))
