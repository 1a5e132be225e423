"""Where in a picture its hands speak: windows over all of it, each judged as if it were a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Side of a window as a share of the picture's short side, and the most along one side of it: of a picture
#: longer than that allows the windows lie apart.
SHARE, MOST_ASIDE = 0.5, 7


@dataclass(frozen=True, eq=False)
class Windows:
    """Square windows that overlap by half, row by row; all lengths are shares of width and height."""

    lefts: NDArray[np.float64]  # (columns,) ascending
    tops: NDArray[np.float64]  # (rows,)
    width: float
    height: float

    @classmethod
    def over(cls, width: int, height: int, share: float = SHARE) -> Windows:
        """Lay windows over a picture of so many pixels."""
        side = share * min(width, height)
        return cls(_starts(width, side), _starts(height, side), side / width, side / height)

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """Return left, top, right and bottom of each window."""
        return [
            (left, top, min(left + self.width, 1.0), min(top + self.height, 1.0))
            for top in self.tops.tolist()
            for left in self.lefts.tolist()
        ]

    def cut(self, image: Image.Image, side: int) -> NDArray[np.uint8]:
        """Cut the windows out of a picture, each scaled to (side, side, 3) pixels."""
        scale = np.array([*image.size, *image.size])
        return np.stack(
            [
                np.asarray(
                    image.resize(
                        (side, side), Image.Resampling.BILINEAR, box=tuple((np.array(box) * scale).tolist())
                    ),
                    dtype=np.uint8,
                )
                for box in self.boxes()
            ]
        )

    def leading(self, scores: NDArray[np.float64], count: int) -> list[int]:
        """Return the windows of the highest of (n,) scores; of those that overlap by more than half one."""
        chosen: list[int] = []
        boxes = np.array(self.boxes())
        for number in np.argsort(-scores, kind="stable").tolist():
            apart = np.abs(boxes[chosen, :2] - boxes[number, :2]) / (self.width, self.height)
            if (apart.max(axis=1, initial=0.0) if len(apart) else np.ones(1)).min() > 0.45:
                chosen.append(number)
        chosen += [number for number in np.argsort(-scores, kind="stable").tolist() if number not in chosen]
        return chosen[:count]

    def cells(self, scores: NDArray[np.float64]) -> tuple[list[float], list[float], NDArray[np.float64]]:
        """Average (n, k) scores of windows over the cells that their edges make: (rows, columns, k).

        Returned first are the edges of the cells from left to right and from top to bottom. A cell that no
        window covers holds NaN.
        """
        columns, rows = _edges(self.lefts, self.width), _edges(self.tops, self.height)
        across = _inside(columns, self.lefts, self.width)  # (cells, windows)
        down = _inside(rows, self.tops, self.height)
        weight = np.einsum("ri,cj->rcij", down, across)
        grid = scores.reshape(len(self.tops), len(self.lefts), -1)
        total = weight.sum(axis=(2, 3))[:, :, None]
        with np.errstate(invalid="ignore"):
            mean: NDArray[np.float64] = np.einsum("rcij,ijk->rck", weight, grid) / total
        return columns, rows, mean


def beside_whole(windows: NDArray[np.float32], views: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make rows for a head of (n, dim) vectors of windows, as if they were of whole pictures: (n, v * dim).

    A window shows strokes larger than any picture the head learned from. What all windows of a picture have
    in common is taken away, and the (v, dim) vectors of its views are put in its place: of two halves by two
    hands the right one is then named far more often (docs/evidence.md).
    """
    apart = windows - windows.mean(axis=0)
    rows: NDArray[np.float32] = (views + apart[:, None]).reshape(len(windows), -1).astype(np.float32)
    return rows


def _starts(length: int, side: float) -> NDArray[np.float64]:
    """Return where windows begin along a side, as shares of it: half a window apart, from end to end."""
    count = min(1 + math.ceil((length - side) / (side / 2) - 1e-9), MOST_ASIDE)
    starts: NDArray[np.float64] = np.linspace(0.0, 1 - side / length, count)
    return starts


def _edges(starts: NDArray[np.float64], width: float) -> list[float]:
    edges = np.unique(np.round(np.concatenate([starts, starts + width]), 9))
    return [float(edge) for edge in np.clip(edges, 0, 1)]


def _inside(edges: list[float], starts: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Say of each cell between edges and of each window if it covers the cell: (cells, windows) 0 and 1."""
    middle = (np.array(edges[1:]) + np.array(edges[:-1]))[:, None] / 2
    inside: NDArray[np.float64] = ((middle > starts) & (middle < starts + width)).astype(float)
    return inside
