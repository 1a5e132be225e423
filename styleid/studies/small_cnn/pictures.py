"""Read pictures as the small network sees them: grey, of one size."""

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
from styleid.studies.small_cnn.network import SIDE

_POLICY = DecodePolicy()


def read_grey(
    paths: Sequence[Path],
    side: int = SIDE,
    workers: int = 2,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.uint8]:
    """Read pictures in grey, (n, side, side), squeezed to a square as the notebook's ``target_size`` did.

    Transparent parts are laid on white, and EXIF orientation is applied. A file that cannot be read as a
    picture raises InputError.
    """
    pictures = np.empty((len(paths), side, side), dtype=np.uint8)
    with ThreadPoolExecutor(workers) as pool:
        for i, picture in enumerate(pool.map(lambda path: _grey(path, side), paths)):
            pictures[i] = picture
            progress(i + 1, len(paths))
    return pictures


def _grey(path: Path, side: int) -> NDArray[np.uint8]:
    try:
        image = decode(read_bytes(path, _POLICY), _POLICY).image
    except ImageError as error:
        raise InputError(
            f"expected a picture that can be read at {path}, found: {error}; put it back or run "
            "`styleid scan` again",
            path=path,
        ) from error
    return np.asarray(image.convert("L").resize((side, side), Image.Resampling.BILINEAR), dtype=np.uint8)
