from __future__ import annotations

import io
import re
import struct
import sys
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hostile_bytes import hostile_bytes
from picture_bytes import encoded, exif, picture, png, png_chunk, rle_bmp
from PIL import Image, ImageFile, features

import styleid.data.decode.images as images
from styleid import DecodePolicy
from styleid.data.decode.images import decode
from styleid.data.decode.policy import CODES, PASSING_CODES, parse_formats
from styleid.errors import ImageError, InputError

POLICY = DecodePolicy()


def code_of(data: bytes, policy: DecodePolicy = POLICY) -> str:
    with pytest.raises(ImageError, match=r"\A[^\n]+\Z") as caught:  # in one line
        decode(data, policy)
    return caught.value.code


def test_every_code_raised_is_listed() -> None:
    policy = Path(images.__file__).with_name("policy.py")
    folder = policy.parents[1]  # all that reads pictures, views too
    source = "".join(path.read_text() for path in folder.rglob("*.py") if path != policy)
    source += policy.read_text().split("def failure")[1]
    raised = set(re.findall(r'(?:ImageError|_cannot)\(\s*(?:path, )?"([a-z-]+)"', source))
    raised |= set(re.findall(r'errno\.\w+: "([a-z-]+)"', source)) | {"unreadable"}
    assert raised == set(CODES)
    assert set(CODES) > PASSING_CODES


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_every_default_format_gives_pillows_own_pixels(fmt: str) -> None:
    data = encoded(picture(), fmt)
    with Image.open(io.BytesIO(data)) as image:
        expected = image.convert("RGB")
    decoded = decode(data, POLICY)
    assert decoded.flags == ()
    assert decoded.image.mode == "RGB"
    assert decoded.image.tobytes() == expected.tobytes()


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_is_decoded_and_can_be_refused() -> None:
    data = encoded(picture(), "AVIF", quality=90)
    assert code_of(data, DecodePolicy(formats=parse_formats("jpeg,png"))) == "format-refused"
    assert decode(data, POLICY).image.size == picture().size


def test_heif_needs_a_word_and_then_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\0\0\0\x18ftypheic" + bytes(40)
    with pytest.raises(ImageError, match=r"found HEIF; `styleid embed --formats \+heif` reads it") as caught:
        decode(data, POLICY)
    assert caught.value.code == "format-refused"
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match=r'not installed here; pip install "styleid\[heif\]"') as caught:
        decode(data, DecodePolicy(formats=("HEIF",)))
    assert caught.value.code in PASSING_CODES, "tried again once it is installed"


def test_a_cut_file_is_told_with_what_would_use_it() -> None:
    with pytest.raises(ImageError, match="fetch it again .* use it .*: `styleid embed --allow-truncated`"):
        decode(encoded(picture(), "JPEG")[:400], POLICY)
    with pytest.raises(ImageError, match=r"ends too early .*; fetch it again or leave it out\Z"):
        decode(encoded(picture(), "WEBP")[:400], POLICY)  # nothing of it could be used


def test_refusals_name_what_was_found() -> None:
    with pytest.raises(ImageError, match=r"expected a picture \(JPEG, PNG, .*\), found HTML") as caught:
        decode(b"<html>", POLICY)
    assert caught.value.facts["found"] == "HTML"


def test_limits_are_exact() -> None:
    data = encoded(picture(width=40, height=24), "PNG")
    assert decode(data, DecodePolicy(max_pixels=960, max_bytes=len(data), min_side=24)).image.size == (40, 24)
    assert code_of(data, DecodePolicy(max_pixels=959)) == "too-many-pixels"
    assert code_of(data, DecodePolicy(max_bytes=len(data) - 1)) == "too-large-file"
    assert code_of(data, DecodePolicy(min_side=25)) == "too-small"


def test_limits_of_the_host_program_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert decode(encoded(picture(), "PNG"), POLICY).image.size == (40, 24)


def test_run_length_bitmaps_have_a_limit_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decode(rle_bmp(20, 10), POLICY).image.getpixel((3, 9)) == (0, 255, 0)
    monkeypatch.setattr(images, "MAX_SLOW_PIXELS", 199)
    assert code_of(rle_bmp(20, 10)) == "too-many-pixels"
    assert decode(encoded(picture(), "BMP"), POLICY).image.size == (40, 24)


def test_files_of_countless_parts_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styleid.data.decode.pillow.MAX_READS", 300)
    assert code_of(b"\xff\xd8" + b"\xff" * 5000) == "too-many-parts"
    assert (
        code_of(png(2, 2, 8, 0, bytes(6), b"\0\0\0\0abCd\xd2\x17\xed\x97" * 500)) == "damaged"
    )  # sum is wrong
    assert decode(encoded(picture(), "PNG"), POLICY).image.size == (40, 24)


def test_nothing_stays_that_could_be_applied_again() -> None:
    for fmt in ("JPEG", "PNG", "WEBP"):
        for orientation in (1, 6):
            data = encoded(picture(), fmt, exif=exif(orientation), icc_profile=b"x" * 200)
            decoded = decode(data, POLICY)
            assert type(decoded.image) is Image.Image
            assert decoded.image.info == {}
            assert dict(decoded.image.getexif()) == {}
            assert "icc-ignored" in decoded.flags


def test_warnings_neither_show_nor_count(recwarn: pytest.WarningsRecorder) -> None:
    noisy = [hostile_bytes()[name][0] for name in ("exif-many.jpg", "P-shades.png", "animated.png")]
    noisy.append(png(2, 2, 8, 0, bytes(6), png_chunk(b"acTL", bytes(8))))
    for action in ("error", "always"):
        with warnings.catch_warnings():
            warnings.simplefilter(action)  # type: ignore[arg-type]
            for data in noisy:
                assert decode(data, POLICY).image.mode == "RGB"
    assert not recwarn.list


def test_a_filter_put_back_in_mid_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real = images._pixels

    def disturbed(*arguments: object) -> images.Decoded:
        calls.append(1)
        if len(calls) == 1:
            raise UserWarning("as an error")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(images, "_pixels", disturbed)
    assert decode(encoded(picture(), "PNG"), POLICY).image.tobytes() == picture().tobytes()
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError("broken data stream"), "damaged"),
        (SyntaxError("not a PNG file\nat all"), "damaged"),
        (ValueError(), "damaged"),
        (EOFError(), "damaged"),
        (IndexError("index out of range"), "damaged"),
        (KeyError("FOO"), "damaged"),
        (TypeError(), "damaged"),
        (AttributeError(), "damaged"),
        (AssertionError(), "damaged"),
        (RuntimeError(), "damaged"),
        (SystemError("tile cannot extend outside image"), "damaged"),
        (NotImplementedError(), "damaged"),
        (struct.error("unpack requires a buffer"), "damaged"),
        (zlib.error("Error -3"), "damaged"),
        (OverflowError(), "damaged"),
        (ZeroDivisionError(), "damaged"),
        (MemoryError(), "memory-limit"),
        (OSError("out of memory error when reading image file"), "memory-limit"),
        (Image.DecompressionBombError("Image size"), "too-many-pixels"),
    ],
)
def test_whatever_pillow_raises(monkeypatch: pytest.MonkeyPatch, error: Exception, code: str) -> None:
    def raising(name: str, source: object) -> None:
        raise error

    monkeypatch.setattr(images, "open_image", raising)
    assert code_of(encoded(picture(), "PNG")) == code


def test_faults_of_our_own_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(name: str, source: object) -> None:
        return undefined  # type: ignore[name-defined]  # noqa: F821

    monkeypatch.setattr(images, "open_image", faulty)
    with pytest.raises(NameError, match="undefined"):
        decode(encoded(picture(), "PNG"), POLICY)


def test_strict_stays_strict_whatever_the_host_program_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(InputError, match="LOAD_TRUNCATED_IMAGES is True in this process"):
        decode(encoded(picture(), "JPEG"), POLICY)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "GIF", "BMP"])
def test_truncated_where_it_is_allowed(fmt: str) -> None:
    whole = encoded(picture(width=160, height=120), fmt, interlace=0)
    cut = whole[: len(whole) * 6 // 10]
    tolerant = DecodePolicy(allow_truncated=True)
    assert code_of(cut) == "truncated"
    decoded = decode(cut, tolerant)
    assert "truncated" in decoded.flags
    # what is there is as it should be: BMP stores the last row first
    box = (0, 90, 160, 120) if fmt == "BMP" else (0, 0, 160, 30)
    assert decoded.image.crop(box).tobytes() == decode(whole, POLICY).image.crop(box).tobytes()
    assert decode(whole, tolerant).flags == decode(whole, POLICY).flags
    assert decode(whole, tolerant).image.tobytes() == decode(whole, POLICY).image.tobytes()
    assert code_of(whole[:12], tolerant) == "truncated"
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize("fmt", ["WEBP", "TIFF"])
def test_truncated_where_nothing_can_be_kept(fmt: str) -> None:
    whole = encoded(picture(width=160, height=120), fmt)
    tolerant = DecodePolicy(formats=(fmt,), allow_truncated=True)
    assert code_of(whole[: len(whole) * 6 // 10], tolerant) == "truncated"


def test_strict_and_tolerant_side_by_side() -> None:
    whole = encoded(picture(width=160, height=120), "JPEG")
    cut = whole[: len(whole) // 2]

    def outcome(number: int) -> str:
        try:
            return ",".join(decode(cut, DecodePolicy(allow_truncated=number % 2 == 1)).flags)
        except ImageError as error:
            return error.code + "!"

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(outcome, range(60))) == ["truncated!", "truncated"] * 30


def test_threads_do_not_disturb_each_other() -> None:
    files = [
        encoded(picture(seed), fmt) for seed in range(4) for fmt in ("JPEG", "PNG", "WEBP", "GIF", "BMP")
    ]
    alone = [decode(data, POLICY).image.tobytes() for data in files]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda data: decode(data, POLICY).image.tobytes(), files * 3))
    assert together == alone * 3


def test_large_pictures_come_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, lock = 0, 0, threading.Lock()
    real = images._pixels
    met = threading.Event()

    def counted(*arguments: object) -> images.Decoded:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            if inside > 1:
                met.set()
        met.wait(0.02)
        try:
            return real(*arguments)  # type: ignore[arg-type]
        finally:
            with lock:
                inside -= 1

    monkeypatch.setattr(images, "_pixels", counted)
    data = encoded(picture(), "PNG")
    for limit, expected in ((959, {1}), (960, {2, 3, 4})):
        most = 0
        monkeypatch.setattr(images, "LARGE_PIXELS", limit)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: decode(data, POLICY), range(8)))
        assert most in expected
