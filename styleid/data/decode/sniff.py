"""Tell what a file is from its first bytes; its name is not looked at."""

from __future__ import annotations

#: Bytes that are looked at.
SNIFFED = 1024

#: What a file of each kind begins with; a beginning that is part of another's stands behind it.
_STARTS: dict[str, tuple[bytes, ...]] = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "camera raw (CR2)": (b"II*\x00\x10\x00\x00\x00CR",),
    "TIFF": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    "PSD": (b"8BPS",),
    "PDF": (b"%PDF",),
    "PostScript": (b"%!PS",),
    "EPS": (b"\xc5\xd0\xd3\xc6",),
    "FITS": (b"SIMPLE  =",),
    "ZIP": (b"PK\x03\x04", b"PK\x05\x06"),
    "gzip": (b"\x1f\x8b",),
    "7z": (b"7z\xbc\xaf\x27\x1c",),
    "RAR": (b"Rar!\x1a\x07",),
    "ELF program": (b"\x7fELF",),
    "Windows program": (b"MZ",),
    "script": (b"#!",),
    "OLE (such as Thumbs.db)": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
    ".DS_Store": (b"\x00\x00\x00\x01Bud1",),
    "ICO": (b"\x00\x00\x01\x00",),
    "CUR": (b"\x00\x00\x02\x00",),
    "JPEG 2000": (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
    "JPEG XL": (b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n"),
    "XCF": (b"gimp xcf",),
    "DDS": (b"DDS ",),
    "QOI": (b"qoif",),
    "Matroska or WebM": (b"\x1aE\xdf\xa3",),
}

_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)

# Brands of the "ftyp" box of ISO base media files.
_BRANDS = dict.fromkeys((b"avif", b"avis"), "AVIF") | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "HEIF"
)


def sniff(data: bytes) -> str | None:
    """Name what the bytes of a file are; its first `SNIFFED` bytes are enough.

    A format that may be decoded has Pillow's name (``JPEG``), any other that is recognised a plain one.
    """
    if data[:4] == b"RIFF":
        return {b"WEBP": "WEBP", b"WAVE": "WAV", b"AVI ": "AVI"}.get(data[8:12], "RIFF")
    if data[4:8] == b"ftyp":
        return _media(data)
    for name, starts in _STARTS.items():
        if data.startswith(starts):
            return name
    # Two letters alone prove little: "BMW" is no picture. Every version's header tells its own size.
    if data.startswith(b"BM") and (len(data) < 18 or int.from_bytes(data[14:18], "little") in _BMP_HEADERS):
        return "BMP"
    return _text(data)


def _media(data: bytes) -> str:
    brand = data[8:12]
    if brand in (b"mif1", b"msf1"):  # a container of either; the compatible brands tell
        length = min(int.from_bytes(data[:4], "big"), SNIFFED)
        brands = {data[i : i + 4] for i in range(16, length, 4)}
        brand = next((b for b in _BRANDS if b in brands), brand)
    return _BRANDS.get(brand, "MP4 or its kin")


def _text(data: bytes) -> str | None:
    text = data[:SNIFFED].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"<svg" in text and text.startswith(b"<"):
        return "SVG"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or (
        text.startswith(b"<") and b"<html" in text
    ):
        return "HTML"
    if text.startswith(b"<?xml"):
        return "XML"
    if text.startswith((b"{", b"[{")) and b'"' in text:
        return "JSON"
    return None
