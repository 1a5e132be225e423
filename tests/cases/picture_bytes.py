"""Small pictures, and pictures and parts of files written byte by byte."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image


def picture(seed: int = 0, width: int = 40, height: int = 24) -> Image.Image:
    """Draw a picture that no turn or mirroring leaves as it is."""
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(seed).integers(0, 40, (height, width))
    channels = [x * 200 // width + noise, y * 200 // height + noise, (x + 2 * y + 20 * seed) % 256]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


def encoded(image: Image.Image, fmt: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, fmt, **options)
    return buffer.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width: int, height: int, depth: int, colour: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + png_chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    )


def png(width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    """Write a PNG by hand; `rows` with the filter byte before each, `extra` chunks before the pixels."""
    data = png_chunk(b"IDAT", zlib.compress(rows))
    return png_header(width, height, depth, colour) + extra + data + png_chunk(b"IEND", b"")


def exif(orientation: int, kind: int = 3, order: str = "<", following: int = 0) -> bytes:
    """Write an EXIF block of one entry, the orientation."""
    head = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(order + "L", 8)
    value = struct.pack(
        order + ("HH" if kind == 3 else "L"), *((orientation, 0) if kind == 3 else (orientation,))
    )
    entry = struct.pack(order + "HHL", 0x0112, kind, 1) + value
    return b"Exif\x00\x00" + head + struct.pack(order + "H", 1) + entry + struct.pack(order + "L", following)


def adobe_jpeg(transform: int | None, image: Image.Image) -> bytes:
    """Write a CMYK JPEG whose Adobe segment has `transform`, or has none at all."""
    data = encoded(image.convert("CMYK"), "JPEG")
    at = data.index(b"Adobe")
    if transform is None:
        return data[: at - 4] + data[at + 12 :]
    return data[: at + 11] + bytes([transform]) + data[at + 12 :]


def many_scans(count: int) -> bytes:
    """Repeat a progressive JPEG's refinement of one channel."""
    data = encoded(picture(), "JPEG", progressive=True)
    start = data.index(b"\xff\xda\x00\x08")
    end = next(i for i in range(start + 10, len(data)) if data[i] == 0xFF and data[i + 1] != 0)
    return data[:-2] + data[start:end] * count + data[-2:]


def gif_frames(count: int) -> bytes:
    """Write a GIF whose one frame comes `count` times."""
    data = encoded(picture().convert("P"), "GIF")
    head = 13 + 3 * (2 << (data[10] & 7))
    return data[:head] + data[head:-1] * count + b";"


def rle_bmp(width: int = 20, height: int = 10) -> bytes:
    """Write a run-length BMP of one colour a row."""
    rows = b"".join(bytes([width, 3 * row, 0, 0]) for row in range(height)) + b"\x00\x01"
    palette = b"".join(bytes([i, 255 - i, i // 2, 0]) for i in range(256))
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(rows), 0, 0, 256, 0)
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + info + palette + rows


def tiff(pixels: np.ndarray, *, order: str = "<", packed: bool = False, **tags: object) -> bytes:
    """Write a TIFF by hand: (h, w), or (planes, h, w), of any number type, or bytes in rows already.

    `tags` are fields by name that are not as the pixels say; `packed` has each plane packed by zlib.
    """
    planes = pixels if pixels.ndim == 3 else pixels[None]
    numbers = {
        "subfile": (254, 0),
        "width": (256, planes.shape[2]),
        "height": (257, planes.shape[1]),
        "bits": (258, [8 * pixels.dtype.itemsize] * len(planes)),
        "compression": (259, 8 if packed else 1),
        "photometric": (262, 2 if len(planes) > 2 else 1),
        "orientation": (274, 1),
        "samples": (277, len(planes)),
        "planar": (284, 2 if len(planes) > 1 else 1),
        "subdirectories": (330, None),
        "extra": (338, None),
        "format": (339, {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]),
        "dng": (50706, None),
    }
    fields = {number: tags.pop(name, value) for name, (number, value) in numbers.items()}
    assert not tags
    raw = [plane.astype(plane.dtype.newbyteorder(order)).tobytes() for plane in planes]
    strips = [zlib.compress(strip) if packed else strip for strip in raw]
    starts = [8 + sum(map(len, strips[:i])) for i in range(len(strips))]
    fields |= {273: starts, 279: [len(strip) for strip in strips]}
    data = (b"II*\0" if order == "<" else b"MM\0*") + bytes(4) + b"".join(strips)
    entries = b""
    for number, value in sorted(fields.items()):
        if value is not None:
            values = value if isinstance(value, list) else [value]
            written = struct.pack(f"{order}{len(values)}L", *values)
            if len(written) > 4:
                written, data = struct.pack(order + "L", len(data)), data + written
            entries += struct.pack(order + "HHL", number, 4, len(values)) + written
    place = struct.pack(order + "L", len(data))
    listed = struct.pack(order + "H", len(entries) // 12) + entries + bytes(4)
    return data[:4] + place + data[8:] + listed
