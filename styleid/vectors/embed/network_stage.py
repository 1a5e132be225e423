"""The network in a thread of its own, between the threads that decode and the one that writes."""

from __future__ import annotations

import ctypes
import queue
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.runtimes.base import Runtime, Vectors
from styleid.vectors.store.store import Key

# From glibc's malloc.h; numbers are part of its binary interface.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_KEPT = 2**30

#: Takes the vectors of some pictures: their keys, and descriptor -> (n, dim).
Deliver = Callable[[Sequence[Key], Vectors], None]


class _Batch:
    """Pixels to be filled, and the keys of those that are there."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = pixels
        self.keys: list[Key] = []


class NetworkStage:
    """Collect pixels into batches and have the network turn them into vectors in a thread of its own.

    A few arrays go round: one is being filled, one waits, and as many as the runtime wants are with the
    network. Whoever hands in pixels waits while all are taken, which bounds the memory. `open_runtime` is
    called in the thread, since the first pictures are decoded meanwhile; `deliver` too, in the order handed
    in. Leaving the context computes what was handed in; after an error only the batches that are full.

    `busy_seconds` is time the network computed or was waited for, `window_seconds` from when it was ready
    until it had nothing more to do, `setup_seconds` until it was ready.
    """

    def __init__(self, open_runtime: Callable[[], Runtime], deliver: Deliver) -> None:
        self.busy_seconds = self.window_seconds = self.setup_seconds = 0.0
        self._open_runtime, self._deliver = open_runtime, deliver
        self._free: queue.SimpleQueue[_Batch | None] = queue.SimpleQueue()
        self._full: queue.SimpleQueue[_Batch | None] = queue.SimpleQueue()
        self._batch: _Batch | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="styleid-network")
        self._work: Future[None] | None = None

    def add(self, key: Key, pixels: NDArray[np.uint8]) -> None:
        """Copy the (crop, crop, 3) pixels of a view, or raise what went wrong in the network's thread."""
        if self._work is not None and self._work.done():
            self._work.result()  # it ends before time only by an error, raised here
        batch = self._batch or self._free.get()
        if batch is None:
            assert self._work is not None
            return self._work.result()
        batch.pixels[len(batch.keys)] = pixels
        batch.keys.append(key)
        self._batch = batch
        if len(batch.keys) == len(batch.pixels):
            self._hand_over()
        return None

    def __enter__(self) -> Self:
        self._work = self._pool.submit(self._compute)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        assert self._work is not None
        if kind is None:
            self._hand_over()
        self._full.put(None)
        self._pool.shutdown()
        if kind is None:
            self._work.result()

    def _hand_over(self) -> None:
        if self._batch is not None:
            self._full.put(self._batch)
            self._batch = None

    def _compute(self) -> None:
        try:
            begun = time.perf_counter()
            runtime = self._open_runtime()
            ready = time.perf_counter()
            self.setup_seconds = ready - begun
            for _ in range(runtime.depth + 2):
                self._free.put(_Batch(runtime.room()))
            under_way: deque[tuple[_Batch, Callable[[], Vectors]]] = deque()

            def finish() -> None:
                batch, wait = under_way.popleft()
                begun = time.perf_counter()
                vectors = wait()
                self.busy_seconds += time.perf_counter() - begun
                keys, batch.keys = batch.keys, []
                self._free.put(batch)
                self._deliver(keys, vectors)

            while (batch := self._full.get()) is not None:
                begun = time.perf_counter()
                under_way.append((batch, runtime.begin(batch.pixels[: len(batch.keys)])))
                self.busy_seconds += time.perf_counter() - begun
                if len(under_way) >= runtime.depth:
                    finish()
            while under_way:
                finish()
            self.window_seconds = time.perf_counter() - ready
        finally:
            self._free.put(None)  # whoever waits for room waits no longer


def keep_freed_memory() -> bool:
    """Keep the C library from handing large pieces back to the system, to get them anew page by page.

    Call it before the threads that shall profit are started: a thread that has taken memory already keeps a
    pool of its own, from which large pieces do not come. The process holds up to 1 GiB more between its
    peaks, never more than at them. Only glibc has such settings; elsewhere nothing changes and the answer
    is False.
    """
    if not sys.platform.startswith("linux"):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:  # not glibc
        return False
    options = ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _KEPT), (_TRIM_THRESHOLD, _KEPT))
    taken = [set_option(option, value) for option, value in options]
    return all(taken)
