"""Pictures in, vectors out: the backbone as a scikit-learn transformer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from styleid.data.views.names import parse_views
from styleid.errors import ImageError
from styleid.vectors.embed.prepare import Picture
from styleid.vectors.embedder import PictureEmbedder, checked_pictures
from styleid.vectors.pooling import VOTE


class Embedder(PictureEmbedder, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
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
        pictures = checked_pictures(X)
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
        return super().try_transform(X)
