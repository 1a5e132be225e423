"""The options of a fit."""

from __future__ import annotations

from dataclasses import dataclass

from styleid.data.views.names import DEFAULT_VIEW
from styleid.vectors.pooling import MEAN

PROTOCOLS = ("cv", "holdout")
#: What `--target` calls everybody else.
OTHERS = "others"


@dataclass(frozen=True)
class FitOptions:
    """Options of `fit`, saved in ``result.json`` and in the bundle.

    Attributes
    ----------
    head : str
        Name of the head.
    protocol : str
        ``cv``: every picture is scored once, out of fold; ``holdout``: 64/16/20, or the manifest's own split.
    folds : int
        Number of folds for ``cv``; fewer are made where the groups do not allow as many.
    target : str or None
        This label against all others.
    one_vs_rest : bool
        One independent model per label.
    where : str or None
        ``COLUMN=VALUE``: use only these rows of the manifest.
    skip_small : bool
        Leave out labels with too few groups to be scored, instead of refusing.
    space : str or None
        A space of the store; None means the one embedded last.
    seed : int
        Seed of everything random.
    false_alarm : float
        Share of pictures by known hands that may be called unknown.
    views : str or None
        As `styleid embed --views` takes them; None means those embedded last, except augmented ones.
    pool : str
        ``mean``: heads learn from the mean of a picture's views; ``vote``: from each view, and the scores
        of a picture are the means of its views' scores.
    """

    head: str = "lda"
    protocol: str = "cv"
    folds: int = 5
    target: str | None = None
    one_vs_rest: bool = False
    where: str | None = None
    skip_small: bool = False
    space: str | None = None
    seed: int = 0
    false_alarm: float = 0.05
    views: str | None = None
    pool: str = MEAN

    @property
    def default_name(self) -> str:
        """Name of the run's folder: made from the options, so that the same request replaces it."""
        parts = [self.head]
        if self.target is not None:
            parts.append(f"target-{self.target}")
        if self.one_vs_rest:
            parts.append("one-vs-rest")
        if self.views not in (None, DEFAULT_VIEW):
            parts.append(str(self.views))
        if self.pool != MEAN:
            parts.append(self.pool)
        if self.protocol != "cv":
            parts.append(self.protocol)
        if self.where:
            parts.append(self.where)
        if self.space:
            parts.append(self.space)
        # Labels may hold anything a folder's name may, and more; the run's name holds what every disk takes.
        return "-".join("".join(c if c.isalnum() or c in "._" else "-" for c in part) for part in parts)[:100]
