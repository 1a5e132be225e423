"""Decode in child processes, so that no picture can hang, exhaust or crash this one."""

from __future__ import annotations

import atexit
import json
import os
import queue
import signal
import sys
import threading
from dataclasses import asdict
from typing import ClassVar

from styleid.data.decode.hostile.child import OUT_OF_MEMORY
from styleid.data.decode.hostile.link import START_LIMIT, Child, ChildDied
from styleid.data.decode.images import Decoded
from styleid.data.decode.policy import DecodePolicy
from styleid.errors import ImageError, InputError

#: Seconds a child has for being gone after it has closed its pipe.
LAST_BREATH = 2.0
#: Below this a child can do little more than start, and Pillow reports some shortages as damage.
MIN_MEMORY = 256 * 2**20


class DecodePool:
    """Decode as `styleid.data.decode.images.decode` does, in child processes with a limit on time and memory.

    A child starts when first needed, without a copy of this process, and stays for the next picture; one
    that dies or runs out of time loses only its own picture. Threads beyond `workers` wait for each other.
    The memory limit is bytes of a child's address space (it has no effect on Windows and macOS); the
    largest picture of the default policy needs about 2 GB.
    """

    #: What starts a child; its options follow as one more argument. ``-P`` keeps the current folder, which
    #: may hold anything, out of the child's imports.
    command: ClassVar[tuple[str, ...]] = (sys.executable, "-P", "-m", "styleid.data.decode.hostile.child")

    def __init__(
        self,
        workers: int,
        policy: DecodePolicy,
        time_limit: float = 10.0,  # seconds a picture; a large one's wait for its turn is not counted
        memory_limit: int | None = 4 * 2**30,
    ) -> None:
        if workers < 1 or time_limit <= 0 or (memory_limit is not None and memory_limit < MIN_MEMORY):
            raise InputError(
                f"expected at least 1 worker, some time and {MIN_MEMORY} bytes of memory, found "
                f"workers={workers}, time_limit={time_limit}, memory_limit={memory_limit}"
            )
        self.workers = workers
        self.time_limit = time_limit
        options = {
            "policy": asdict(policy),
            "memory_limit": memory_limit,
            "last_resort": 2 * time_limit + START_LIMIT,
        }
        self._max_pixels = policy.max_pixels
        self._command = [*self.command, json.dumps(options)]
        # Last in, first out: with little to do few children are started.
        self._idle: queue.LifoQueue[Child | None] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(None)
        self._closed = False
        self._closing = threading.Lock()

    def decode(self, data: bytes) -> Decoded:
        """Decode the bytes of a whole file, to the same pixels as `styleid.data.decode.images.decode`.

        Two more codes of `ImageError` are possible: ``time-limit`` and ``crashed``. `InputError` says that
        the pool is closed or that a child cannot be started.
        """
        return self._ask(data, None)

    def small(self, data: bytes, kind: str | None, size: int) -> Decoded:
        """Make a copy as `styleid.data.thumbnails.small_picture` does; fail as `decode` does."""
        return self._ask(data, size)

    def _ask(self, data: bytes, side: int | None) -> Decoded:
        child = self._idle.get()
        keep: Child | None = None
        try:
            if self._closed:
                raise InputError("this pool of decoding processes is closed; open another one")
            if child is None:
                child = Child(self._command, self.time_limit, self._max_pixels)
            try:
                decoded = child.decode(data, side)
            except ChildDied as error:
                raise self._lost(child) from error
            except ImageError:
                keep = child
                raise
            except MemoryError as error:
                raise _no_memory() from error
            keep = child
            return decoded
        finally:
            if child is not None and (keep is None or child.timed_out):
                child.end()  # also after an interrupt: what it would say next belongs to no question
                keep = None
            self._idle.put(keep)

    def _lost(self, child: Child) -> ImageError:
        if child.timed_out:
            return ImageError(
                "time-limit",
                f"expected at most {self.time_limit:g} s of decoding, took longer; leave it out",
                limit=self.time_limit,
            )
        code = child.end(LAST_BREATH)
        if code == OUT_OF_MEMORY:
            return _no_memory()
        cause = next((known.name for known in signal.Signals if known == -code), f"exit code {code}")
        return ImageError(
            "crashed",
            f"expected a picture, but the decoding process died of it ({cause}); leave it out",
            cause=cause,
        )

    def close(self) -> None:
        """End all children, after the pictures that are being decoded."""
        with self._closing:
            self._closed = True
            for child in [self._idle.get() for _ in range(self.workers)]:
                if child is not None:
                    child.end()
            for _ in range(self.workers):
                self._idle.put(None)  # whoever waits now is told that the pool is closed

    def __enter__(self) -> DecodePool:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _no_memory() -> ImageError:
    return ImageError("memory-limit", "not enough memory to decode this picture; scale it down first")


#: Seconds for a picture of which only the format is suspect: the largest TIFF takes 10 on a busy core.
PATIENCE = 60.0

#: Pools that last as long as this process; one forked off it has no part in their conversations.
_shared: dict[tuple[int, DecodePolicy], DecodePool] = {}


def shared_pool(policy: DecodePolicy) -> DecodePool:
    """Return the process's own pool for a policy, with room for a child a core; none is started here."""
    key = (os.getpid(), policy)
    if key not in _shared:
        _shared.setdefault(key, DecodePool(min(8, os.cpu_count() or 1), policy, PATIENCE))
    return _shared[key]


@atexit.register
def _close_shared() -> None:
    for (process, _), pool in _shared.items():
        if process == os.getpid():
            pool.close()
