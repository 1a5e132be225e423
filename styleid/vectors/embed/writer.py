"""Write vectors while the network goes on."""

from __future__ import annotations

import platform
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from typing import Self

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.choose import Choice
from styleid.vectors.store.store import Key, SpaceStore

#: A shard is written when it holds this many pictures or is this many seconds old: a kill loses no more.
FLUSH_IMAGES = 2048
FLUSH_SECONDS = 30.0


class ShardWriter:
    """Collect vectors and failures into shards, and write them in a thread of its own.

    Leaving the context writes what is still in memory, also after an interruption. Vectors and failures may
    come from different threads; `provenance` must be set before vectors come. `seconds` is time spent
    writing.
    """

    def __init__(self, store: SpaceStore) -> None:
        self._store = store
        self.provenance: dict[str, str] = {}
        self.seconds = 0.0
        self._keys: list[Key] = []
        self._parts: list[NDArray[np.float32]] = []
        self._failures: list[dict[str, str]] = []
        self._since = time.perf_counter()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="styleid-write")
        self._lock = threading.Lock()
        self._writing: Future[None] | None = None

    def add(self, keys: list[Key], vectors: NDArray[np.float32]) -> None:
        """Take (n, dim) vectors with their contents and views; a full or old shard is written."""
        with self._lock:
            self._keys += keys
            self._parts.append(vectors)
            self._flush_if_due()

    def add_failure(self, row: dict[str, str]) -> None:
        """Take a failure as `SpaceStore.append_failures` does; it is written as vectors are."""
        with self._lock:
            self._failures.append(row)
            self._flush_if_due()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        try:
            self._flush()
            self._wait()
        finally:
            self._pool.shutdown()

    def _flush_if_due(self) -> None:
        full = max(len(self._keys), len(self._failures)) >= FLUSH_IMAGES
        if full or time.perf_counter() - self._since > FLUSH_SECONDS:
            self._flush()

    def _flush(self) -> None:
        self._wait()  # one shard at a time: memory stays bounded, and a full disk stops the run
        keys, parts, failures = self._keys, self._parts, self._failures
        self._keys, self._parts, self._failures = [], [], []
        self._since = time.perf_counter()
        self._writing = self._pool.submit(self._write, keys, parts, failures)

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()

    def _write(
        self, keys: list[Key], parts: list[NDArray[np.float32]], failures: list[dict[str, str]]
    ) -> None:
        begun = time.perf_counter()
        if keys:
            self._store.append(keys, np.concatenate(parts), self.provenance)
        if failures:
            self._store.append_failures(failures)
        self.seconds += time.perf_counter() - begun


def provenance(runtime: str, device: str, choice: Choice) -> dict[str, str]:
    """Return what is kept with each shard, for a person: none of it changes what a vector means."""
    return {
        **{package: version(package) for package in ("styleid", "torch", "torchvision", "pillow")},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": device,
        "runtime": runtime,
        "weights": choice.weights.origin,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
