"""Hostile mode: decode in child processes, so that no picture can hang, exhaust or crash this one."""

from __future__ import annotations

import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from PIL import Image

import styleid
from styleid.data.images import Decoded, one_large
from styleid.data.isolated_child import strips
from styleid.data.policy import DecodePolicy
from styleid.errors import ImageError, InputError

#: Seconds in which a child must have started; imports from a slow disk take a while.
START_LIMIT = 60.0


class _Died(Exception):  # noqa: N818 - a signal within this module
    """The child ended in mid-sentence."""


class _Child:
    """One decoding process and the conversation with it."""

    def __init__(self, command: list[str], time_limit: float) -> None:
        home = str(Path(styleid.__file__).parents[1])
        path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            # BLAS threads would reserve memory that the limit is not meant for
            env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
        )
        # without buffers these are plain files
        assert isinstance(self.process.stdin, FileIO)
        assert isinstance(self.process.stdout, FileIO)
        self._to, self._from = self.process.stdin, self.process.stdout
        self._limit = time_limit
        self.timed_out = False
        try:
            with self._watched(START_LIMIT):
                self._expect(b"R")
        except _Died as error:
            self.end()
            raise InputError(
                f"the decoding process does not start (exit code {self.process.returncode}); "
                "give it more memory, or decode without hostile mode",
                returncode=self.process.returncode,
            ) from error

    def decode(self, data: bytes) -> Decoded:
        """Have `data` decoded.

        Raises
        ------
        ImageError
            As the child found.
        _Died
            If it ended, or was ended, before it had answered.
        """
        with self._watched(self._limit):
            self._send(b"D" + struct.pack("<Q", len(data)))
            self._send(data)
            kind = self._receive(1)
            if kind != b"L":
                return self._answer(kind)
        # A large picture waits for its turn here, with its clock stopped.
        with one_large, self._watched(self._limit):
            self._send(b"G")
            return self._answer(self._receive(1))

    def _answer(self, kind: bytes | bytearray) -> Decoded:
        if kind == b"E":
            (length,) = struct.unpack("<I", self._receive(4))
            facts = json.loads(self._receive(length))
            raise ImageError(facts["code"], facts["message"])
        if kind != b"P":
            raise _Died
        width, height, length = struct.unpack("<III", self._receive(12))
        flags = tuple(json.loads(self._receive(length)))
        image: Image.Image | None = None
        for top, bottom in strips(width, height):
            strip = Image.frombytes("RGB", (width, bottom - top), self._receive(3 * width * (bottom - top)))
            if bottom - top == height:
                return Decoded(strip, flags)
            image = image or Image.new("RGB", (width, height))
            image.paste(strip, (0, top))
        assert image is not None
        return Decoded(image, flags)

    @contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        # A timer works where a pipe cannot be waited for (Windows), and ends a read by ending its writer.
        def stop() -> None:
            self.timed_out = True
            self.process.kill()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        except OSError as error:  # a broken pipe
            raise _Died from error
        finally:
            timer.cancel()
            timer.join()

    def _expect(self, word: bytes) -> None:
        if self._receive(len(word)) != word:
            raise _Died

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
                raise _Died
            view = view[got:]
        return buffer

    def end(self) -> None:
        """End the process, wait for it and close the pipes."""
        self.process.kill()
        self.process.wait()
        self._to.close()
        self._from.close()


class DecodePool:
    """Decode as `styleid.data.images.decode` does, in child processes with a limit on time and memory.

    Children are started when first needed, without a copy of this process, and stay for the next picture. One
    that runs out of time or dies takes only its own picture with it. May be used from several threads; more of
    them than `workers` wait for each other.

    Parameters
    ----------
    workers : int
        Child processes at most.
    policy : DecodePolicy
        What is decoded and how.
    time_limit : float
        Seconds a picture may take; waiting for the turn of a large one is not counted.
    memory_limit : int or None
        Bytes of address space a child may take, where the system has such a limit (not on Windows and
        macOS); None for no limit. The largest picture of the default policy needs about 2 GB.

    Raises
    ------
    InputError
        If a limit or the number of workers makes no sense.

    Examples
    --------
    >>> with DecodePool(2, DecodePolicy()) as pool:  # doctest: +SKIP
    ...     decoded = pool.decode(data)
    """

    #: What starts a child; its options follow as one more argument. ``-P`` keeps the current folder, which may
    #: hold anything, out of the child's imports.
    command: ClassVar[tuple[str, ...]] = (sys.executable, "-P", "-m", "styleid.data.isolated_child")

    def __init__(
        self,
        workers: int,
        policy: DecodePolicy,
        time_limit: float = 10.0,
        memory_limit: int | None = 4 * 2**30,
    ) -> None:
        if workers < 1 or time_limit <= 0 or (memory_limit is not None and memory_limit < 1):
            raise InputError(
                "expected at least 1 worker and limits above 0, found "
                f"workers={workers}, time_limit={time_limit}, memory_limit={memory_limit}"
            )
        self.workers = workers
        self.time_limit = time_limit
        options = {
            "policy": asdict(policy),
            "memory_limit": memory_limit,
            "last_resort": 2 * time_limit + START_LIMIT,
        }
        self._command = [*self.command, json.dumps(options)]
        # Last in, first out: with little to do few children are started.
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(None)
        self._closed = False

    def decode(self, data: bytes) -> Decoded:
        """Decode the bytes of a file.

        Parameters
        ----------
        data : bytes
            The whole file.

        Returns
        -------
        Decoded
            The same as from `styleid.data.images.decode`.

        Raises
        ------
        ImageError
            As from ``decode``, or with the code ``time-limit`` or ``crashed``.
        InputError
            If the pool is closed, or a child cannot be started.
        """
        child = self._idle.get()
        keep: _Child | None = None
        try:
            if self._closed:
                raise InputError("this pool of decoding processes is closed; open another one")
            if child is None:
                child = _Child(self._command, self.time_limit)
            try:
                decoded = child.decode(data)
            except _Died as error:
                raise self._lost(child) from error
            except ImageError:
                keep = child
                raise
            keep = child
            return decoded
        finally:
            if child is not None and (keep is None or child.timed_out):
                child.end()  # also after an interrupt: what it would say next belongs to no question
                keep = None
            self._idle.put(keep)

    def _lost(self, child: _Child) -> ImageError:
        child.end()
        if child.timed_out:
            return ImageError(
                "time-limit",
                f"expected at most {self.time_limit:g} s of decoding, took longer; leave it out",
                limit=self.time_limit,
            )
        code = child.process.returncode
        names = {int(known): known.name for known in signal.Signals}
        cause = names.get(-code, f"exit code {code}")
        return ImageError(
            "crashed",
            f"expected a picture, but the decoding process died of it ({cause}); leave it out",
            cause=cause,
        )

    def close(self) -> None:
        """End all children; waits for pictures being decoded."""
        self._closed = True
        for _ in range(self.workers):
            child = self._idle.get()
            if child is not None:
                child.end()
        for _ in range(self.workers):
            self._idle.put(None)  # whoever waits now is told that the pool is closed

    def __enter__(self) -> DecodePool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
