"""Bytes of pictures made to break a reader, each with what must come of it."""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from picture_bytes import (
    adobe_jpeg,
    encoded,
    exif,
    gif_frames,
    many_scans,
    picture,
    png,
    png_chunk,
    png_header,
    rle_bmp,
)
from PIL import Image, features

#: name -> (bytes, "vector" or a code of styleid.data.decode.policy.CODES), under the default policy
Cases = dict[str, tuple[bytes, str]]


@functools.cache
def hostile_bytes() -> Cases:
    """Return all cases that are a matter of bytes."""
    cases: Cases = {}
    for part in (_cut, _sizes, _modes, _jpegs, _metadata, _bombs, _frames, _other_kinds):
        for name, data, expected in part():
            assert name not in cases
            cases[name] = (data, expected)
    return cases


Case = tuple[str, bytes, str]


def _cut() -> Iterator[Case]:
    yield "empty.jpg", b"", "empty"
    yield "one-byte.jpg", b"\xff", "not-an-image"
    whole = {
        fmt: encoded(picture(width=160, height=120), fmt) for fmt in ("JPEG", "PNG", "WEBP", "GIF", "BMP")
    }
    for fmt, data in whole.items():
        for header in (16, 30) if fmt == "BMP" else (12, 24):
            yield f"{fmt}-header-{header}.jpg", data[:header], "truncated"
        for percent in (10, 50, 90, 99):
            yield f"{fmt}-cut-{percent}.jpg", data[: len(data) * percent // 100], "truncated"
    data = whole["PNG"]
    yield "png-signature-only.png", data[:8], "truncated"
    yield "png-without-iend.png", data[:-12], "vector"
    yield "png-wrong-crc-header.png", data[:29] + b"\x00\x00\x00\x00" + data[33:], "damaged"
    # Pillow leaves this sum out; the pixels have another one inside
    yield "png-wrong-crc-pixels.png", data[:-16] + b"\x00\x00\x00\x00" + data[-12:], "vector"
    middle = len(data) // 2
    yield "png-bytes-changed.png", data[:middle] + bytes(64) + data[middle + 64 :], "damaged"
    yield "png-no-pixels.png", png_header(8, 8, 8, 2) + png_chunk(b"IEND", b""), "damaged"
    # Packed pixels that end early, but properly: Pillow leaves the missing rows black and says nothing.
    yield "png-rows-missing.png", png(8, 8, 8, 0, bytes(9 * 3)), "vector"


def _sizes() -> Iterator[Case]:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"1x1-{mode.replace(';', '')}.png", encoded(Image.new(mode, (1, 1)), "PNG"), "too-small"
    for mode in ("L", "RGB", "CMYK"):
        yield f"1x1-{mode}.jpg", encoded(Image.new(mode, (1, 1)), "JPEG"), "too-small"
    for fmt in ("GIF", "BMP", "WEBP"):
        yield f"1x1.{fmt.lower()}", encoded(Image.new("RGB", (1, 1)), fmt), "too-small"
    yield "65500x1.jpg", encoded(Image.new("RGB", (65500, 1)), "JPEG"), "too-small"
    yield "65500x1.png", encoded(Image.new("L", (65500, 1)), "PNG"), "too-small"
    yield "65500x2.jpg", encoded(Image.new("RGB", (65500, 2), (9, 90, 200)), "JPEG"), "vector"
    yield "2x2.png", encoded(picture(1, 2, 2), "PNG"), "vector"
    yield "0x0.png", png_header(0, 0, 8, 2), "truncated"
    yield "20000x20000.png", encoded(Image.new("1", (20000, 20000)), "PNG"), "too-many-pixels"
    yield "2147483647.png", png(2**31 - 1, 2**31 - 1, 8, 2, b""), "too-many-pixels"
    for side in (30_000, 2**31 - 1):
        bmp = bytearray(encoded(picture(), "BMP"))
        bmp[18:26] = struct.pack("<ii", side, side)
        yield f"bmp-{side}.bmp", bytes(bmp), "too-many-pixels"


def _modes() -> Iterator[Case]:
    image = picture(2)
    grey = image.convert("L")
    alpha = grey.point(lambda level: level % 128 * 2)
    yield "1.png", encoded(image.convert("1"), "PNG"), "vector"
    yield "L.png", encoded(grey, "PNG"), "vector"
    yield "LA.png", encoded(Image.merge("LA", (grey, alpha)), "PNG"), "vector"
    yield "P.png", encoded(image.convert("P"), "PNG"), "vector"
    shades = bytes(range(255, -1, -1))
    yield "P-shades.png", encoded(image.convert("P"), "PNG", transparency=shades), "vector"
    yield "P-one-clear.png", encoded(image.convert("P"), "PNG", transparency=3), "vector"
    yield "L-one-clear.png", encoded(grey, "PNG", transparency=7), "vector"
    yield "RGB-one-clear.png", encoded(image, "PNG", transparency=image.getpixel((3, 3))), "vector"
    yield "all-clear.png", encoded(Image.new("RGBA", (30, 20), (200, 0, 0, 0)), "PNG"), "vector"
    yield "RGBA.webp", encoded(Image.merge("RGBA", (*image.split(), alpha)), "WEBP", lossless=True), "vector"
    yield "clear.gif", encoded(image.convert("P"), "GIF", transparency=0), "vector"
    wide = np.asarray(grey).astype(np.uint16) * 257
    yield "I16.png", encoded(Image.fromarray(wide), "PNG"), "vector"
    yield "rle.bmp", rle_bmp(), "vector"
    yield "interlaced.gif", encoded(grey, "GIF", interlace=1), "vector"
    # what only TIFF can hold
    nan = np.asarray(grey).astype(np.float32)
    nan[3, 3] = np.nan
    for name, odd in {
        "I": Image.fromarray(wide.astype(np.int32)),
        "I16B": Image.frombytes("I;16B", grey.size, wide.astype(">u2").tobytes()),
        "F": grey.convert("F"),
        "F-nan": Image.fromarray(nan),
        "LAB": image.convert("LAB"),
        "CMYK": image.convert("CMYK"),
    }.items():
        yield f"{name}.tif", encoded(odd, "TIFF"), "not-finite" if name == "F-nan" else "vector"


def _jpegs() -> Iterator[Case]:
    image = picture(3)
    plain = encoded(image, "JPEG", quality=95)
    frame = plain.index(b"\xff\xc0")
    yield "progressive.jpg", encoded(image, "JPEG", progressive=True), "vector"
    yield "cmyk-adobe.jpg", adobe_jpeg(0, image), "vector"
    yield "cmyk-plain.jpg", adobe_jpeg(None, image), "vector"
    yield "ycck.jpg", adobe_jpeg(2, image), "vector"
    yield "12-bit.jpg", plain[: frame + 4] + b"\x0c" + plain[frame + 5 :], "damaged"
    # Read as arithmetic code, the same bits are another picture: builds with libjpeg-turbo make one.
    arithmetic = "vector" if features.check("libjpeg_turbo") else "damaged"
    yield "arithmetic.jpg", plain[: frame + 1] + b"\xc9" + plain[frame + 2 :], arithmetic
    # Without Huffman tables the usual ones are taken, as frames of motion JPEG need it.
    yield "no-tables.jpg", plain[:frame] + plain[frame:].replace(b"\xff\xc4", b"\xff\xec"), "vector"
    yield "end-marker-missing.jpg", plain[:-2], "truncated"
    yield "seven-channels.jpg", plain[: frame + 9] + b"\x07" + plain[frame + 10 :], "damaged"


def _metadata() -> Iterator[Case]:
    image = picture(4)
    for orientation in (*range(10), 65535):
        yield f"exif-{orientation}.jpg", encoded(image, "JPEG", exif=exif(orientation)), "vector"
    yield "exif-wrong-type.jpg", encoded(image, "JPEG", exif=exif(6, kind=2)), "vector"
    yield "exif-long.jpg", encoded(image, "JPEG", exif=exif(6, kind=4)), "vector"
    yield "exif-loop.jpg", encoded(image, "JPEG", exif=exif(6, following=8)), "vector"
    yield "exif-garbage.jpg", encoded(image, "JPEG", exif=b"Exif\x00\x00" + bytes(range(200))), "vector"
    yield "exif-cut.jpg", encoded(image, "JPEG", exif=exif(6)[:14]), "vector"
    many = (
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff"
        + b"\x12\x01\x05\x00\xff\xff\xff\xff\xff\xff\xff\xff" * 900
    )
    yield "exif-many.jpg", encoded(image, "JPEG", exif=many), "vector"
    yield "exif.png", encoded(image, "PNG", exif=exif(6)), "vector"
    yield "exif.webp", encoded(image, "WEBP", exif=exif(6), lossless=True), "vector"
    yield "icc-garbage.jpg", encoded(image, "JPEG", icc_profile=b"no profile" * 9), "vector"
    yield "icc-garbage.png", encoded(image, "PNG", icc_profile=b"no profile" * 9), "vector"
    yield "icc-not-packed.png", png(2, 2, 8, 0, bytes(6), png_chunk(b"iCCP", b"x\x00\x00abc")), "vector"


def _bombs() -> Iterator[Case]:
    packed = zlib.compress(bytes(64 * 2**20), 9)
    yield "text-bomb.png", png(2, 2, 8, 0, bytes(6), png_chunk(b"zTXt", b"k\x00\x00" + packed)), "text-bomb"
    yield (
        "profile-bomb.png",
        png(2, 2, 8, 0, bytes(6), png_chunk(b"iCCP", b"k\x00\x00" + packed)),
        "text-bomb",
    )
    yield "many-scans.jpg", many_scans(600), "too-many-parts"
    yield "some-scans.jpg", many_scans(20), "vector"


def _frames() -> Iterator[Case]:
    frames = [picture(seed) for seed in range(3)]
    yield "10000-frames.gif", gif_frames(10_000), "vector"
    for fmt, name in (("PNG", "animated.png"), ("WEBP", "animated.webp"), ("GIF", "animated.gif")):
        yield name, encoded(frames[0], fmt, save_all=True, append_images=frames[1:]), "vector"
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    yield "second-frame-cut.gif", data[: len(data) * 2 // 3], "vector"


def _other_kinds() -> Iterator[Case]:
    yield "a-png.jpg", encoded(picture(5), "PNG"), "vector"
    yield "a-jpeg.png", encoded(picture(6), "JPEG"), "vector"
    other = {
        "html": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "zip": b"PK\x03\x04" + bytes(60),
        "pdf": b"%PDF-1.7\n" + bytes(60),
        "svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
        "elf": b"\x7fELF\x02\x01\x01" + bytes(60),
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        "psd": b"8BPS\x00\x01" + bytes(60),
        "fits": b"SIMPLE  =                    T" + bytes(60),
    }
    for name, data in other.items():
        yield f"{name}.jpg", data, "format-refused"
    yield "avif.jpg", b"\x00\x00\x00\x20ftypavif" + bytes(60), "damaged"
    yield ".DS_Store", b"\x00\x00\x00\x01Bud1" + bytes(60), "format-refused"
    yield "Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60), "format-refused"
    yield "text.jpg", b"BMW is no bitmap, and this is no picture.", "not-an-image"
    yield "zeros.jpg", bytes(5000), "not-an-image"
    yield "noise.jpg", np.random.default_rng(1).bytes(5000), "not-an-image"
