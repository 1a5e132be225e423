"""A small plot for the page: places within an SVG, which follows the page's colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 36
FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


class Mark(NamedTuple):
    """One point, with the ends of its interval where it has one, in the units of the SVG."""

    kind: str  # class in the style sheet
    x: float
    y: float
    low: float | None = None
    high: float | None = None  # lies above low, so it is the smaller number


@dataclass(frozen=True)
class Panel:
    """One panel, in the units of an SVG of `WIDTH` by `HEIGHT`."""

    WIDTH: ClassVar = WIDTH
    HEIGHT: ClassVar = HEIGHT
    LEFT: ClassVar = LEFT
    RIGHT: ClassVar = RIGHT

    title: str  # what its y axis is
    x_title: str
    lines: list[tuple[str, str]] = field(default_factory=list)  # style sheet class, points of a polyline
    marks: list[Mark] = field(default_factory=list)
    x_ticks: list[tuple[float, str]] = field(default_factory=list)  # place and number
    y_ticks: list[tuple[float, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Plane:
    """From numbers to places: the ends are the numbers at the left and right, and at the bottom and top."""

    x_ends: tuple[float, float]
    y_ends: tuple[float, float]

    def x(self, value: float) -> float:
        """Place a number from left to right; in the middle where both ends are one."""
        return round(LEFT + (WIDTH - LEFT - RIGHT) * _share(value, self.x_ends), 1)

    def y(self, value: float) -> float:
        """Place a number from the bottom up."""
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * _share(value, self.y_ends), 1)

    def line(self, points: Sequence[tuple[float, float]]) -> str:
        """Write the points of a polyline."""
        return " ".join(f"{self.x(x)},{self.y(y)}" for x, y in points)

    def mark(
        self, kind: str, x: float, y: float, low: float | None = None, high: float | None = None
    ) -> Mark:
        """Place a point and its interval, of ``y``."""
        ends = (None, None) if low is None or high is None else (self.y(low), self.y(high))
        return Mark(kind, self.x(x), self.y(y), *ends)

    def y_ticks(self, values: Sequence[float]) -> list[tuple[float, str]]:
        """Place numbers at the y axis."""
        return [(self.y(value), _write(value)) for value in values]

    def x_ticks(self, values: Sequence[float]) -> list[tuple[float, str]]:
        """Place numbers at the x axis."""
        return [(self.x(value), _write(value)) for value in values]


def round_steps(values: Sequence[float]) -> list[float]:
    """Choose two or more rising round numbers that hold all the values between them."""
    return [float(v) for v in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(min(values), max(values))]


def _share(value: float, ends: tuple[float, float]) -> float:
    low, high = ends
    return (value - low) / (high - low) if high > low else 0.5


def _write(value: float) -> str:
    return f"{value:g}" if abs(value) > 1e-12 else "0"
