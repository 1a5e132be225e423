"""Pictures in, vectors out: reading, views, the network, pooling."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styleid.backbones.base import AUTO, DEFAULT_DESCRIPTOR
from styleid.backbones.choose import Choice, choose_backbone
from styleid.backbones.runtimes.base import FP32, Runtime, RuntimeOptions, open_network
from styleid.data.decode.images import decode
from styleid.data.decode.policy import DecodePolicy
from styleid.data.views.names import DEFAULT_VIEW, check_views, parse_views
from styleid.errors import ImageError, InputError
from styleid.files import StrPath
from styleid.given import as_path, check_kind, check_whole
from styleid.vectors.embed.prepare import Picture, Preparer
from styleid.vectors.pooling import MEAN, check_pool, pool_views
from styleid.vectors.store.space import Space, space_of


class PictureEmbedder:
    """What `Embedder` is, without scikit-learn, whose import takes longer than to judge a picture."""

    def __init__(
        self,
        backbone: str = AUTO,
        weights: StrPath | None = None,
        device: str = "auto",
        batch_size: int = 32,
        views: str = DEFAULT_VIEW,
        pool: str = MEAN,
        descriptor: str = DEFAULT_DESCRIPTOR,
        runtime: str = AUTO,
        precision: str = FP32,
        policy: DecodePolicy = DecodePolicy(),
    ) -> None:
        self.backbone = backbone
        self.weights = weights
        self.device = device
        self.batch_size = batch_size
        self.views = views
        self.pool = pool
        self.descriptor = descriptor
        self.runtime = runtime
        self.precision = precision
        self.policy = policy

    def try_transform(self, X: Iterable[Picture]) -> tuple[NDArray[np.float32], list[ImageError | None]]:
        """Compute (n, dim) vectors where it can be done, and (n,) reasons where not."""
        pictures, views = checked_pictures(X), parse_views(self.views)
        runtime, preparer = self.network()
        check_pool(self.pool)
        check_views(views, self.choice.backbone.preset.crop)
        stack = np.full((len(pictures), len(views), self.space.dim), np.nan, dtype=np.float32)
        wanted = ((picture, views) for picture in pictures)
        errors: list[ImageError | None] = []
        waiting: list[tuple[int, int, NDArray[np.uint8]]] = []

        def flush() -> None:
            rows, numbers = [row for row, _, _ in waiting], [number for _, number, _ in waiting]
            computed = runtime.vectors(np.stack([pixels for _, _, pixels in waiting]))
            stack[rows, numbers] = computed[self.descriptor]
            waiting.clear()

        for row, item in enumerate(preparer.stream(wanted, ahead=max(1, 128 // len(views)))):
            errors.append(item.error)
            for number, pixels in enumerate(() if item.pixels is None else item.pixels):
                waiting.append((row, number, pixels))
                if len(waiting) == self.batch_size:
                    flush()
        if waiting:
            flush()
        return pool_views(stack, self.pool), errors

    @property
    def choice(self) -> Choice:
        """The backbone and weights in use."""
        asked = (self.backbone, self.weights)
        if getattr(self, "_chosen_for", None) != asked:
            self._choice = choose_backbone(
                self.backbone, as_path(self.weights, "weights") if self.weights else None
            )
            self._chosen_for = asked
        return self._choice

    @property
    def space(self) -> Space:
        """The vector space the vectors belong to."""
        return space_of(self.choice, self._checked_policy(), self.descriptor, self.precision)

    def _checked_policy(self) -> DecodePolicy:
        check_kind(self.policy, DecodePolicy, "a DecodePolicy as policy", "give DecodePolicy(...)")
        return self.policy

    def network(self) -> tuple[Runtime, Preparer]:
        """Return what computes vectors and what makes pictures ready for it, loaded when first asked for."""
        choice = self.choice
        check_whole(self.batch_size, "batch_size", 1)
        options = RuntimeOptions(
            runtime=self.runtime, precision=self.precision, device=self.device, batch_size=self.batch_size
        )
        asked = (choice, self.descriptor, options)
        if getattr(self, "_running_for", None) != asked:
            self._runtime = open_network(choice, [self.descriptor], options)
            self._running_for = asked
        policy = self._checked_policy()
        return self._runtime, Preparer(choice.backbone.preset, policy, lambda data: decode(data, policy))


def checked_pictures(X: Any) -> list[Picture]:
    """Return the pictures as a list; an `InputError` says in one line what was found in the place of one."""
    if _is_picture(X):
        raise InputError(f"expected a list of pictures, found one by itself, {_kind(X)}; put it into [ ]")
    if isinstance(X, Mapping) or hasattr(X, "columns") or not isinstance(X, Iterable):
        raise InputError(
            f"expected a list of pictures, found {_kind(X)}; give one column, or a list of paths, bytes, PIL "
            "images or arrays"
        )
    pictures = list(X)
    for number, picture in enumerate(pictures):
        if not _is_picture(picture):
            raise InputError(
                f"expected as picture {number} a path, the bytes of a file, a PIL image or an array "
                f"(H, W, 3) of uint8, found {_kind(picture)}",
                number=number,
            )
    return pictures


def _is_picture(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype == np.uint8 and value.ndim == 3 and value.shape[2] == 3 and value.size > 0
    return isinstance(value, str | bytes | os.PathLike | Image.Image)


def _kind(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array {value.shape} of {value.dtype}"
    if isinstance(value, str | os.PathLike):
        return f"the path {os.fspath(value)!r}"
    return "None" if value is None else f"an object of type {type(value).__name__}"
