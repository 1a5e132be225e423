"""From a file to pixels by the decode policy: 8-bit RGB, or an `ImageError` with a stable code.

``read_bytes`` (`reading`) -> ``sniff`` (`sniff`) -> `decode` here -> ``to_rgb`` (`pixels`). The folder
`hostile` does the same in child processes; `take_over` begins with what a caller has decoded already.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from PIL import Image, ImageFile

from styleid.data.decode.pillow import DECODE_ERRORS, Source, open_image, quiet_pillow
from styleid.data.decode.pixels import eight_bit_colour, exif_orientation, to_rgb, upright
from styleid.data.decode.policy import APART, CUTTABLE, DecodePolicy, failure, lacking, refused
from styleid.data.decode.sniff import sniff
from styleid.data.decode.tiff import mend_tiff, ready_tiff
from styleid.errors import ImageError, InputError

#: Pictures above this many pixels are decoded one at a time, so that threads do not multiply their memory.
LARGE_PIXELS = 40_000_000
#: Held while one of them is decoded, here or in a child process of this one.
one_large = threading.Semaphore(1)
#: Held while Pillow reads a picture of a caller's, which may be given twice.
_loading = threading.Lock()

#: Run-length BMPs are decoded in Python, some 10 million pixels a second.
MAX_SLOW_PIXELS = 20_000_000
#: Each scan of a JPEG goes over the whole picture again; encoders write some ten, libjpeg-turbo advises
#: to stop at 500.
MAX_SCANS = 500
_SCAN = b"\xff\xda\x00\x08"  # a scan of one channel, the only kind that can come so often

Gate = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Stored:
    """What a file's header says of its picture."""

    width: int  # pixels, before it is turned upright
    height: int
    mode: str  # Pillow's name
    has_exif: bool


@dataclass(frozen=True)
class Decoded:
    """A picture as every backbone sees it: RGB, 8 bit a channel, upright, without metadata.

    `flags` say what was done or passed over: ``icc-ignored``, ``exif-orientation``, ``alpha-on-white``,
    ``16-bit-scaled``, ``cmyk``, ``lab``, ``ycbcr``, ``hsv``, ``animated`` (first frame or page of several)
    and ``truncated`` (only where the policy allows it).
    """

    image: Image.Image
    flags: tuple[str, ...] = ()
    stored: Stored | None = None  # None for a picture that has no file


def decode(data: bytes, policy: DecodePolicy) -> Decoded:
    """Decode the bytes of a whole file; several threads may do so at once.

    Formats that are `APART` are decoded in child processes that this one keeps, as by a `DecodePool`.
    Whatever is wrong with the bytes is an `ImageError` with one of `CODES`. A process that has switched on
    ``PIL.ImageFile.LOAD_TRUNCATED_IMAGES``, which hides damage, gets an `InputError`. Pillow's warnings are
    silenced for the whole process, since a flag or a code says the same.
    """
    name = _accepted(data, policy)
    if name in APART:
        from styleid.data.decode.hostile.pool import shared_pool

        return shared_pool(policy).decode(data)
    return _decode_here(name, data, policy, lambda: one_large)


def take_over(image: Image.Image, policy: DecodePolicy) -> Decoded:
    """Do to a picture that Pillow holds what `decode` does to its file; the picture stays as it is."""
    quiet_pillow()
    _check_size(image, policy, policy.max_pixels)
    try:
        with _loading:
            image.load()
        return _upright_rgb(image)
    except ImageError:
        raise
    except DECODE_ERRORS as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise ImageError("damaged", f"expected a sound picture, found: {reason}; make it again") from error


def decode_gated(data: bytes, policy: DecodePolicy, gate: Gate) -> Decoded:
    """Decode a whole file in this process, within the gate's context for a picture above `LARGE_PIXELS`."""
    return _decode_here(_accepted(data, policy), data, policy, gate)


def _decode_here(name: str, data: bytes, policy: DecodePolicy, gate: Gate) -> Decoded:
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise InputError(
            "PIL.ImageFile.LOAD_TRUNCATED_IMAGES is True in this process, so damaged pictures would pass as "
            "whole ones; set it to False, and use allow_truncated (--allow-truncated) where that is meant"
        )
    try:
        return _decode(name, data, policy, gate)
    except Warning:
        # Another thread has put back warning filters of its own in mid-decode; ours are set anew.
        return _decode(name, data, policy, gate)
    except ImageError as error:
        if name != "JPEG" or not policy.allow_truncated or error.code != "truncated":
            raise
    # libjpeg fills what is missing by itself once it finds an end marker.
    whole = _decode(name, data + b"\xff\xd9", policy, gate)
    return replace(whole, flags=(*whole.flags, "truncated"))


def _accepted(data: bytes, policy: DecodePolicy) -> str:
    if not data:
        raise ImageError("empty", "expected a picture, found 0 bytes; fetch it again or leave it out")
    if len(data) > policy.max_bytes:
        raise ImageError(
            "too-large-file",
            f"expected at most {policy.max_bytes} bytes, found {len(data)}; leave it out",
            size=len(data),
            limit=policy.max_bytes,
        )
    name = sniff(data)
    if name is None:
        wanted = ", ".join(policy.formats)
        raise ImageError(
            "not-an-image", f"expected a picture ({wanted}), found bytes of no known kind; leave it out"
        )
    if name not in policy.formats:
        raise refused(name, policy)
    if way := lacking(name):
        raise ImageError("no-decoder", f"what decodes {name} is not installed here; {way}")
    return name


def _decode(name: str, data: bytes, policy: DecodePolicy, gate: Gate) -> Decoded:
    quiet_pillow()
    source = Source(data)
    try:
        image = open_image(name, source)
        _check(image, name, data, policy)
        if name == "TIFF":
            ready_tiff(image, source)
        large = image.width * image.height > LARGE_PIXELS
        with gate() if large else nullcontext():
            return _pixels(image, name, data, policy, source)
    except ImageError:
        raise
    except DECODE_ERRORS as error:
        raise failure(name, error, data, source) from error


def _check(image: ImageFile.ImageFile, name: str, data: bytes, policy: DecodePolicy) -> None:
    slow = any(tile[0] == "bmp_rle" for tile in image.tile)
    _check_size(image, policy, min(policy.max_pixels, MAX_SLOW_PIXELS) if slow else policy.max_pixels)
    if name == "JPEG" and data.count(_SCAN) > MAX_SCANS:
        raise ImageError(
            "too-many-parts", f"expected at most {MAX_SCANS} scans in a JPEG, found more; leave it out"
        )


def _check_size(image: Image.Image, policy: DecodePolicy, limit: int) -> None:
    width, height = image.size
    if width * height > limit:
        raise ImageError(
            "too-many-pixels",
            f"expected at most {limit} pixels, found {width} x {height}; scale it down first",
            width=width,
            height=height,
            limit=limit,
        )
    if min(width, height) < policy.min_side:
        raise ImageError(
            "too-small",
            f"expected sides of at least {policy.min_side}, found {width} x {height}; leave it out",
            width=width,
            height=height,
        )


def _pixels(
    image: ImageFile.ImageFile, name: str, data: bytes, policy: DecodePolicy, source: Source
) -> Decoded:
    stored = Stored(image.width, image.height, image.mode, bool(image.info.get("exif")))
    flags = _load(image, name, policy, source)
    info, depth = image.info, 8
    if name == "PNG":
        depth = data[24]  # IHDR: signature, length, name, width, height, bit depth
        if "transparency" in info and image.mode in ("L", "RGB"):
            info["transparency"] = eight_bit_colour(info["transparency"], depth)
    loaded, depth = mend_tiff(image) if name == "TIFF" else (image, depth)
    decoded = _upright_rgb(loaded, flags, depth)
    more = ("animated",) if _has_more(image) else ()
    return Decoded(decoded.image, (*decoded.flags, *more), stored)


def _upright_rgb(image: Image.Image, flags: tuple[str, ...] = (), depth: int = 8) -> Decoded:
    """Turn a loaded picture, of `depth` bits a channel in its file, into what every backbone sees."""
    if image.info.get("icc_profile"):
        flags += ("icc-ignored",)
    rgb, conversions = to_rgb(image)
    flags += conversions
    if depth > 8 and "16-bit-scaled" not in flags:
        flags += ("16-bit-scaled",)  # colour: Pillow itself keeps the high byte
    # TIFF is turned while loading, by Pillow, and HEIF by its plugin; neither leaves an orientation here.
    turned = upright(rgb, exif_orientation(image.info.get("exif")))
    if turned is not rgb:
        flags += ("exif-orientation",)
    # Nothing may be left in it that could be applied a second time later.
    turned.info = {}
    return Decoded(turned, flags)


def _load(image: ImageFile.ImageFile, name: str, policy: DecodePolicy, source: Source) -> tuple[str, ...]:
    try:
        image.load()
    except DECODE_ERRORS:
        if not (policy.allow_truncated and source.starved and name in CUTTABLE and name != "JPEG"):
            raise
        image.tile = []  # nothing more to decode: the rows decoded so far stay
        image.load()
        return ("truncated",)
    return ()


def _has_more(image: ImageFile.ImageFile) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except DECODE_ERRORS:  # what comes after the first frame is not our concern
        return False
