"""How far a student is from its teacher on pictures of hands that it never learns from."""

from __future__ import annotations

import io
import zlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from backbone.losses import with_floor
from backbone.shelves import TRAIN, Picture, Shelves, read_list
from backbone.sources import WATCHED
from backbone.student import Student
from backbone.teachers import Taught

SIDE, MOST, BATCH = 160, 96, 32


class Watch:
    """Some pictures of kept hands, shown whole: paint and photographs apart from drawings."""

    def __init__(self, corpus: Path, device: str) -> None:
        self.device, shelves = device, Shelves(corpus)
        kept: dict[str, list[Picture]] = defaultdict(list)
        for row in read_list(corpus / "corpus.csv"):
            if row.set != TRAIN:
                kept["paint" if row.set == WATCHED else "drawn"].append(row)
        self.sets = {
            name: np.stack([_whole(shelves.read(row)) for row in sorted(rows, key=_lot)[:MOST]])
            for name, rows in sorted(kept.items())
        }

    @torch.no_grad()
    def errors(self, student: Student, teacher: Taught) -> dict[str, list[float]]:
        """Return the squared error of each stage over its channels' variances, means over the channels."""
        training = student.training
        student.eval()
        found = {}
        for name, pixels in self.sets.items():
            sums = [torch.zeros(3, width) for width in (64, 128, 256)]  # error, target, target squared
            weights = torch.zeros(3)
            for at in range(0, len(pixels), BATCH):
                some = torch.from_numpy(pixels[at : at + BATCH]).to(self.device)
                with torch.autocast(self.device, torch.bfloat16, enabled=True):
                    maps = student.maps(some)
                for stage, (ours, theirs) in enumerate(zip(maps, teacher(some), strict=True)):
                    parts = ((ours.float() - theirs).square(), theirs, theirs.square())
                    sums[stage] += torch.stack([part.sum((0, 2, 3)) for part in parts]).cpu()
                    weights[stage] += theirs[:, 0].numel()
            errors = []
            for one, n in zip(sums, weights, strict=True):
                error, mean, square = one / n
                errors.append(round(float((error / with_floor(square - mean.square())).mean()), 4))
            found[name] = errors
        student.train(training)
        return found


def _lot(row: Picture) -> int:
    """Return a number by which pictures are drawn that stay the same when others come."""
    return zlib.crc32(f"{row.hand} {row.subject} {row.offset}".encode())


def _whole(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        short = min(image.size)
        left, top = (image.width - short) / 2, (image.height - short) / 2
        box = (left, top, left + short, top + short)
        return np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box))
