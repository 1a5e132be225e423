"""The rules of `styleid.data.decode.pixels` against oracles that do not use Pillow's conversions."""

from __future__ import annotations

import numpy as np
import pytest
from hostile_bytes import hostile_bytes
from numpy.typing import NDArray
from picture_bytes import adobe_jpeg, encoded, exif, picture, png, png_chunk
from PIL import Image

from styleid import DecodePolicy
from styleid.data.decode.images import decode
from styleid.data.decode.pixels import exif_orientation, scale_wide, to_rgb
from styleid.errors import ImageError

POLICY = DecodePolicy()
WITH_TIFF = DecodePolicy(formats=(*POLICY.formats, "TIFF"))


def array(data: bytes, policy: DecodePolicy = POLICY) -> NDArray[np.uint8]:
    return np.asarray(decode(data, policy).image)


def flags(data: bytes, policy: DecodePolicy = POLICY) -> tuple[str, ...]:
    return decode(data, policy).flags


def on_white(colour: NDArray[np.integer], alpha: NDArray[np.integer]) -> NDArray[np.uint8]:
    exact = (colour.astype(float) * alpha + 255.0 * (255 - alpha)) / 255
    return np.floor(exact + 0.5).astype(np.uint8)


def every_pair() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    colour, alpha = np.meshgrid(np.arange(256), np.arange(256))
    return colour.astype(np.uint8), alpha.astype(np.uint8)


def test_alpha_is_laid_on_white_for_every_colour_and_alpha() -> None:
    colour, alpha = every_pair()
    rgba = Image.fromarray(np.dstack([colour, 255 - colour, colour // 2, alpha]))
    expected = np.dstack([on_white(c, alpha) for c in (colour, 255 - colour, colour // 2)])
    for fmt, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True})):
        data = encoded(rgba, fmt, **options)
        np.testing.assert_array_equal(array(data), expected)
        assert flags(data) == ("alpha-on-white",)


def test_grey_with_alpha() -> None:
    colour, alpha = every_pair()
    image = Image.merge("LA", (Image.fromarray(colour), Image.fromarray(alpha)))
    np.testing.assert_array_equal(array(encoded(image, "PNG"))[..., 1], on_white(colour, alpha))


@pytest.mark.parametrize("mode", ["RGBa", "La", "PA"])
def test_modes_with_alpha_that_files_rarely_have(mode: str) -> None:
    clear = Image.new("RGBA", (5, 4), (0, 0, 0, 0))
    clear.putpixel((2, 1), (0, 0, 0, 255))
    image = clear.convert("LA").convert("La") if mode == "La" else clear.convert(mode)
    assert image.mode == mode
    rgb, noted = to_rgb(image)
    assert noted == ("alpha-on-white",)
    expected = np.full((4, 5, 3), 255)
    expected[1, 2] = 0
    np.testing.assert_array_equal(np.asarray(rgb), expected)


def test_opaque_alpha_is_not_flagged() -> None:
    image = picture()
    image.putalpha(255)
    data = encoded(image, "PNG")
    assert flags(data) == ()
    np.testing.assert_array_equal(array(data), np.asarray(picture()))


def test_palette_with_shades_of_transparency() -> None:
    index = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = Image.fromarray(index).convert("P")
    image.putpalette([value for i in range(256) for value in (i, 255 - i, 7)])
    shades = bytes((i * 5) % 256 for i in range(256))
    alpha = np.frombuffer(shades, np.uint8).reshape(16, 16)
    data = encoded(image, "PNG", transparency=shades)
    expected = np.dstack([on_white(c, alpha) for c in (index, 255 - index, np.full_like(index, 7))])
    np.testing.assert_array_equal(array(data), expected)
    assert flags(data) == ("alpha-on-white",)


def test_one_transparent_colour() -> None:
    image = Image.new("RGB", (6, 4), (10, 20, 30))
    image.putpixel((1, 2), (10, 20, 31))
    out = array(encoded(image, "PNG", transparency=(10, 20, 31)))
    assert out[2, 1].tolist() == [255, 255, 255]
    assert out[0, 0].tolist() == [10, 20, 30]
    out = array(encoded(image.convert("P"), "GIF", transparency=image.convert("P").getpixel((1, 2))))
    assert out[2, 1].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("depth", "row"), [(1, b"\x40"), (2, b"\x10"), (4, b"\x01"), (8, b"\x00\x01")])
def test_transparent_grey_of_every_depth(depth: int, row: bytes) -> None:
    # Two pixels a row, of values 0 and 1; value 1 is the transparent one.
    out = array(png(2, 2, depth, 0, (b"\x00" + row) * 2, png_chunk(b"tRNS", b"\x00\x01")))
    assert out[..., 0].tolist() == [[0, 255], [0, 255]]
    lit = {1: 255, 2: 85, 4: 17, 8: 1}[depth]
    out = array(png(2, 2, depth, 0, (b"\x00" + row) * 2, png_chunk(b"tRNS", b"\x00\x00")))
    assert out[..., 0].tolist() == [[255, lit], [255, lit]]


def test_transparent_colours_of_16_bit() -> None:
    grey = b"\x00\x12\x34\x12\x35"
    out = array(png(2, 2, 16, 0, b"\0" + grey[1:] + b"\0" + grey[1:], png_chunk(b"tRNS", b"\x12\x35")))
    assert out[0, :, 0].tolist() == [0x12, 255]
    colour = b"\x00" + b"\x80\x01\x00\x00\xff\xff" + b"\x40\x00\x00\x00\xff\xff"
    data = png(2, 2, 16, 2, colour * 2, png_chunk(b"tRNS", b"\x80\x01\x00\x00\xff\xff"))
    assert array(data)[0].tolist() == [[255, 255, 255], [0x40, 0, 255]]
    assert set(flags(data)) == {"16-bit-scaled", "alpha-on-white"}


def test_grey_of_16_bit_keeps_its_high_byte() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    data = encoded(Image.fromarray(values), "PNG")
    np.testing.assert_array_equal(array(data), np.dstack([values >> 8] * 3))
    assert flags(data) == ("16-bit-scaled",)
    eight = np.arange(256, dtype=np.uint16).reshape(16, 16)
    for widened in (eight * 257, eight << 8):
        out = array(encoded(Image.fromarray(widened), "PNG"))
        np.testing.assert_array_equal(out[..., 0], eight)


@pytest.mark.parametrize("colour_type", [2, 4, 6])
def test_colour_of_16_bit_does_the_same(colour_type: int) -> None:
    channels = {2: 3, 4: 2, 6: 4}[colour_type]
    values = np.random.default_rng(0).integers(0, 65536, (9, 7, channels))
    if colour_type in (4, 6):
        values[..., -1] = 65535
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    data = png(7, 9, 16, colour_type, rows)
    high = (values >> 8)[..., :3] if colour_type != 4 else np.repeat((values >> 8)[..., :1], 3, -1)
    np.testing.assert_array_equal(array(data), high)
    assert flags(data) == ("16-bit-scaled",)


def test_wide_tiffs() -> None:
    ramp = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    swapped = Image.frombytes("I;16B", (64, 64), ramp.astype(">u2").tobytes())
    np.testing.assert_array_equal(np.asarray(to_rgb(swapped)[0])[..., 2], ramp >> 8)
    for image in (swapped, Image.fromarray(ramp.astype(np.int32)), Image.fromarray(ramp.astype(np.float32))):
        data = encoded(image, "TIFF")
        np.testing.assert_array_equal(array(data, WITH_TIFF)[..., 0], ramp >> 8)
        assert flags(data, WITH_TIFF) == ("16-bit-scaled",)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0.0, 0.5], [0.25, 1.0]], [[0, 128], [64, 255]]),
        ([[0.0, 2.5], [3.5, 254.9]], [[0, 2], [4, 255]]),
        ([[0.0, 255.5], [256.0, 65535.0]], [[0, 0], [1, 255]]),
        ([[-1.0, 0.0], [1.0, 0.5]], [[0, 128], [255, 191]]),
        ([[0.0, 65536.0], [32768.0, 16384.0]], [[0, 255], [128, 64]]),
        ([[70000.0, 70000.0], [70000.0, 70000.0]], [[0, 0], [0, 0]]),
    ],
)
def test_floats_are_scaled_by_the_narrowest_range(
    values: list[list[float]], expected: list[list[int]]
) -> None:
    assert scale_wide(np.array(values, np.float32)).tolist() == expected


def test_integers_of_0_and_1_are_8_bit_values() -> None:
    assert scale_wide(np.array([[0, 1]], np.int32)).tolist() == [[0, 1]]
    assert scale_wide(np.array([[-(2**31), 2**31 - 1]], np.int32)).tolist() == [[0, 255]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none(bad: float) -> None:
    values = np.ones((8, 8), np.float32)
    values[7, 3] = bad
    with pytest.raises(ImageError, match="found NaN or infinity") as caught:
        decode(encoded(Image.fromarray(values), "TIFF"), WITH_TIFF)
    assert caught.value.code == "not-finite"


def test_cmyk_is_flagged_and_inverted_where_adobe_inverts() -> None:
    red = Image.new("RGB", (16, 16), (200, 0, 0))
    for data in (encoded(red.convert("CMYK"), "TIFF"), adobe_jpeg(0, red)):
        assert "cmyk" in flags(data, WITH_TIFF)
        assert np.abs(array(data, WITH_TIFF)[8, 8].astype(int) - [200, 0, 0]).max() < 5
    # the same bits as YCCK are another colour, without a marker they are taken as Adobe's
    assert flags(adobe_jpeg(2, red)) == ("cmyk",)
    assert not np.array_equal(array(adobe_jpeg(2, red)), array(adobe_jpeg(0, red)))
    np.testing.assert_array_equal(array(adobe_jpeg(None, red)), array(adobe_jpeg(0, red)))


def test_lab_is_flagged() -> None:
    data = encoded(picture().convert("LAB"), "TIFF")
    assert "lab" in flags(data, WITH_TIFF)
    assert np.abs(array(data, WITH_TIFF).astype(int) - np.asarray(picture())).mean() < 10


def test_icc_profiles_change_no_pixel() -> None:
    for fmt in ("JPEG", "PNG", "WEBP"):
        plain, with_profile = encoded(picture(), fmt), encoded(picture(), fmt, icc_profile=b"?" * 300)
        assert flags(with_profile) == ("icc-ignored",)
        np.testing.assert_array_equal(array(with_profile), array(plain))


#: What each orientation asks for, written as index arithmetic (EXIF 2.3, figure of 4.6.4).
TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: a.transpose(1, 0, 2)[:, ::-1],
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: a.transpose(1, 0, 2)[::-1],
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied_once(orientation: int, order: str) -> None:
    block = exif(orientation, order=order)
    for fmt in ("PNG", "WEBP", "JPEG"):
        stored = np.asarray(decode(encoded(picture(), fmt, lossless=True), POLICY).image)
        data = encoded(picture(), fmt, exif=block, lossless=True)
        np.testing.assert_array_equal(array(data), TURNS[orientation](stored))
        assert flags(data) == (("exif-orientation",) if orientation > 1 else ())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_tiff_is_pillows_and_not_applied_again(orientation: int) -> None:
    data = encoded(picture(), "TIFF", tiffinfo={0x0112: orientation})
    np.testing.assert_array_equal(array(data, WITH_TIFF), TURNS[orientation](np.asarray(picture())))


@pytest.mark.parametrize(
    "name",
    [
        *(f"exif-{value}.jpg" for value in (0, 1, 9, 65535)),
        *(f"exif-{word}.jpg" for word in ("wrong-type", "long", "garbage", "cut", "many")),
    ],
)
def test_broken_orientations_count_as_none(name: str) -> None:
    np.testing.assert_array_equal(array(hostile_bytes()[name][0]), array(encoded(picture(4), "JPEG")))


def test_a_loop_of_directories_is_read_once() -> None:
    upright = array(encoded(picture(4), "JPEG"))
    np.testing.assert_array_equal(array(hostile_bytes()["exif-loop.jpg"][0]), TURNS[6](upright))


@pytest.mark.parametrize(
    "block", [None, b"", b"Exif\0\0", "II*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\x05\0"]
)
def test_blocks_without_an_orientation(block: object) -> None:
    assert exif_orientation(block) == 1


def test_the_first_frame_is_taken() -> None:
    for name in ("animated.png", "animated.webp", "animated.gif", "10000-frames.gif"):
        data = hostile_bytes()[name][0]
        assert "animated" in flags(data)
        away = [np.abs(array(data).astype(int) - np.asarray(picture(seed))).mean() for seed in range(3)]
        assert int(np.argmin(away)) == 0
    np.testing.assert_array_equal(array(hostile_bytes()["animated.png"][0]), np.asarray(picture()))
    assert flags(encoded(picture().convert("P"), "GIF")) == ()
