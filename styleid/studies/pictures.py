"""Read the pictures that a study trains on: all of them, in order, of one shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.data.decode.images import decode
from styleid.data.decode.policy import DecodePolicy
from styleid.data.decode.reading import read_bytes
from styleid.errors import ImageError, InputError

_POLICY = DecodePolicy()


def read_pictures(
    paths: Sequence[Path],
    shape: tuple[int, ...],
    convert: Callable[[Image.Image], NDArray[np.uint8]],
    workers: int = 2,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.uint8]:
    """Decode every file, upright and on white, and `convert` it to an array of `shape`: (n, *shape) in all.

    A file that cannot be read as a picture raises InputError.
    """

    def read(path: Path) -> NDArray[np.uint8]:
        try:
            image = decode(read_bytes(path, _POLICY), _POLICY).image
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
