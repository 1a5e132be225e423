"""The program of a child process of `styleid.data.decode.hostile.pool`: it decodes until its input ends.

Standard input and output carry, in little-endian numbers::

    child   R                                           ready
    parent  D <Q n> <n bytes>                           decode this
    parent  S <I side> <Q n> <n bytes>                  make a small copy of this
    child   L                                           a large picture: may I?
    parent  G                                           go
    child   P <I width> <I height> <I n> <n bytes JSON words> <3 * width * height bytes>
    child   E <I n> <n bytes JSON [code, message]>      an ImageError instead

The words are what stood in the file's header, width, height, mode and "exif" or nothing, and then the flags.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

from styleid.data.decode.images import Decoded, Gate, decode_gated
from styleid.data.decode.pillow import DECODE_ERRORS, preload
from styleid.data.decode.policy import DecodePolicy, lacking
from styleid.data.decode.sniff import sniff
from styleid.data.thumbnails import small_picture
from styleid.errors import ImageError

#: Pixels are sent this many bytes at a time: few enough to stay in the processor's cache on their way.
STRIP_BYTES = 2**20
#: Exit code of a child for which memory ran out outside of Pillow.
OUT_OF_MEMORY = 77


def main(options: str) -> None:
    """Serve until the input ends.

    `options` is JSON: ``policy`` (fields of `DecodePolicy`), ``memory_limit`` in bytes or null, and
    ``last_resort`` in seconds, after which a decode ends the process by itself, in case the parent is gone.
    """
    given = json.loads(options)
    fields = dict(given["policy"], formats=tuple(given["policy"]["formats"]))
    policy = DecodePolicy(**fields)
    requests, replies = _private_streams()
    preload(
        name for name in policy.formats if not lacking(name)
    )  # before the limit, which is meant for pictures
    _limit_memory(given["memory_limit"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    replies.write(b"R")
    try:
        while (asked := requests.read(1)) in (b"D", b"S"):
            (side,) = struct.unpack("<I", requests.read(4)) if asked == b"S" else (None,)
            (size,) = struct.unpack("<Q", requests.read(8))
            data = requests.read(size)
            _alarm(given["last_resort"])
            whole = partial(decode_gated, gate=_gate(requests, replies, given["last_resort"]))
            if side is None:
                _answer(partial(whole, data, policy), replies)
            else:
                _answer(partial(_small, data, side, whole), replies)
            _alarm(0)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BrokenPipeError:
        return  # the parent is gone


def _gate(requests: BinaryIO, replies: BinaryIO, last_resort: float) -> Gate:
    @contextmanager
    def one_at_a_time() -> Iterator[None]:
        _alarm(0)  # others may take their time
        replies.write(b"L")
        if requests.read(1) != b"G":
            raise BrokenPipeError
        _alarm(last_resort)
        yield

    return one_at_a_time


def _small(data: bytes, side: int, whole: Callable[[bytes, DecodePolicy], Decoded]) -> Decoded:
    try:
        return small_picture(data, sniff(data), side, whole)
    except ImageError:
        raise
    except DECODE_ERRORS as error:
        raise ImageError("damaged", "expected a sound picture, found none; fetch it again") from error


def _answer(decode: Callable[[], Decoded], replies: BinaryIO) -> None:
    try:
        decoded = decode()
    except ImageError as error:
        text = json.dumps([error.code, error.message]).encode()
        replies.write(b"E" + struct.pack("<I", len(text)) + text)
        return
    image, stored = decoded.image, decoded.stored
    assert stored is not None
    header = (str(stored.width), str(stored.height), stored.mode, "exif" if stored.has_exif else "")
    words = json.dumps([*header, *decoded.flags]).encode()
    replies.write(b"P" + struct.pack("<III", image.width, image.height, len(words)) + words)
    for top, bottom in strips(image.width, image.height):
        rows = image if bottom - top == image.height else image.crop((0, top, image.width, bottom))
        view = memoryview(rows.tobytes())
        while view:
            view = view[replies.write(view) :]


def strips(width: int, height: int) -> Iterator[tuple[int, int]]:
    """Cut a picture into the strips it is sent in: first row, and the row after the last."""
    rows = max(1, STRIP_BYTES // (3 * width))
    for top in range(0, height, rows):
        yield top, min(top + rows, height)


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    # Libraries in C may write to standard output when they feel like it; they get one that leads nowhere.
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    requests = os.fdopen(os.dup(0), "rb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return requests, replies


def _limit_memory(limit: int | None) -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no file behind
    if limit is None:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (allowed, hard))
    except (ValueError, OSError):  # macOS knows the limit and refuses it
        return


def _alarm(seconds: float) -> None:
    # Its default action ends the process even within C code; 0 calls it off.
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main(sys.argv[1])
