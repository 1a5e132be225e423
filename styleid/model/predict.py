"""From picture files to a verdict: the only place where backbones and heads meet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from styleid.data.folder import find_pictures
from styleid.data.views import views_text
from styleid.errors import InputError
from styleid.model.bundle import Bundle
from styleid.model.verdict import Verdict, judge, set_rule
from styleid.model.views import views_of
from styleid.vectors.embedder import Embedder
from styleid.vectors.space import Space


def predict(
    bundle: Bundle,
    pictures: Sequence[str | os.PathLike[str]],
    weights: Path | None = None,
    device: str = "auto",
    coverage: float | None = None,
) -> list[Verdict]:
    """Judge pictures.

    Parameters
    ----------
    bundle : Bundle
        A loaded model.
    pictures : sequence of path
        Files, or folders that stand for all pictures in them.
    weights : Path or None
        The weights file that the model's vectors were made with, if it was not the backbone's own.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    coverage : float or None
        In (0, 1): also give the set of labels that holds the true one with this probability.

    Returns
    -------
    list of Verdict
        One per picture, in the order given.

    Raises
    ------
    InputError
        If a folder holds no pictures, the coverage is not in (0, 1), or the model has no label sets.
    BundleError
        If the model was made in another space than this backbone's.
    """
    rule = None if coverage is None else set_rule(bundle, coverage)[0]
    paths = [path for picture in pictures for path in _files(Path(picture))]
    space = Space(bundle.space)
    views, pool = views_of(bundle)
    embedder = Embedder(
        str(space.identity["backbone"]),
        weights,
        device,
        batch_size=min(32, len(paths) * len(views)),
        views=views_text(views),
        pool=pool,
        descriptor=space.descriptor,
        precision=space.precision,
    )
    bundle.require_space(embedder.space.identity)
    vectors, errors = embedder.try_transform(paths)
    usable = [number for number, error in enumerate(errors) if error is None]
    told = dict(zip(usable, judge(bundle, vectors[usable], rule), strict=True))
    return [
        replace(told[number], path=str(path))
        if error is None
        else Verdict(str(path), None, {}, bundle.calibrated, error=error)
        for number, (path, error) in enumerate(zip(paths, errors, strict=True))
    ]


def _files(picture: Path) -> list[Path]:
    if not picture.is_dir():
        return [picture]
    found = find_pictures(picture).pictures
    if not found:
        raise InputError(f"no pictures in {picture}", path=picture)
    return [picture / name for name in found]
