"""Whatever the bytes are: a picture in RGB, or an `ImageError` with a listed code."""

from __future__ import annotations

import functools

from hypothesis import given, settings
from hypothesis import strategies as st
from picture_bytes import encoded, exif, picture

from styleid import DecodePolicy
from styleid.data.decode.images import decode
from styleid.data.decode.pixels import exif_orientation
from styleid.data.decode.policy import CODES
from styleid.data.decode.sniff import sniff
from styleid.errors import ImageError

STRICT = DecodePolicy(max_pixels=1_000_000)
TOLERANT = DecodePolicy(
    formats=(*STRICT.formats, "TIFF", "AVIF"), max_pixels=1_000_000, allow_truncated=True, min_side=1
)


@functools.cache
def sound_files() -> tuple[bytes, ...]:
    image = picture(width=24, height=18)
    alpha = image.copy()
    alpha.putalpha(image.getchannel("R"))
    files = [encoded(image, fmt, exif=exif(6)) for fmt in ("JPEG", "PNG", "WEBP", "TIFF")]
    files += [encoded(image, fmt) for fmt in ("GIF", "BMP")]
    files += [encoded(alpha, fmt) for fmt in ("PNG", "WEBP")]
    files += [
        encoded(image, "JPEG", progressive=True, icc_profile=b"profile" * 40),
        encoded(image.convert("CMYK"), "JPEG"),
        encoded(image.convert("P"), "PNG", transparency=bytes(range(200))),
        encoded(image.convert("1"), "PNG"),
        encoded(image, "PNG", save_all=True, append_images=[picture(1, 24, 18)]),
        encoded(image, "GIF", save_all=True, append_images=[picture(1, 24, 18)]),
        encoded(image, "TIFF", compression="tiff_lzw"),
    ]
    return tuple(files)


def survives(data: bytes) -> None:
    for policy in (STRICT, TOLERANT):
        try:
            decoded = decode(data, policy)
        except ImageError as error:
            sound = error.code in CODES and error.message != ""
        else:
            image = decoded.image
            sound = image.mode == "RGB" and len(image.tobytes()) == 3 * image.width * image.height
        assert sound


STARTS = [
    b"",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"II*\0\x08\0\0\0",
]


@settings(deadline=None, max_examples=200)
@given(st.sampled_from([*STARTS, b"BM" + bytes(12) + b"\x28\0\0\0"]), st.binary(max_size=300))
def test_random_bytes(start: bytes, rest: bytes) -> None:
    survives(start + rest)


@settings(deadline=None, max_examples=200)
@given(
    st.integers(0, 14),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=5),
    st.floats(0.3, 1),
    st.booleans(),
)
def test_changed_bytes(which: int, changes: list[tuple[float, bytes]], keep: float, insert: bool) -> None:
    data = bytearray(sound_files()[which])
    for place, new in changes:
        at = int(place * (len(data) - 1))
        data[at : at if insert else at + len(new)] = new
    survives(bytes(data[: max(1, int(len(data) * keep))]))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 14), st.integers(0, 120), st.integers(0, 255))
def test_every_header_byte(which: int, at: int, value: int) -> None:
    data = bytearray(sound_files()[which])
    data[at % len(data)] = value
    survives(bytes(data))


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=80), st.integers(0, 40), st.integers(0, 255))
def test_exif_never_raises(noise: bytes, at: int, value: int) -> None:
    block = bytearray(exif(8))
    block[at % len(block)] = value
    for candidate in (noise, b"II*\0" + noise, b"MM\0*" + noise, bytes(block), bytes(block) + noise):
        assert 1 <= exif_orientation(candidate) <= 8


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60))
def test_sniffing_needs_no_more_than_the_start(data: bytes) -> None:
    assert sniff(data + bytes(2000)) == sniff((data + bytes(2000))[:1024])
