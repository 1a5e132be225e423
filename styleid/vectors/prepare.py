"""Read, check, decode and crop pictures in threads, a bounded number ahead of whoever consumes them."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import Preset
from styleid.data.images import Decoded, DecodePolicy, read_bytes
from styleid.data.views import CENTER, make_views
from styleid.errors import ImageError


@dataclass(frozen=True)
class Prepared:
    """One picture, ready for the network, or the reason why not.

    Attributes
    ----------
    path : Path
        The file.
    sha256 : str
        Digest of the bytes that were decoded; empty if they could not be read.
    pixels : NDArray of uint8 or None
        (v, crop, crop, 3), one a view that was asked for.
    error : ImageError or None
        Why there are no pixels.
    seconds : float
        Time it took.
    views : tuple of str
        Names of the v views.
    """

    path: Path
    sha256: str
    pixels: NDArray[np.uint8] | None
    error: ImageError | None
    seconds: float
    views: tuple[str, ...]


class Preparer:
    """Turns files into pixels.

    Parameters
    ----------
    preset : Preset
        What the backbone expects.
    policy : DecodePolicy
        How files become pixels.
    decode : callable
        ``decode(bytes) -> Decoded``: in this process, or in a child for hostile files.
    views : mapping of Path to sequence of str, optional
        The views wanted of each file, at least one; the centre view alone of those not named.
    """

    def __init__(
        self,
        preset: Preset,
        policy: DecodePolicy,
        decode: Callable[[bytes], Decoded],
        views: Mapping[Path, Sequence[str]] | None = None,
    ) -> None:
        self.preset = preset
        self.policy = policy
        self.decode = decode
        self.views = {} if views is None else views

    def __call__(self, path: Path) -> Prepared:
        """Prepare one picture; a bad one is reported, never raised.

        Parameters
        ----------
        path : Path
            The file.

        Returns
        -------
        Prepared
        """
        started, sha256 = time.perf_counter(), ""
        pixels, failure = None, None
        views = tuple(self.views.get(path, (CENTER,)))
        try:
            data = read_bytes(path, self.policy)
            sha256 = hashlib.sha256(data).hexdigest()
            image = self.decode(data).image
            pixels = make_views(image, sha256, views, self.preset.resize, self.preset.crop)
        except ImageError as error:
            failure = error
        return Prepared(path, sha256, pixels, failure, time.perf_counter() - started, views)

    def stream(
        self, paths: Iterable[Path], threads: int | None = None, ahead: int = 128
    ) -> Iterator[Prepared]:
        """Prepare many pictures, in order.

        Parameters
        ----------
        paths : iterable of Path
            The files.
        threads : int or None
            Workers; by default one a core, at most 8. Pillow releases the interpreter's lock while decoding.
        ahead : int
            How many pictures may wait to be consumed: bounds the memory.

        Yields
        ------
        Prepared
            One for each path, in the order given.
        """
        with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1)) as pool:
            waiting: deque[Future[Prepared]] = deque()
            try:
                for path in paths:
                    waiting.append(pool.submit(self, path))
                    if len(waiting) >= ahead:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:  # the consumer left: what has not begun shall not begin
                for future in waiting:
                    future.cancel()
