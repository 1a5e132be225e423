"""Bring a decoded picture of any mode to 8-bit RGB, upright, on white; by written rules only."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, cast

from PIL import Image, ImageChops

from styleid.errors import ImageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Modes that Pillow's own ``convert("RGB")`` handles reproducibly, and the flag each one leaves.
COLOUR_FLAGS = {"CMYK": "cmyk", "LAB": "lab", "YCbCr": "ycbcr", "HSV": "hsv"}

_SIXTEEN = ("I;16", "I;16L", "I;16B", "I;16N")
_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA")

_ORIENTATION = 0x0112  # EXIF 2.3, 4.6.4 A: the tag; its values 2 to 8 and what brings each upright
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def to_rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Convert a loaded picture of any mode to RGB, 8 bit a channel, and say by flags what was done.

    Transparency, of a channel, a palette or one colour, is laid on white:
    ``round((colour * alpha + 255 * (255 - alpha)) / 255)``. Grey of 16 bit keeps its high byte
    (``v >> 8``), as Pillow does with 16-bit colour; this gives back 8-bit values exactly whether they were
    widened by ``v * 257`` or by ``v << 8``, which rounding ``v / 257`` does not. For wider numbers see
    `scale_wide`. The result is not bound to a file, but shares its pixels with an `image` that was RGB.
    """
    mode = image.mode
    if mode in _SIXTEEN:
        return _from_sixteen(image)
    if mode in ("I", "F"):
        return _from_wide(image)
    if mode == "La":
        return _on_white(image.convert("LA").convert("RGBA"))  # Pillow knows no shorter way
    if mode in _ALPHA or "transparency" in image.info:
        return _on_white(image.convert("RGBA"))
    if mode == "RGB":
        # The plugin's object keeps metadata, a file and its own idea of the size; convert() would copy.
        return image._new(image.im), ()
    flag = COLOUR_FLAGS.get(mode)
    return image.convert("RGB"), (flag,) if flag else ()


def _on_white(rgba: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    extrema = cast("tuple[tuple[int, int], ...]", rgba.getextrema())
    if extrema[3][0] == 255:  # opaque everywhere: the same pixels in one step and with less memory
        return rgba.convert("RGB"), ()
    white = Image.new("RGB", rgba.size, (255, 255, 255))
    white.paste(rgba, mask=rgba)
    return white, ("alpha-on-white",)


def _from_sixteen(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    raw = image.tobytes()
    big = image.mode == "I;16B" or (image.mode == "I;16N" and struct.pack("=H", 1) == b"\x00\x01")
    high = Image.frombytes("L", image.size, raw[0 if big else 1 :: 2])
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return _from_grey(high)
    low = Image.frombytes("L", image.size, raw[1 if big else 0 :: 2])
    alpha = ImageChops.lighter(_differs(high, transparent >> 8), _differs(low, transparent & 255))
    return _from_grey(high, alpha)


def _differs(channel: Image.Image, value: int) -> Image.Image:
    # 0 where the channel has the value, 255 elsewhere
    return channel.point([0 if level == value else 255 for level in range(256)])


def _from_wide(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    import numpy as np  # here, because only formats that are off by default come this way

    grey = Image.fromarray(scale_wide(np.asarray(image)))
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return _from_grey(grey)
    alpha = Image.fromarray(np.where(np.asarray(image) == transparent, 0, 255).astype(np.uint8))
    return _from_grey(grey, alpha)


def _from_grey(grey: Image.Image, alpha: Image.Image | None = None) -> tuple[Image.Image, tuple[str, ...]]:
    if alpha is None:
        return grey.convert("RGB"), ("16-bit-scaled",)
    rgb, flags = _on_white(Image.merge("RGBA", (grey, grey, grey, alpha)))
    return rgb, ("16-bit-scaled", *flags)


def scale_wide(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale (h, w) int32 or float32 to 8 bit by the narrowest range that holds all values.

    0..1 (floats only) becomes ``255 v``, 0..255 stays, 0..65535 becomes ``floor(v / 256)`` as 16-bit grey
    does, and anything else ``255 (v - min) / (max - min)``, rounded half to even; one value outside
    0..65535 becomes black. NaN or infinity is an `ImageError` with the code ``not-finite``.
    """
    import numpy as np

    wide = values.astype(np.float64)
    low, high = float(wide.min()), float(wide.max())
    if not (np.isfinite(low) and np.isfinite(high)):  # NaN spreads to both
        raise ImageError(
            "not-finite",
            "expected numbers for pixels, found NaN or infinity; make the picture again or leave it out",
        )
    if low >= 0 and high <= 1 and np.issubdtype(values.dtype, np.floating):
        wide *= 255
    elif low >= 0 and high <= 255:
        pass
    elif low >= 0 and high <= 65_535:
        np.floor(wide / 256, out=wide)
    else:
        wide -= low
        wide *= 255 / (high - low) if high > low else 0
    return np.rint(wide).clip(0, 255).astype(np.uint8)


def eight_bit_colour(colour: object, depth: int) -> object:
    """Bring a PNG's transparent colour to the 8 bits of the pixels that Pillow compares it with.

    A grey level or (R, G, B) of `depth` bits a channel is scaled as Pillow scales the pixels; other objects
    pass through.
    """
    if isinstance(colour, tuple):
        return tuple(value >> 8 if depth == 16 else value & 255 for value in colour)
    if isinstance(colour, int):
        return (colour & (1 << depth) - 1) * {1: 255, 2: 85, 4: 17}.get(depth, 1)
    return colour


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn or mirror a picture by its EXIF orientation; any but 2 to 8 leaves it as it is."""
    method = _UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)


def exif_orientation(exif: object) -> int:
    r"""Find the orientation in a block of EXIF data, with or without ``Exif\0\0`` before it; 1 if none.

    Only the first directory is read, once through, so that a loop of directories is no loop here; what is
    broken, of another type or out of range counts as absent. XMP is not looked at, as in browsers.
    """
    if not isinstance(exif, bytes):
        return 1
    block = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(block[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "L", block, 4)
        (count,) = struct.unpack_from(order + "H", block, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, values, value = struct.unpack_from(order + "HHLH", block, entry)
            if tag == _ORIENTATION:
                # type 3 is SHORT; it lies left-aligned in the field in either byte order
                return value if (kind, values) == (3, 1) and value in _UPRIGHT else 1
    except struct.error:  # points or ends outside the block
        return 1
    return 1
