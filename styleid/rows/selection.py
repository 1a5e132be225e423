"""Which rows a command learns from, and by which vectors: options of all commands, and of a fit."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import ClassVar, TypeVar

from styleid.data.views.names import CENTER, DEFAULT_VIEW, augment_number, parse_views, views_text
from styleid.errors import InputError
from styleid.given import check_fields
from styleid.vectors.pooling import MEAN, check_pool
from styleid.vectors.store.space import read_current
from styleid.vectors.store.store import SpaceStore

PROTOCOLS = ("cv", "holdout")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Rows of a manifest, and the vectors that stand for them; the options of each command are one."""

    where: str | None = None  # COLUMN=VALUE: only these rows of the manifest
    target: str | None = None  # this label against all others
    skip_small: bool = False  # leave out labels with too few components to be scored, instead of refusing
    space: str | None = None  # of the store; None: the one embedded last; several for JOINS, joined by +
    views: str | None = None  # as `styleid embed --views` takes them; None: the last, but augmented ones
    pool: str = MEAN  # mean: of a picture's vectors; vote: learned from each view, whose scores are averaged

    #: Whether a head of each of several spaces can be fitted.
    JOINS: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.JOINS and "+" in (self.space or ""):
            raise InputError(
                f"--space expects one space here, found {self.space}; `styleid fit` and "
                "`styleid compare` take several",
                space=self.space,
            )

    @property
    def default_name(self) -> str:
        """Name of the run's folder, unless one is given."""
        raise NotImplementedError

    def name_run(self, first: str, kind: str = "", protocol: str = "") -> str:
        """Return a folder's name made from what is asked, so that the same request replaces it, and no other.

        Labels may hold anything a folder's name may, and more, while the run's name holds what every disk
        takes: where that changed what was asked, a digest of it tells `a b` from `a-b`.
        """
        parts = [
            first,
            "" if self.target is None else f"target-{self.target}",
            kind,
            "" if self.views == DEFAULT_VIEW else self.views,
            "" if self.pool == MEAN else self.pool,
            protocol,
            self.where,
            self.space,
        ]
        name = "-".join(_safe(part) for part in parts if part)
        given = [self.target or "", *(self.where or "=").split("=", 1)]
        if all(_safe(text) == text and "-" not in text for text in given) and len(os.fsencode(name)) <= 100:
            return name
        digest = sha256("\0".join([name, *given]).encode("utf-8", "surrogateescape")).hexdigest()[:8]
        return f"{os.fsencode(name)[:91].decode(errors='ignore')}-{digest}"


def _safe(text: str) -> str:
    return "".join(c if c.isalnum() or c in "._" else "-" for c in text)


S = TypeVar("S", bound=Selection)


def settled(selection: S, store: SpaceStore) -> S:
    """Return the selection with views and pooling settled.

    Without views, those on record are meant, or the centre where nothing is recorded. Augmented ones
    are left aside, since they are made to learn from and not to be judged by. One view has nothing to vote
    on and is pooled by ``mean``.
    """
    check_pool(selection.pool)
    text = selection.views
    if text is None:
        on_record = read_current(store.root).views
        looked_at = {one.space.folder: on_record.get(one.space.folder) or CENTER for one in store.parts}
        if len(set(looked_at.values())) > 1:
            found = ", ".join(f"{views} of {folder}" for folder, views in looked_at.items())
            raise InputError(f"expected the same views of every space, found {found}; choose by --views")
        recorded = parse_views(next(iter(looked_at.values())))
        text = views_text(view for view in recorded if augment_number(view) is None) or CENTER
    views = parse_views(text)
    return replace(selection, views=views_text(views), pool=selection.pool if len(views) > 1 else MEAN)


@dataclass(frozen=True, kw_only=True)
class FitOptions(Selection):
    """Options of `fit`, saved in ``result.json`` and in the model.

    Parameters
    ----------
    head : str
        Name of the head, as listed by ``styleid heads``.
    protocol : str
        ``cv``: every picture is scored once, out of fold; ``holdout``: 64/16/20, or the manifest's own split.
    folds : int
        Number of folds for ``cv``; fewer are made where the groups do not allow as many.
    one_vs_rest : bool
        One independent model per label.
    seed : int
        Seed of everything random.
    false_alarm : float
        Share of pictures by known hands that may be called unknown.
    thumbnails : bool
        Whether the model may carry small copies of the pictures, which evidence is shown with.
    where, target, skip_small, space, views, pool
        As in `Selection`, which says what is learned from. With several spaces, joined by ``+``, a head is
        fitted on the vectors of each, and their scores are averaged.
    """

    JOINS = True

    head: str = "lda"
    protocol: str = "cv"
    folds: int = 5
    one_vs_rest: bool = False
    seed: int = 0
    false_alarm: float = 0.05
    thumbnails: bool = True

    @property
    def default_name(self) -> str:
        """Name of the run's folder, made from the options."""
        kind = "one-vs-rest" if self.one_vs_rest else ""
        return self.name_run(self.head, kind, "" if self.protocol == "cv" else self.protocol)
