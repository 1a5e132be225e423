"""Batches of crops: several pictures of several hands, each picture cropped more than once.

Half of the batches have a subject: whichever hands drew it come first, each with its drawing of it, so that
the thing drawn does not tell the hands apart.
"""

from __future__ import annotations

import csv
from collections import defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from backbone.changes import compressed, grey, turned
from backbone.sources import HELD

#: Share of a picture's area that a crop covers, and of its sides.
AREA, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)
GREY, JPEG, SAME_SUBJECT = 0.05, 0.15, 0.5
#: Fewest hands that have drawn a subject for it to be drawn by a batch.
FEWEST = 4
AHEAD = 2


@dataclass(frozen=True)
class Batch:
    """Crops in the order of their pictures.

    Attributes
    ----------
    pixels : NDArray of uint8
        (b, side, side, 3).
    hand : NDArray of int64
        (b,) number of who made it.
    """

    pixels: NDArray[np.uint8]
    hand: NDArray[np.int64]


class Crops:
    """Draws batches in a thread, some ahead.

    Parameters
    ----------
    corpus : Path
        What ``build_corpus.py`` wrote.
    side : int
        Of a crop, in pixels; may be changed, the batches after those already drawn follow.
    hands, pictures, crops : int
        How many hands a batch holds, pictures a hand and crops a picture.
    seed : int
        Same seed, same batches.
    """

    def __init__(self, corpus: Path, side: int, hands: int, pictures: int, crops: int, seed: int) -> None:
        self.side, self.shape = side, (hands, pictures, crops)
        by_hand: dict[str, list[Path]] = defaultdict(list)
        by_subject: dict[str, dict[str, Path]] = defaultdict(dict)
        with (corpus / "corpus.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["set"] == "train":
                    by_hand[row["hand"]].append(corpus / row["file"])
                    by_subject[row["subject"]][row["hand"]] = corpus / row["file"]
        assert not set().union(*HELD.values()) & set(by_hand), "a hand kept for judgement"
        self.works = list(by_hand.values())
        number = {hand: at for at, hand in enumerate(by_hand)}
        self.subjects = [
            {number[hand]: file for hand, file in drawn.items()}
            for drawn in by_subject.values()
            if len(drawn) >= FEWEST
        ]
        weights = np.sqrt([len(works) for works in self.works])  # neither every hand alike nor every picture
        self.chances = weights / weights.sum()
        self.rng = np.random.default_rng(seed)
        self._pool = ThreadPoolExecutor(1)
        self._coming = deque(self._pool.submit(self._drawn) for _ in range(AHEAD))

    def __next__(self) -> Batch:
        self._coming.append(self._pool.submit(self._drawn))
        return self._coming.popleft().result()

    def _drawn(self) -> Batch:
        side, crops = self.side, self.shape[2]  # the side may be changed while this draws
        pixels, hand = [], []
        for who, file in self._chosen():
            with Image.open(file) as image:
                image.load()
            pixels += [self._crop(image, side) for _ in range(crops)]
            hand += [who] * crops
        return Batch(np.stack(pixels), np.array(hand))

    def _chosen(self) -> Iterator[tuple[int, Path]]:
        """Yield the pictures of a batch, each with its hand."""
        hands, pictures, _ = self.shape
        subject: dict[int, Path] = {}
        if self.subjects and self.rng.random() < SAME_SUBJECT:
            subject = self.subjects[self.rng.integers(len(self.subjects))]
        first = self.rng.permutation(list(subject))[:hands]
        others = np.setdiff1d(np.arange(len(self.works)), first)
        chances = self.chances[others] / self.chances[others].sum()
        rest = self.rng.choice(others, hands - len(first), replace=False, p=chances)
        for who in map(int, (*first, *rest)):
            works = self.works[who]
            drawn = self.rng.choice(len(works), pictures, replace=len(works) < pictures)
            files = [works[at] for at in drawn]
            if who in subject:
                files[0] = subject[who]
            yield from ((who, file) for file in files)

    def _crop(self, image: Image.Image, side: int) -> NDArray[np.uint8]:
        rng = self.rng
        area = image.width * image.height * np.exp(rng.uniform(*np.log(AREA)))
        ratio = np.exp(rng.uniform(*np.log(RATIO)))
        width, height = min(image.width, (area * ratio) ** 0.5), min(image.height, (area / ratio) ** 0.5)
        left, top = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
        box = (left, top, left + width, top + height)
        crop = image.resize((side, side), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
        if rng.random() < 0.5:
            crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
            crop = change(crop).enhance(rng.uniform(0.6, 1.4))
        if rng.random() < 0.5:  # turn the hues: which colours there are is no hand
            crop = turned(crop, int(rng.integers(-32, 33)))
        if rng.random() < GREY:
            crop = grey(crop)
        if rng.random() < JPEG:
            crop = compressed(crop, int(rng.integers(40, 95)))
        return np.asarray(crop)
