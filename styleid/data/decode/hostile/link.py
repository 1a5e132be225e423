"""One decoding process, seen from its parent: start it, ask it, and end it in time."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from PIL import Image

import styleid
from styleid.data.decode.hostile.child import strips
from styleid.data.decode.images import Decoded, Stored, one_large
from styleid.data.decode.policy import CODES
from styleid.errors import ImageError, InputError

#: Seconds in which a child must have started; imports from a slow disk take a while.
START_LIMIT = 60.0
_MAX_WORDS = 2**20  # bytes of flags or of a message


class ChildDied(Exception):  # noqa: N818 - a signal between two modules, not an error of the tree
    """The child ended, or was ended, before it had answered."""


class Child:
    """One decoding process and the conversation with it, laid down in `styleid.data.decode.hostile.child`.

    A picture may take `time_limit` seconds; `timed_out` then says that the process was killed for it. A
    picture that claims more than `max_pixels` is not believed. A process that does not start is an
    `InputError`.
    """

    def __init__(self, command: Sequence[str], time_limit: float, max_pixels: int) -> None:
        home = str(Path(styleid.__file__).parents[1])
        path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            # threads of BLAS would reserve memory that the limit is not meant for
            env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
        )
        # without buffers these are plain files
        assert isinstance(self._process.stdin, FileIO)
        assert isinstance(self._process.stdout, FileIO)
        self._to, self._from = self._process.stdin, self._process.stdout
        self._limit = time_limit
        self._max_pixels = max_pixels
        self.timed_out = False
        started = False
        try:
            with self._watched(START_LIMIT):
                started = self._receive(1) == b"R"
        except ChildDied as error:
            raise InputError(
                f"the decoding process does not start (exit code {self.end()}); give it more memory"
            ) from error
        finally:
            if not started:
                self.end()

    def decode(self, data: bytes, side: int | None = None) -> Decoded:
        """Have bytes decoded, to a small copy if a `side` is given; an `ImageError` is the child's own.

        `ChildDied` means that no answer came; `timed_out` or the exit code tells why.
        """
        with self._watched(self._limit):
            self._send(b"D" if side is None else b"S" + struct.pack("<I", side))
            self._send(struct.pack("<Q", len(data)))
            self._send(data)
            kind = self._receive(1)
            if kind != b"L":
                return self._answer(kind)
        # A large picture waits for its turn here, with its clock stopped.
        with one_large, self._watched(self._limit):
            self._send(b"G")
            return self._answer(self._receive(1))

    def end(self, grace: float = 0.0) -> int:
        """End the process and return its exit code, below 0 the signal that ended it.

        For `grace` seconds it may still end by itself, so that its own exit code is seen; may be called
        again.
        """
        if grace:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        self._process.kill()  # does nothing to one that is gone
        code = self._process.wait()
        self._to.close()
        self._from.close()
        return code

    # What the child says is not believed blindly: it may have fallen to the picture it decodes.

    def _answer(self, kind: bytes | bytearray) -> Decoded:
        if kind == b"E":
            code, message = self._words(2)
            if code not in CODES:
                raise ChildDied
            raise ImageError(code, message)
        if kind != b"P":
            raise ChildDied
        width, height = struct.unpack("<II", self._receive(8))
        if not 0 < width * height <= self._max_pixels:
            raise ChildDied
        stored, flags = _read_header(self._words())
        image: Image.Image | None = None
        for top, bottom in strips(width, height):
            rows = Image.frombytes("RGB", (width, bottom - top), self._receive(3 * width * (bottom - top)))
            if bottom - top == height:
                return Decoded(rows, flags, stored)
            image = image or Image.new("RGB", (width, height))
            image.paste(rows, (0, top))
        assert image is not None
        return Decoded(image, flags, stored)

    def _words(self, count: int | None = None) -> list[str]:
        (length,) = struct.unpack("<I", self._receive(4))
        if length > _MAX_WORDS:
            raise ChildDied
        try:
            words: list[str] = json.loads(self._receive(length))
        except ValueError as error:
            raise ChildDied from error
        sound = isinstance(words, list) and all(isinstance(word, str) for word in words)
        if not sound or count not in (None, len(words)):
            raise ChildDied
        return words

    @contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        # A timer works where a pipe cannot be waited for (Windows), and ends a read by ending its writer.
        def stop() -> None:
            self.timed_out = True
            self._process.kill()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        except OSError as error:  # a broken pipe
            raise ChildDied from error
        finally:
            timer.cancel()
            timer.join()

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._to.write(view) :]

    def _receive(self, size: int) -> bytearray:
        buffer = bytearray(size)
        view = memoryview(buffer)
        while view:
            got = self._from.readinto(view)
            if not got:
                raise ChildDied
            view = view[got:]
        return buffer


def _read_header(words: list[str]) -> tuple[Stored, tuple[str, ...]]:
    try:
        width, height, mode, exif, *flags = words
        return Stored(int(width), int(height), mode, bool(exif)), tuple(flags)
    except ValueError as error:
        raise ChildDied from error
