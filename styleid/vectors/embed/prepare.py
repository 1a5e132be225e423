"""Read, check, decode and crop pictures in threads, a bounded number ahead of whoever consumes them."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.backbones.base import Preset
from styleid.data.decode.images import Decoded, take_over
from styleid.data.decode.policy import DecodePolicy
from styleid.data.decode.reading import read_bytes
from styleid.data.views.make import make_views
from styleid.errors import ImageError

#: A file, the bytes of one, a picture that Pillow holds, or pixels (h, w, 3).
Picture = str | os.PathLike[str] | bytes | Image.Image | NDArray[np.uint8]


@dataclass(frozen=True)
class Prepared:
    """One picture, ready for the network, or the reason why not."""

    sha256: str  # of the file's bytes, or of the pixels where there is no file; empty if it cannot be read
    pixels: NDArray[np.uint8] | None  # (v, crop, crop, 3), one a view
    error: ImageError | None
    seconds: float
    views: tuple[str, ...]  # names of the v views
    flags: tuple[str, ...] = ()  # as of `Decoded`


class Preparer:
    """Turns pictures into the pixels of views, decoding in this process or, for hostile files, in a child."""

    def __init__(self, preset: Preset, policy: DecodePolicy, decode: Callable[[bytes], Decoded]) -> None:
        self.preset = preset
        self.policy = policy
        self.decode = decode

    def __call__(self, picture: Picture, views: Sequence[str]) -> Prepared:
        """Prepare one picture; a bad one is reported, never raised."""
        started, sha256 = time.perf_counter(), ""
        pixels, failure = None, None
        flags: tuple[str, ...] = ()
        try:
            if isinstance(picture, Image.Image | np.ndarray):
                held = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
                image = take_over(held, self.policy).image
                sha256 = hashlib.sha256(repr(image.size).encode() + image.tobytes()).hexdigest()
            else:
                data = picture if isinstance(picture, bytes) else read_bytes(picture, self.policy)
                sha256 = hashlib.sha256(data).hexdigest()
                decoded = self.decode(data)
                image, flags = decoded.image, decoded.flags
            pixels = make_views(image, sha256, views, self.preset.resize, self.preset.crop)
        except ImageError as error:
            failure = error
        return Prepared(sha256, pixels, failure, time.perf_counter() - started, tuple(views), flags)

    def stream(
        self, wanted: Iterable[tuple[Picture, Sequence[str]]], threads: int | None = None, ahead: int = 128
    ) -> Generator[Prepared, None, None]:
        """Prepare many pictures, in order, taking them one by one as there is room.

        At most `ahead` pictures wait to be consumed, besides those in the threads' hands.
        """
        threads = threads or decode_threads()
        with ThreadPoolExecutor(threads, thread_name_prefix="styleid-decode") as pool:
            waiting: deque[Future[Prepared]] = deque()
            try:
                for picture, views in wanted:
                    waiting.append(pool.submit(self, picture, views))
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
