"""From picture files to a verdict: the only place where backbones and heads meet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from styleid.backbones.choose import choose_backbone
from styleid.data.decode.policy import DecodePolicy, read_policy
from styleid.data.facts import read_facts
from styleid.data.manifest.folder import find_pictures
from styleid.data.views.names import CENTER, parse_views, views_text
from styleid.errors import BundleError, InputError
from styleid.files import StrPath
from styleid.given import as_path, check_kind
from styleid.model.bundle import load_model
from styleid.model.contents import Bundle
from styleid.model.verdict import Verdict, judge, set_rule
from styleid.model.words import Verdicts
from styleid.vectors.embedder import PictureEmbedder
from styleid.vectors.pooling import MEAN, VOTE, pool_views
from styleid.vectors.store.space import Space, joint_space

#: Views that go through the network at once; twice as many pictures are judged together.
_BATCH = 32


def predict(
    model: Bundle | StrPath,
    pictures: StrPath | Sequence[StrPath],
    weights: StrPath | None = None,
    device: str = "auto",
    coverage: float | None = None,
    recursive: bool = True,
) -> list[Verdict]:
    """Say whose hand each picture is of, or that it is none of those known.

    Parameters
    ----------
    model : Bundle or path
        As `load_model` returns it, or what it takes.
    pictures : path or sequence of path
        Files, or folders that stand for all pictures in them; also one by itself.
    weights : path or None
        The weights file that the model's vectors were made with, if it was not the backbone's own.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    coverage : float or None
        In (0, 1): also give the set of labels that holds the true one with this probability.
    recursive : bool
        Whether a folder stands for the pictures in its sub-folders too.

    Returns
    -------
    list of Verdict
        One per picture, in the order given, with ``verdict``, ``scores``, ``label_set`` and the like;
        ``learned`` says whether the model learned from this picture or a near-duplicate. For a picture that
        cannot be used, or a folder without one, its ``error`` says why, and nothing is raised.

    Raises
    ------
    InputError
        If what is given is no path, or holds no pictures at all, the coverage is not in (0, 1), or the model
        has no label sets.
    BundleError
        If the model was made in another space than this backbone's.

    Examples
    --------
    >>> for verdict in predict(load_model("reports/lda"), "new-pictures", coverage=0.9):
    ...     print(verdict.path, verdict.verdict, verdict.label_set)
    """
    if isinstance(model, str | os.PathLike):
        model = load_model(model)
    check_kind(model, Bundle, "a model", "give what load_model returns, or a path of a model.styleid")
    if coverage is not None:
        check_kind(coverage, float | int, "a coverage between 0 and 1", "give a number")
    asked = [pictures] if isinstance(pictures, str | os.PathLike) else pictures
    check_kind(asked, Iterable, "paths of pictures", "give one path, or several in a list")
    asked = list(asked)
    for picture in asked:
        check_kind(picture, str | os.PathLike, "a path of each picture", "give paths of files or folders")
    check_kind(recursive, bool, "True or False for recursive", "give one of them")
    return Verdicts(predict_each(model, pictures_in(asked, recursive), weights, device, coverage))


def predict_each(
    model: Bundle,
    paths: Sequence[Path],
    weights: StrPath | None = None,
    device: str = "auto",
    coverage: float | None = None,
) -> Iterator[Verdict]:
    """Give the verdicts of `predict` on files one after the other, as soon as a batch of them is judged."""
    rule = None if coverage is None else set_rule(model, coverage)[0]
    views, pool = views_of(model)
    embedders = embedders_of(model, weights, device, min(_BATCH, len(paths) * len(views)))
    for start in range(0, len(paths), 2 * _BATCH):
        some = paths[start : start + 2 * _BATCH]
        parts, (errors, *_) = zip(*(one.try_transform(some) for one in embedders), strict=True)
        stacks = [part.reshape(len(some), len(views), -1) for part in parts]
        vectors = pool_views(np.concatenate(stacks, axis=2), pool)
        usable = [number for number, error in enumerate(errors) if error is None]
        judged = dict(zip(usable, judge(model, vectors[usable], rule), strict=True))
        known = dict(zip(usable, _recognise(model, [some[number] for number in usable]), strict=True))
        for number, (path, error) in enumerate(zip(some, errors, strict=True)):
            if error is None:
                yield replace(judged[number], path=str(path), learned=known[number])
            else:
                yield Verdict(str(path), None, {}, model.calibrated, error=error)


def embedders_of(
    model: Bundle, weights: StrPath | None, device: str, batch_size: int
) -> list[PictureEmbedder]:
    """Return what makes a picture's vectors, of each of the model's spaces; their views lie side by side."""
    embedders = [
        PictureEmbedder(
            str(space.identity["backbone"]),
            own,
            device,
            batch_size=batch_size,
            views=views_text(views_of(model)[0]),
            pool=VOTE,
            descriptor=space.descriptor,
            precision=space.precision,
            policy=policy_of(model),
        )
        for space, own in weights_of(model, weights)
    ]
    model.require_space(joint_space([embedder.space for embedder in embedders]).identity)
    return embedders


def _recognise(model: Bundle, paths: Sequence[Path]) -> list[str | None]:
    """Say of each picture whether the model learned from it; None where nobody can tell."""
    if model.learned is None:
        return [None] * len(paths)
    workers = min(len(paths), os.cpu_count() or 1) or 1
    read = read_facts(paths, workers)
    return [None if facts is None else model.learned.recognise(facts) for facts in read]


def pictures_in(
    asked: Sequence[StrPath], recursive: bool = True, note: Callable[[str], None] = lambda line: None
) -> list[Path]:
    """List files, and for each folder the pictures in it, in the order given; `note` takes what is left out.

    Beside others, a folder without pictures stands for itself, and cannot be judged.
    """
    paths: list[Path] = []
    bare: list[Path] = []
    for picture in map(Path, asked):
        if not os.path.isdir(picture):
            paths.append(picture)
            continue
        content = find_pictures(picture, recursive=recursive)
        paths += [picture / name for name in content.pictures] or [picture]
        bare += [] if content.pictures else [picture]
        for line in content.lines(picture):
            note(line)
    for picture in bare:
        if len(bare) == len(paths):
            raise InputError(f"no pictures in {picture}", path=picture)
        note(f"no pictures in {picture}")
    return paths


def weights_of(bundle: Bundle, weights: StrPath | None) -> list[tuple[Space, Path | None]]:
    """Return the model's spaces and the weights file of each, None where the backbone's own serve.

    Of several spaces a file serves those that were made with what it holds.
    """
    parts = Space(bundle.space).parts
    given = None if weights is None else as_path(weights, "weights")
    if given is None or len(parts) == 1:
        return [(part, given) for part in parts]
    files = [
        (part, given if choice.digest == part.identity["weights_digest"] else None)
        for part in parts
        for choice in [choose_backbone(str(part.identity["backbone"]), given)]
    ]
    if all(own is None for _, own in files):
        raise BundleError(
            f"expected the weights of one of the model's spaces, found others in {given}; leave them out"
        )
    return files


def policy_of(bundle: Bundle) -> DecodePolicy:
    """Return the decode policy of a model's vectors; one that names no formats was made with the default."""
    return read_policy(bundle.options.get("policy"), bundle.space)


def views_of(bundle: Bundle) -> tuple[tuple[str, ...], str]:
    """Return the names of the views a model looks at, and how they are pooled.

    A model that names no views was made from centre views. Raises `BundleError` if the views are not known
    here, or are not as many as the model's heads take.
    """
    text, pool = str(bundle.options.get("views") or CENTER), str(bundle.options.get("pool") or MEAN)
    try:
        views = parse_views(text)
    except InputError as error:
        raise BundleError(
            f"the model looks at the views {text!r}, which this styleid does not know; install a newer one "
            "or fit again",
            views=text,
        ) from error
    if bundle.n_views != (len(views) if pool == VOTE else 1):
        raise BundleError(
            f"expected heads of the views {text!r} (pool {pool}), found some of {bundle.n_views} side by "
            "side; the model was changed: fit it anew",
            views=text,
        )
    return views, pool
