"""A hash of what is seen in a picture, by which near-duplicates are found.

It is the ``phash`` of ImageHash (Zauner 2010, *Implementation and Benchmarking of Perceptual Image Hash
Functions*), with 256 bits since the usual 64 call two drawings of one figure equal. No hash survives a crop,
so a few centred crops are hashed as well: a trimmed copy agrees with one of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Share of each side that is cut away before hashing; the first is the whole picture.
CROPS = (0.0, 0.02, 0.04, 0.06)
#: Bits of one hash.
BITS = 256
#: Raised with whatever moves a bit here, in the copy that is hashed, or in how it is decoded and made small.
VERSION = 2
_SIDE = 16
_PIXELS = 64  # as ImageHash itself takes: four times the side
#: The lowest frequencies of a cosine transform (DCT-II), a row each: (16, 64).
_COSINES = 2 * np.cos(np.pi / _PIXELS * np.outer(np.arange(_SIDE), np.arange(_PIXELS) + 0.5))
#: Half of a symmetric picture's frequencies are 0 but for rounding, their median too: no bit hangs on that.
_ROUNDING = 1e-3
#: Standard deviation of grey below which bits would be noise alone.
_FLAT = 2.0


def picture_hashes(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Hash (height, width, 3) pixels and their crops: (len(CROPS), BITS / 8) packed bits.

    A picture of one colour gives None, because its bits would be noise.
    """
    grey = Image.fromarray(pixels).convert("L")
    if np.asarray(grey, dtype=np.float64).std() < _FLAT:
        return None
    width, height = grey.size
    hashes = []
    for crop in CROPS:
        box = (width * crop, height * crop, width * (1 - crop), height * (1 - crop))
        small = grey.resize((_PIXELS, _PIXELS), Image.Resampling.LANCZOS, box=box)
        waves = _COSINES @ np.asarray(small, dtype=np.float64) @ _COSINES.T  # (64, 64) -> (16, 16)
        hashes.append(np.packbits(waves > np.median(waves) + _ROUNDING))  # (16, 16) -> (32,)
    return np.array(hashes, dtype=np.uint8)
