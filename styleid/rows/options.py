"""The options of a fit."""

from __future__ import annotations

from dataclasses import dataclass

from styleid.rows.selection import Selection

PROTOCOLS = ("cv", "holdout")
#: What `--target` calls everybody else.
OTHERS = "others"


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
    where, target, skip_small, space, views, pool
        As in `Selection`, which says what is learned from.
    """

    head: str = "lda"
    protocol: str = "cv"
    folds: int = 5
    one_vs_rest: bool = False
    seed: int = 0
    false_alarm: float = 0.05

    @property
    def default_name(self) -> str:
        """Name of the run's folder, made from the options."""
        kind = "one-vs-rest" if self.one_vs_rest else ""
        return self.name_run(self.head, kind, "" if self.protocol == "cv" else self.protocol)
