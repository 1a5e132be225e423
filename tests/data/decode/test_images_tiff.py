"""A TIFF gives the pixels of a PNG that shows the same, or is refused: what Pillow alone gets wrong of it."""

from __future__ import annotations

import numpy as np
import pytest
from picture_bytes import encoded, picture, tiff
from PIL import Image

from styleid import DecodePolicy
from styleid.data.decode.images import decode
from styleid.errors import ImageError

POLICY = DecodePolicy()
COLOUR = np.asarray(picture(5, 96, 64))
GREY = COLOUR[..., 0]
WIDE = GREY.astype(np.uint16) * 257


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(decode(data, POLICY).image)


def refusal(data: bytes) -> ImageError:
    with pytest.raises(ImageError, match=r"\A[^\n]+\Z") as caught:
        decode(data, POLICY)
    return caught.value


def twelve_bits() -> np.ndarray:
    wide = (GREY.astype(np.uint16) << 4).reshape(len(GREY), -1, 2)
    low, high = wide[..., 0], wide[..., 1]
    return np.stack([low >> 4, (low & 15) << 4 | high >> 8, high & 255], 2).astype(np.uint8).reshape(64, -1)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("numbers", "tags"),
    [
        (GREY, {}),
        (255 - GREY, {"photometric": 0}),
        (WIDE, {}),
        (65535 - WIDE, {"photometric": 0}),
        (WIDE.astype(np.int32), {}),
        ((GREY / 255).astype(np.float32), {}),
        ((1 - GREY / 255).astype(np.float32), {"photometric": 0}),
        (GREY.astype(np.float32), {}),
        (GREY.astype(np.uint32) << 8, {}),
        (twelve_bits(), {"bits": 12, "width": 96}),
    ],
)
def test_grey_of_any_kind_of_number(numbers: np.ndarray, tags: dict, order: str, packed: bool) -> None:
    data = tiff(numbers, order=order, packed=packed, **tags)
    rare = numbers.dtype == np.uint32 or "bits" in tags or (numbers.dtype == np.uint16 and tags)
    if order == ">" and rare:  # kinds that Pillow knows in the other order only
        assert "unknown pixel mode; fetch it again, convert it or" in str(refusal(data))
    else:
        np.testing.assert_array_equal(pixels(data), np.stack([GREY] * 3, 2))


def test_large_unsigned_numbers_are_not_negative() -> None:
    numbers = GREY.astype(np.uint32) * 0x01010101
    stretched = (GREY.astype(float) - GREY.min()) * 255 / np.ptp(GREY)
    assert np.abs(pixels(tiff(numbers))[..., 0] - stretched).max() <= 1


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
def test_signed_numbers_of_sixteen_bits(order: str, packed: bool) -> None:
    numbers = GREY.astype(np.int16) * 100
    expected = decode(encoded(Image.fromarray(numbers.astype(np.int32)), "TIFF"), POLICY)
    np.testing.assert_array_equal(
        pixels(tiff(numbers, order=order, packed=packed)), np.asarray(expected.image)
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("factor", [1, 257])
def test_planes(order: str, packed: bool, factor: int) -> None:
    planes = np.ascontiguousarray(COLOUR.transpose(2, 0, 1)).astype(np.uint8 if factor == 1 else np.uint16)
    data = tiff(planes * planes.dtype.type(factor), order=order, packed=packed)
    np.testing.assert_array_equal(pixels(data), COLOUR)
    assert decode(data, POLICY).flags == (("16-bit-scaled",) if factor > 1 else ())


def test_transparency_that_is_multiplied_in() -> None:
    alpha = np.asarray(Image.linear_gradient("L").resize((96, 64)))
    plain = Image.fromarray(np.dstack([COLOUR, alpha]))
    reference = pixels(encoded(plain, "PNG")).astype(int)
    multiplied = np.rint(COLOUR * (alpha[..., None] / 255)).astype(np.uint8)
    planes = np.dstack([multiplied, alpha]).transpose(2, 0, 1)
    premultiplied = pixels(tiff(planes, packed=True, photometric=2, extra=1))
    assert np.abs(premultiplied - reference).max() <= 2
    np.testing.assert_array_equal(pixels(encoded(plain, "TIFF")), reference)


@pytest.mark.parametrize("tags", [{"dng": 1}, {"subfile": 1, "subdirectories": 8}])
def test_the_preview_of_a_raw_file_is_not_taken_for_the_picture(tags: dict) -> None:
    error = refusal(tiff(GREY, **tags))
    assert (error.code, "camera's raw file; develop it" in str(error)) == ("format-refused", True)
    assert pixels(tiff(GREY, subfile=1)).shape == (64, 96, 3), "a small version by itself is one"


def test_a_cr2_is_known_by_its_first_bytes() -> None:
    assert "camera raw (CR2)" in str(refusal(b"II*\0\x10\0\0\0CR\x02\0" + bytes(100)))


def test_signed_bytes_are_refused() -> None:
    assert "found signed ones" in str(refusal(tiff((GREY // 2).astype(np.int8))))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_one_that_ends_too_early_says_so(packed: bool, share: float) -> None:
    data = encoded(Image.fromarray(GREY), "TIFF", compression="tiff_lzw" if packed else None)
    assert refusal(data[: int(len(data) * share)]).code == "truncated"


@pytest.mark.parametrize("side", [2**31 - 1, 100_000])
def test_sides_are_believed_only_so_far(side: int) -> None:
    assert refusal(tiff(GREY, width=side, height=side)).code == "too-many-pixels"


def test_thousands_of_pages_cost_no_more_than_one(tmp_path) -> None:
    pages = [Image.fromarray(GREY)] + [Image.new("L", (2, 2))] * 3000
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    decoded = decode(data, POLICY)
    assert decoded.flags == ("animated",)
    np.testing.assert_array_equal(np.asarray(decoded.image)[..., 0], GREY)


def test_a_child_that_is_there_already_decodes_by_the_policy_asked_for() -> None:
    data = tiff(GREY)
    for policy, refused in ((POLICY, False), (DecodePolicy(max_pixels=100), True), (POLICY, False)):
        if refused:
            with pytest.raises(ImageError, match="pixels") as caught:
                decode(data, policy)
            assert caught.value.code == "too-many-pixels"
        else:
            assert decode(data, policy).image.size == (96, 64)
