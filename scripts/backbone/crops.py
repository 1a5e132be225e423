"""Batches of crops: several pictures of several hands, each picture cropped more than once.

Teachers see a crop as it is; the student sees some of them compressed, made small or recoloured, so that it
does not learn to see what is not the hand's. Some of the batches have a subject: whichever hands drew it come
first, each with its drawing of it, so that the thing drawn does not tell the hands apart.
"""

from __future__ import annotations

import io
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from backbone.changes import compressed, grey, small, turned
from backbone.shelves import TRAIN, Picture, Shelves, read_list
from backbone.sources import HELD

#: How often pictures of each kind are shown, so that what there is most of does not fill the batches.
SHARES = {
    "files": 0.26,
    "textures": 0.22,
    "clipart": 0.14,
    "tiles": 0.12,
    "themes": 0.12,
    "icons": 0.09,
    "avatars": 0.05,
}
#: Share of a picture's area that a crop covers, and of its sides.
AREA, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)
#: How often the student's crop is changed in each way, and a recoloured one is grey.
CHANGED, GREY = 0.15, 0.2
#: Fewest hands that have drawn a subject for it to be drawn by a batch.
FEWEST = 4
#: Batches drawn ahead, a thread.
AHEAD = 2


@dataclass(frozen=True)
class Shape:
    """How many hands a batch holds, pictures a hand and crops a picture; how often it has a subject."""

    hands: int
    pictures: int
    crops: int
    subjects: float = 0.0


@dataclass(frozen=True)
class Batch:
    """Crops in the order of their pictures: for teachers and student (b, side, side, 3), and whose (b,)."""

    clean: NDArray[np.uint8]
    seen: NDArray[np.uint8]
    hand: NDArray[np.int64]


class Crops:
    """Draws batches in a thread, some ahead; batch n is the same whenever the corpus is.

    ``side`` says how large the crops of batch n are; ``first`` is the number of the first batch wanted.
    """

    def __init__(
        self,
        corpus: Path,
        shape: Shape,
        side: Callable[[int], int],
        seed: int,
        first: int = 0,
        readers: int = 1,
    ) -> None:
        self.shape, self.side, self.seed, self._next = shape, side, seed, first
        self._shelves = Shelves(corpus)
        by_hand: dict[str, list[Picture]] = defaultdict(list)
        by_subject: dict[str, dict[str, Picture]] = defaultdict(dict)
        for row in read_list(corpus / "corpus.csv"):
            if row.set == TRAIN:
                by_hand[row.hand].append(row)
                by_subject[row.subject][row.hand] = row
        assert not set().union(*HELD.values()) & set(by_hand), "a hand kept for judgement"
        self.works = list(by_hand.values())
        number = {hand: at for at, hand in enumerate(by_hand)}
        self.subjects = [
            {number[hand]: picture for hand, picture in drawn.items()}
            for drawn in by_subject.values()
            if len(drawn) >= FEWEST
        ]
        self.chances = _chances(self.works)
        self._pool = ThreadPoolExecutor(readers)
        self._coming = deque(self._ordered() for _ in range(AHEAD * readers))

    def __next__(self) -> Batch:
        self._coming.append(self._ordered())
        return self._coming.popleft().result()

    def _ordered(self) -> Future[Batch]:
        number, self._next = self._next, self._next + 1
        return self._pool.submit(self.drawn, number)

    def drawn(self, number: int) -> Batch:
        """Return the batch of a number."""
        rng, side = np.random.default_rng((self.seed, number)), self.side(number)
        clean, seen, hand = [], [], []
        for who, picture in self.chosen(rng):
            image = Image.open(io.BytesIO(self._shelves.read(picture))).convert("RGB")
            for _ in range(self.shape.crops):
                crop = cropped(image, side, rng)
                clean.append(np.asarray(crop))
                seen.append(np.asarray(changed(crop, rng)))
                hand.append(who)
        return Batch(np.stack(clean), np.stack(seen), np.array(hand))

    def chosen(self, rng: np.random.Generator) -> Iterator[tuple[int, Picture]]:
        """Yield the pictures of a batch, each with its hand."""
        hands, pictures = self.shape.hands, self.shape.pictures
        subject: dict[int, Picture] = {}
        if self.subjects and rng.random() < self.shape.subjects:
            subject = self.subjects[rng.integers(len(self.subjects))]
        first = rng.permutation(list(subject))[:hands]
        others = np.setdiff1d(np.arange(len(self.works)), first)
        chances = self.chances[others] / self.chances[others].sum()
        rest = rng.choice(others, hands - len(first), replace=False, p=chances)
        for who in map(int, (*first, *rest)):
            works = self.works[who]
            drawn = rng.choice(len(works), pictures, replace=len(works) < pictures)
            files = [works[at] for at in drawn]
            if who in subject:
                files[0] = subject[who]
            yield from ((who, file) for file in files)


def _chances(works: list[list[Picture]]) -> NDArray[np.float64]:
    """Return how often each hand is drawn: within a kind, neither every hand alike nor every picture."""
    kinds = np.array([own[0].kind for own in works])
    weights = np.sqrt([len(own) for own in works])
    for kind in np.unique(kinds):
        weights[kinds == kind] *= SHARES[kind] / weights[kinds == kind].sum()
    chances: NDArray[np.float64] = weights / weights.sum()
    return chances


def cropped(image: Image.Image, side: int, rng: np.random.Generator) -> Image.Image:
    """Return some part of a picture at some size, perhaps mirrored."""
    area = image.width * image.height * np.exp(rng.uniform(*np.log(AREA)))
    ratio = np.exp(rng.uniform(*np.log(RATIO)))
    width, height = min(image.width, (area * ratio) ** 0.5), min(image.height, (area / ratio) ** 0.5)
    left, top = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
    box = (left, top, left + width, top + height)
    crop = image.resize((side, side), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
    return crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else crop


def changed(crop: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a crop as it is, or as it comes out of what pictures go through on their way."""
    if rng.random() < CHANGED:
        crop = small(crop, round(crop.width * rng.uniform(0.4, 0.9)))
    if rng.random() < CHANGED:
        for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
            crop = change(crop).enhance(rng.uniform(0.7, 1.3))
        crop = grey(crop) if rng.random() < GREY else turned(crop, int(rng.integers(-24, 25)))
    if rng.random() < CHANGED:
        crop = compressed(crop, int(rng.integers(30, 95)))
    return crop
