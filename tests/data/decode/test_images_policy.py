from __future__ import annotations

import pytest
from PIL import features

from styleid import DecodePolicy
from styleid.data.decode.policy import parse_formats
from styleid.data.decode.sniff import sniff
from styleid.errors import InputError, MissingExtraError

POLICY = DecodePolicy()


def test_identity_holds_what_moves_pixels_and_nothing_else() -> None:
    assert POLICY.identity() == {"version": 1, "allow_truncated": False}
    tolerant = DecodePolicy(formats=("TIFF",), allow_truncated=True, max_bytes=1, max_pixels=1, min_side=9)
    assert tolerant.identity() == {"version": 1, "allow_truncated": True}


def test_key_tells_apart_whatever_decides_a_refusal() -> None:
    others = [
        DecodePolicy(formats=(*POLICY.formats, "HEIF")),
        DecodePolicy(allow_truncated=True),
        DecodePolicy(max_bytes=1000),
        DecodePolicy(max_pixels=1000),
        DecodePolicy(min_side=3),
    ]
    assert len({policy.key() for policy in (POLICY, *others)}) == 6
    assert DecodePolicy(formats=tuple(reversed(POLICY.formats))).key() == POLICY.key()
    assert len(POLICY.key()) < 80


def test_default_limits_are_the_policys() -> None:
    assert (POLICY.max_bytes, POLICY.max_pixels, POLICY.min_side) == (256_000_000, 178_000_000, 2)
    assert POLICY.formats == ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": 2}, "version 2 is not known"),
        ({"formats": ("JPEG", "PDF")}, "PDF is never decoded"),
        ({"formats": ("jpeg",)}, "there is no picture format 'jpeg'"),
        ({"max_pixels": 0}, "max_pixels expects a whole number of at least 1, found 0"),
        ({"min_side": "2"}, "min_side expects a whole number, found '2'"),
    ],
)
def test_policies_that_make_no_sense(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        DecodePolicy(**options)  # type: ignore[arg-type]


def test_formats_are_added_or_replaced() -> None:
    assert parse_formats("+tiff") == POLICY.formats
    assert parse_formats(" png, JPG ,png") == ("JPEG", "PNG")
    assert parse_formats("jpeg,tif") == ("JPEG", "TIFF")


@pytest.mark.parametrize("name", ["eps", "ps", "pdf", "svg", "fits", "psd"])
def test_formats_never_decoded(name: str) -> None:
    with pytest.raises(InputError, match=f"{name.upper()} is never decoded.*convert such pictures"):
        parse_formats(f"+{name}")


def test_unknown_formats_list_the_known_ones() -> None:
    with pytest.raises(InputError, match="'XCF'; choose from: JPEG, PNG, WEBP, GIF, BMP, TIFF, AVIF, HEIF"):
        parse_formats("+xcf")
    with pytest.raises(InputError, match="no format named"):
        parse_formats("+")


def test_optional_formats_need_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styleid.data.decode.policy.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"styleid\[heif\]"):
        parse_formats("+heic")
    monkeypatch.setattr(features, "check", lambda name: False)
    with pytest.raises(InputError, match="built without AVIF"):
        parse_formats("+avif")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\xef\xbb\xbf \n<!doctype HTML>", "HTML"),
        (b"<?xml version='1.0'?><!-- x --><svg>", "SVG"),
        (b"<?xml version='1.0'?><rss>", "XML"),
        (b"RIFF\0\0\0\0WAVE", "WAV"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0avifmif1", "AVIF"),
        (b"\0\0\0\x1cftypisom\0\0\0\0", "MP4 or its kin"),
        (b"BM" + bytes(12) + b"\x28\0\0\0", "BMP"),
        (b"BMW and others, said the man", None),
        (b"", None),
    ],
)
def test_sniff(data: bytes, name: str | None) -> None:
    assert sniff(data) == name
