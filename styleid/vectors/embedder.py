"""Pictures in, vectors out: the backbone as a scikit-learn transformer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from styleid.backbones.base import AUTO, DEFAULT_DESCRIPTOR
from styleid.backbones.choose import Choice, choose_backbone
from styleid.backbones.runtimes.base import FP32, Runtime, RuntimeOptions, open_runtime
from styleid.backbones.weights_file import check_tensors, load_tensors
from styleid.data.decode.images import DecodePolicy, decode
from styleid.data.views.make import DEFAULT_VIEW, check_views, parse_views
from styleid.errors import ImageError
from styleid.vectors.embed.prepare import Preparer
from styleid.vectors.pooling import MEAN, check_pool, pool_views
from styleid.vectors.store.space import Space, space_of


class Embedder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Map picture files to vectors with a frozen network.

    Nothing is learned and nothing is stored; `embed_folder` keeps vectors on disk.

    Parameters
    ----------
    backbone : str
        A name of ``styleid backbones``, or ``auto``.
    weights : str, Path or None
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
    """

    def __init__(
        self,
        backbone: str = AUTO,
        weights: str | Path | None = None,
        device: str = "auto",
        batch_size: int = 32,
        views: str = DEFAULT_VIEW,
        pool: str = MEAN,
        descriptor: str = DEFAULT_DESCRIPTOR,
        runtime: str = AUTO,
        precision: str = FP32,
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

    def transform(self, X: Sequence[str | os.PathLike[str]]) -> NDArray[np.float32]:
        """Compute one vector for each picture.

        Parameters
        ----------
        X : sequence of path
            (n,) picture files.

        Returns
        -------
        NDArray of float32
            (n, dim), or (n, v * dim) for ``vote``, in the order of `X`.

        Raises
        ------
        ImageError
            If a picture cannot be used; its message names it.
        WeightsError, InputError
            If the network cannot be set up.
        """
        vectors, errors = self.try_transform(X)
        for path, error in zip(X, errors, strict=True):
            if error is not None:
                raise ImageError(error.code, f"{os.fspath(path)}: {error}", path=path) from error
        return vectors

    def try_transform(
        self, X: Sequence[str | os.PathLike[str]]
    ) -> tuple[NDArray[np.float32], list[ImageError | None]]:
        """Compute vectors where it can be done, and say why not elsewhere.

        Parameters
        ----------
        X : sequence of path
            (n,) picture files.

        Returns
        -------
        vectors : NDArray of float32
            (n, dim), or (n, v * dim) for ``vote``; rows of pictures that failed hold NaN.
        errors : list of ImageError or None
            (n,) None where there is a vector.

        Raises
        ------
        WeightsError, InputError
            If the network cannot be set up.
        """
        runtime, preparer = self._network()
        views, paths = parse_views(self.views), [Path(path) for path in X]
        check_pool(self.pool)
        check_views(views, self.choice.backbone.preset.crop)
        stack = np.full((len(X), len(views), self.space.dim), np.nan, dtype=np.float32)
        wanted = ((path, views) for path in paths)
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
        return space_of(self.choice, DecodePolicy(), self.descriptor, self.precision)

    def _network(self) -> tuple[Runtime, Preparer]:
        choice = self.choice
        options = RuntimeOptions(self.runtime, self.precision, self.device, self.batch_size)
        asked = (choice, self.descriptor, options)
        if getattr(self, "_running_for", None) != asked:
            tensors = load_tensors(choice.weights.path)
            check_tensors(tensors, choice.backbone, choice.weights.path)
            self._runtime = open_runtime(choice.backbone, tensors, [self.descriptor], options)
            self._running_for = asked
        policy = DecodePolicy()
        return self._runtime, Preparer(choice.backbone.preset, policy, lambda data: decode(data, policy))
