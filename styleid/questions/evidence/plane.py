"""Marks of labels, and the plane of known pictures as the lines of a small drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from styleid.questions.evidence.sheet import Plane
from styleid.report.palette import colour, marker

#: Most pictures that are drawn, evenly spaced over the labels.
MOST = 1500
#: Corners of the marks that are no circles, and the turn of the first.
_CORNERS = {"s": (4, 45), "^": (3, -90), "D": (4, 0), "v": (3, 90), "p": (5, -90)}


@dataclass(frozen=True)
class Layer:
    """All marks of one label."""

    name: int  # number of the label
    fill: str
    path: str


@dataclass(frozen=True)
class Drawing:
    """A plane in a frame of `WIDTH` x `HEIGHT`."""

    layers: tuple[Layer, ...]
    x: float  # where the new picture is
    y: float
    n_shown: int
    n_beyond: int  # pictures that lie beyond the frame and are drawn at its edge

    WIDTH: ClassVar[int] = 640
    HEIGHT: ClassVar[int] = 420
    MARGIN: ClassVar[int] = 14


def draw_plane(plane: Plane) -> Drawing:
    """Put the bulk of the known pictures into the frame; what lies far beyond it is drawn at its edge."""
    n = len(plane.places)
    few = np.unique(np.linspace(0, n - 1, min(n, MOST)).astype(int))
    low, high = np.percentile(plane.places, [1, 99], axis=0).astype(np.float64)
    margin = 0.08 * np.maximum(high - low, 1e-9)
    low, high = low - margin, high + margin
    room = np.array([Drawing.WIDTH, Drawing.HEIGHT]) - 2 * Drawing.MARGIN
    scale = float((room / (high - low)).min())
    start = Drawing.MARGIN + (room - scale * (high - low)) / 2

    def put(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        at = start + scale * (places - low)
        kept = np.clip(at, Drawing.MARGIN / 2, room + 1.5 * Drawing.MARGIN)
        kept[:, 1] = Drawing.HEIGHT - kept[:, 1]
        return kept, (at != np.clip(at, 0, room + 2 * Drawing.MARGIN)).any(axis=1)

    points, beyond = put(plane.places[few].astype(np.float64))
    radius = float(np.clip(70 / math.sqrt(max(len(few), 1)), 2.2, 5.0))
    labels = plane.labels[few]
    layers = tuple(
        Layer(
            label,
            colour(label),
            "".join(mark(label, x, y, radius) for x, y in points[labels == label].tolist()),
        )
        for label in np.unique(labels).tolist()
    )
    (x, y), *_ = put(np.array([plane.here], dtype=np.float64))[0].tolist()
    return Drawing(layers, x, y, len(few), int(beyond.sum()))


def mark(label: int, x: float, y: float, radius: float) -> str:
    """Write a label's mark as the path of an SVG: another shape where its colour comes round again."""
    kind = marker(label)
    if kind == "o":
        r = f"{radius:.1f}"
        return (
            f"M{x - radius:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * radius:.1f} 0a{r} {r} 0 1 0 {-2 * radius:.1f} 0z"
        )
    corners, turn = _CORNERS[kind]
    angles = [math.radians(turn + 360 * number / corners) for number in range(corners)]
    reach = 1.2 * radius
    points = [f"{x + reach * math.cos(angle):.1f} {y + reach * math.sin(angle):.1f}" for angle in angles]
    return f"M{'L'.join(points)}z"
