"""Read, check, decode and crop pictures in threads, a bounded number ahead of whoever consumes them."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import Preset
from styleid.data.decode.images import Decoded, DecodePolicy, read_bytes
from styleid.data.views.make import DEFAULT_VIEW, make_views
from styleid.errors import ImageError


@dataclass(frozen=True)
class Prepared:
    """One picture, ready for the network, or the reason why not."""

    path: Path
    sha256: str  # of the decoded bytes; empty if they could not be read
    pixels: NDArray[np.uint8] | None  # (v, crop, crop, 3), one a view
    error: ImageError | None
    seconds: float
    views: tuple[str, ...]  # names of the v views


class Preparer:
    """Turns files into pixels, decoding in this process or, for hostile files, in a child."""

    def __init__(
        self,
        preset: Preset,
        policy: DecodePolicy,
        decode: Callable[[bytes], Decoded],
    ) -> None:
        self.preset = preset
        self.policy = policy
        self.decode = decode

    def __call__(self, path: Path, views: Sequence[str] = (DEFAULT_VIEW,)) -> Prepared:
        """Prepare one picture; a bad one is reported, never raised."""
        started, sha256 = time.perf_counter(), ""
        pixels, failure = None, None
        try:
            data = read_bytes(path, self.policy)
            sha256 = hashlib.sha256(data).hexdigest()
            image = self.decode(data).image
            pixels = make_views(image, sha256, views, self.preset.resize, self.preset.crop)
        except ImageError as error:
            failure = error
        return Prepared(path, sha256, pixels, failure, time.perf_counter() - started, tuple(views))

    def stream(
        self, wanted: Iterable[tuple[Path, Sequence[str]]], threads: int | None = None, ahead: int = 128
    ) -> Generator[Prepared, None, None]:
        """Prepare many pictures, in order, taking files one by one as there is room.

        At most `ahead` pictures wait to be consumed, besides those in the threads' hands.
        """
        threads = threads or decode_threads()
        with ThreadPoolExecutor(threads, thread_name_prefix="styleid-decode") as pool:
            waiting: deque[Future[Prepared]] = deque()
            try:
                for path, views in wanted:
                    waiting.append(pool.submit(self, path, views))
                    if len(waiting) >= ahead + threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:  # the consumer left: what has not begun shall not begin
                for future in waiting:
                    future.cancel()


def decode_threads() -> int:
    """Return how many threads decode by default: one a core, at most 8."""
    return min(8, os.cpu_count() or 1)
