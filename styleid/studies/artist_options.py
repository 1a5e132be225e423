"""How the study of the artist project is done."""

from __future__ import annotations

from dataclasses import dataclass

#: One of a pair of relatives in the demo data, so that "similar ones" are among the others.
DEFAULT_TARGET = "noto"


@dataclass(frozen=True)
class ArtistOptions:
    """How the study is done; saved in its ``result.json``.

    Attributes
    ----------
    target : str
        The illustrator.
    side : int
        Side of the pictures in the replay's trainings, in pixels.
    epochs : int
        Passes of each of these trainings.
    heads : tuple of str
        Heads that answer.
    augmented : tuple of str
        Those of them that also learn from augmented views.
    views : int
        Augmented views of each picture.
    seed : int
        Seed of everything random.
    quick : bool
        Whether this is the short form.
    """

    target: str = DEFAULT_TARGET
    side: int = 64
    epochs: int = 20
    heads: tuple[str, ...] = ("lda", "logreg", "svm", "mlp", "knn", "centroid")
    augmented: tuple[str, ...] = ("logreg", "mlp")
    views: int = 4
    seed: int = 0
    quick: bool = False


def quick_options(target: str = DEFAULT_TARGET, seed: int = 0) -> ArtistOptions:
    """Return the options of the short form: it shows that everything runs, its numbers say little.

    Parameters
    ----------
    target : str
        The illustrator.
    seed : int
        Seed of everything random.

    Returns
    -------
    ArtistOptions
    """
    heads = ("logreg", "knn", "centroid")
    return ArtistOptions(target, 32, 2, heads, ("logreg",), 1, seed, quick=True)
