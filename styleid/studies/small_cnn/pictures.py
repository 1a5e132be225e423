"""Read pictures as the small network sees them: grey, of one size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.studies.pictures import read_pictures
from styleid.studies.small_cnn.network import SIDE


def read_grey(
    paths: Sequence[Path],
    side: int = SIDE,
    workers: int = 2,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.uint8]:
    """Read pictures in grey, (n, side, side), squeezed to a square as the notebook's ``target_size`` did."""

    def squeezed(image: Image.Image) -> NDArray[np.uint8]:
        return np.asarray(image.convert("L").resize((side, side), Image.Resampling.BILINEAR), dtype=np.uint8)

    return read_pictures(paths, (side, side), squeezed, workers, progress)
