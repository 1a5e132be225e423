"""The options of the artist study."""

from __future__ import annotations

from dataclasses import dataclass

#: One of a pair of relatives in the demo data, so that "similar ones" are among the others.
DEFAULT_TARGET = "noto"


@dataclass(frozen=True)
class ArtistOptions:
    """Options of the artist study, saved in its ``result.json``."""

    target: str = DEFAULT_TARGET
    side: int = 64  # of the pictures in the replay's trainings, in pixels
    epochs: int = 20  # of each of these trainings
    heads: tuple[str, ...] = ("lda", "logreg", "svm", "mlp", "knn", "centroid")
    augmented: tuple[str, ...] = ("logreg", "mlp")  # those of `heads` that also learn from augmented views
    views: int = 4  # augmented views of each picture
    seed: int = 0
    quick: bool = False


def quick_options(target: str = DEFAULT_TARGET, seed: int = 0) -> ArtistOptions:
    """Return the options of the short form, which shows that everything runs; its numbers say little."""
    heads = ("logreg", "knn", "centroid")
    return ArtistOptions(target, 32, 2, heads, ("logreg",), 1, seed, quick=True)
