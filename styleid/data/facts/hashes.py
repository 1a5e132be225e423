"""Perceptual hashes: bits that stay when a picture is re-encoded, scaled, brightened or trimmed a little.

The hash is ImageHash's ``phash`` (Zauner 2010, *Implementation and Benchmarking of Perceptual Image Hash
Functions*), with 256 bits since the usual 64 call two drawings of one figure equal. No hash survives a
crop, so a few centred crops are hashed as well: a trimmed copy agrees with one of them.
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
VERSION = 1

_SIDE = 16
_PIXELS = 64  # as ImageHash itself takes: four times the side
#: Standard deviation of grey below which bits would be noise alone.
_FLAT = 2.0


def picture_hashes(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Hash (height, width, 3) pixels and their crops: (len(CROPS), BITS / 8) packed bits.

    A picture of one colour gives None, because its bits would be noise.
    """
    import imagehash  # loads scipy.fftpack: only where a hash is asked for

    grey = Image.fromarray(pixels).convert("L")
    if np.asarray(grey, dtype=np.float64).std() < _FLAT:
        return None
    width, height = grey.size
    hashes = []
    for crop in CROPS:
        box = (width * crop, height * crop, width * (1 - crop), height * (1 - crop))
        small = grey.resize((_PIXELS, _PIXELS), Image.Resampling.LANCZOS, box=box)
        hashes.append(np.packbits(imagehash.phash(small, hash_size=_SIDE).hash))  # (16, 16) -> (32,)
    return np.array(hashes, dtype=np.uint8)
