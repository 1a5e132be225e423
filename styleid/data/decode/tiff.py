"""What Pillow passes over or gets wrong of TIFF files: put right, or refused."""

from __future__ import annotations

import re

from PIL import Image, ImageFile, TiffImagePlugin

from styleid.data.decode.pillow import Source
from styleid.data.decode.pixels import scale_wide
from styleid.errors import ImageError

# Tags of TIFF 6.0, and the last of DNG; then some of their values.
_SUBFILE_TYPE, _BITS, _PHOTOMETRIC, _SUB_DIRECTORIES, _SAMPLE_FORMAT = 254, 258, 262, 330, 339
_OFFSETS, _LENGTHS, _TILE_OFFSETS, _TILE_LENGTHS, _DNG_VERSION = 273, 279, 324, 325, 50706
_REDUCED, _WHITE_IS_ZERO, _UNSIGNED, _SIGNED = 1, 0, 1, 2


def ready_tiff(image: ImageFile.ImageFile, source: Source) -> None:
    """Refuse what Pillow would take for another picture, and name the byte order that libtiff unpacks to.

    The first picture of a camera's raw file is a small preview. libtiff gives numbers in this machine's
    order, while Pillow takes signed ones and floats for the file's. That the file ends too early is noted,
    since libtiff does not say it.
    """
    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    tags = image.tag_v2
    if _DNG_VERSION in tags or (tags.get(_SUBFILE_TYPE, 0) & _REDUCED and _SUB_DIRECTORIES in tags):
        raise ImageError(
            "format-refused", "expected a picture, found a camera's raw file; develop it to TIFF or JPEG"
        )
    if image.mode == "L" and _SIGNED in tags.get(_SAMPLE_FORMAT, ()):
        raise ImageError("damaged", "expected a TIFF of bytes from 0 to 255, found signed ones; convert it")
    offsets = tags.get(_OFFSETS) or tags.get(_TILE_OFFSETS, ())
    lengths = tags.get(_LENGTHS) or tags.get(_TILE_LENGTHS, ())
    ends = (offset + length for offset, length in zip(offsets, lengths, strict=False))
    source.starved = source.starved or max(ends, default=0) > source.getbuffer().nbytes
    for number, tile in enumerate(image.tile):
        assert isinstance(tile.args, tuple)
        rawmode = re.sub(r"(16|32)B?([SF])$", r"\1N\2", tile.args[0])
        image.tile[number] = tile._replace(args=(rawmode, *tile.args[1:]))


def mend_tiff(image: ImageFile.ImageFile) -> tuple[Image.Image, int]:
    """Return a loaded picture, and the bits of a channel in its file.

    Of numbers, 12 bits are brought to 16, large unsigned ones are not negative, and 0 is white where the
    file says so.
    """
    import numpy as np

    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    tags, mended = image.tag_v2, image._new(image.im)
    depth = max(tags.get(_BITS, (1,)))
    inverted = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    if image.mode == "I;16" and (inverted or depth == 12):
        values = np.asarray(image) << (4 if depth == 12 else 0)
        mended = Image.fromarray(~values if inverted else values)
    elif image.mode == "I" and depth == 32 and _SIGNED not in tags.get(_SAMPLE_FORMAT, ()):
        mended = Image.fromarray(np.asarray(image).view(np.uint32).astype(np.float32))
    elif image.mode == "F" and inverted:
        mended = Image.fromarray(255 - scale_wide(np.asarray(image)))
    mended.info = dict(image.info)
    return mended, depth
