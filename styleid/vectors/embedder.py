"""Pictures in, vectors out: the backbone as a scikit-learn transformer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.base import BaseEstimator, TransformerMixin

from styleid.backbones.base import AUTO, DEFAULT_DESCRIPTOR
from styleid.backbones.choose import Choice, choose_backbone
from styleid.backbones.runtimes.base import FP32, Runtime, RuntimeOptions, open_network
from styleid.data.decode.images import decode
from styleid.data.decode.policy import DecodePolicy, check_at_least_one
from styleid.data.views.names import DEFAULT_VIEW, check_views, parse_views
from styleid.errors import ImageError, InputError
from styleid.files import StrPath
from styleid.vectors.embed.prepare import Picture, Preparer
from styleid.vectors.pooling import MEAN, VOTE, check_pool, pool_views
from styleid.vectors.store.space import Space, space_of


class Embedder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Map pictures to vectors with a frozen network.

    A picture is a file, the bytes of one, a PIL image, or an array (H, W, 3) of uint8: red, green, blue. All
    four give the same vector where they hold the same pixels, except in augmented views, whose chance comes
    from the file's bytes or, where there is no file, from the pixels. Nothing is learned and nothing is
    stored; `styleid.embed` keeps vectors on disk.

    Parameters
    ----------
    backbone : str
        A name of ``styleid backbones``, or ``auto``.
    weights : path or None
        File to use instead of the backbone's own weights.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    batch_size : int
        Views that go through the network at once.
    views : str
        Views of each picture joined by ``+``, such as ``square+grid:3@448``, as for ``--views``.
    pool : str
        ``mean``: one vector a picture; ``vote``: the vectors of its v views side by side.
    descriptor : str
        What is read off the network.
    runtime : str
        What executes it: a name, or ``auto``.
    precision : str
        ``fp32``, ``fp16``, ``bf16`` or ``int8``.
    policy : DecodePolicy
        How files become pixels, and which formats are read.
    """

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

    def fit(self, X: object = None, y: object = None) -> Self:
        """Do nothing: the network is frozen.

        Parameters
        ----------
        X, y : object
            Ignored.

        Returns
        -------
        Embedder
            This embedder.
        """
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Name the columns: the descriptor and a number, as in ``style0``.

        Parameters
        ----------
        input_features : object
            Ignored.

        Returns
        -------
        NDArray of object
            (dim,) names, or (v * dim,) for ``vote``.
        """
        n_views = len(parse_views(self.views)) if self.pool == VOTE else 1
        return np.array([f"{self.descriptor}{i}" for i in range(n_views * self.space.dim)], dtype=object)

    def transform(self, X: Iterable[Picture]) -> NDArray[np.float32]:
        """Compute one vector for each picture.

        Parameters
        ----------
        X : iterable of path, bytes, PIL image or array
            (n,) pictures, of one kind or mixed.

        Returns
        -------
        NDArray of float32
            (n, dim), or (n, v * dim) for ``vote``, in the order of `X`.

        Raises
        ------
        ImageError
            If a picture cannot be used; its message names it.
        WeightsError, InputError
            If the network cannot be set up, or `X` holds something other than pictures.
        """
        pictures = _checked(X)
        vectors, errors = self.try_transform(pictures)
        for number, (picture, error) in enumerate(zip(pictures, errors, strict=True)):
            if error is not None:
                name = os.fspath(picture) if isinstance(picture, str | os.PathLike) else f"picture {number}"
                raise ImageError(error.code, f"{name}: {error}", path=name) from error
        return vectors

    def try_transform(self, X: Iterable[Picture]) -> tuple[NDArray[np.float32], list[ImageError | None]]:
        """Compute vectors where it can be done, and say why not elsewhere.

        Parameters
        ----------
        X : iterable of path, bytes, PIL image or array
            (n,) pictures, of one kind or mixed.

        Returns
        -------
        vectors : NDArray of float32
            (n, dim), or (n, v * dim) for ``vote``; rows of pictures that failed hold NaN.
        errors : list of ImageError or None
            (n,) None where there is a vector.

        Raises
        ------
        WeightsError, InputError
            If the network cannot be set up, or `X` holds something other than pictures.
        """
        pictures, views = _checked(X), parse_views(self.views)
        runtime, preparer = self._network()
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
            self._choice = choose_backbone(self.backbone, Path(self.weights) if self.weights else None)
            self._chosen_for = asked
        return self._choice

    @property
    def space(self) -> Space:
        """The vector space the vectors belong to."""
        return space_of(self.choice, self._checked_policy(), self.descriptor, self.precision)

    def _checked_policy(self) -> DecodePolicy:
        if not isinstance(self.policy, DecodePolicy):
            raise InputError(f"policy expects a DecodePolicy, found {_kind(self.policy)}")
        return self.policy

    def _network(self) -> tuple[Runtime, Preparer]:
        choice = self.choice
        check_at_least_one(batch_size=self.batch_size)
        options = RuntimeOptions(
            runtime=self.runtime, precision=self.precision, device=self.device, batch_size=self.batch_size
        )
        asked = (choice, self.descriptor, options)
        if getattr(self, "_running_for", None) != asked:
            self._runtime = open_network(choice, [self.descriptor], options)
            self._running_for = asked
        policy = self._checked_policy()
        return self._runtime, Preparer(choice.backbone.preset, policy, lambda data: decode(data, policy))


def _checked(X: Any) -> list[Picture]:
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
