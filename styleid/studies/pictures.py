"""Read the pictures that a study trains on: all of them, in order, of one shape, upright and on white.

A file that cannot be read as a picture raises `InputError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.data.decode.images import decode
from styleid.data.decode.policy import LENIENT
from styleid.data.decode.reading import read_bytes
from styleid.data.manifest.digests import Progress
from styleid.data.views.crops import center_view
from styleid.errors import ImageError, InputError

#: Pixels of a side, as the small network sees pictures.
GREY_SIDE = 100


def read_grey(
    paths: Sequence[Path], workers: int = 2, progress: Progress = lambda done, total: None
) -> NDArray[np.uint8]:
    """Read pictures in grey, (n, side, side), squeezed to a square as the notebook's ``target_size`` did."""
    shape = (GREY_SIDE, GREY_SIDE)

    def squeezed(image: Image.Image) -> NDArray[np.uint8]:
        return np.asarray(image.convert("L").resize(shape, Image.Resampling.BILINEAR), dtype=np.uint8)

    return _read(paths, shape, squeezed, workers, progress)


def read_squares(
    paths: Sequence[Path], side: int, workers: int = 2, progress: Progress = lambda done, total: None
) -> NDArray[np.uint8]:
    """Read pictures to (n, side, side, 3); what a picture has beyond a square is cut off."""
    return _read(paths, (side, side, 3), lambda image: center_view(image, side, side), workers, progress)


def _read(
    paths: Sequence[Path],
    shape: tuple[int, ...],
    convert: Callable[[Image.Image], NDArray[np.uint8]],
    workers: int,
    progress: Progress,
) -> NDArray[np.uint8]:
    def read(path: Path) -> NDArray[np.uint8]:
        try:
            image = decode(read_bytes(path, LENIENT), LENIENT).image
        except ImageError as error:
            raise InputError(
                f"expected a picture that can be read at {path}, found: {error}; put it back or run "
                "`styleid scan` again",
                path=path,
            ) from error
        return convert(image)

    pictures = np.empty((len(paths), *shape), dtype=np.uint8)
    with ThreadPoolExecutor(workers) as pool:
        for i, picture in enumerate(pool.map(read, paths)):
            pictures[i] = picture
            progress(i + 1, len(paths))
    return pictures
