"""A small plot for the page: places within an SVG, which follows the page's colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 36


class Mark(NamedTuple):
    """One point, with the ends of its interval where it has one.

    Attributes
    ----------
    kind : str
        Its class in the style sheet.
    x, y : float
        Its place.
    low, high : float or None
        Heights of the interval's ends; ``high`` lies above, so it is the smaller number.
    """

    kind: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Panel:
    """One panel, in the units of an SVG of `WIDTH` by `HEIGHT`.

    Attributes
    ----------
    title : str
        What its y axis is.
    x_title : str
        What its x axis is.
    lines : list of (str, str)
        Class in the style sheet, and the points of a polyline.
    marks : list of Mark
        Single points.
    x_ticks, y_ticks : list of (float, str)
        Place and number.
    """

    title: str
    x_title: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Plane:
    """From numbers to places.

    Attributes
    ----------
    x_ends, y_ends : (float, float)
        The numbers at the left and right, and at the bottom and top.
    """

    x_ends: tuple[float, float]
    y_ends: tuple[float, float]

    def x(self, value: float) -> float:
        """Place a number from left to right; in the middle where both ends are one.

        Parameters
        ----------
        value : float
            Within ``x_ends``.

        Returns
        -------
        float
        """
        return round(LEFT + (WIDTH - LEFT - RIGHT) * _share(value, self.x_ends), 1)

    def y(self, value: float) -> float:
        """Place a number from the bottom up.

        Parameters
        ----------
        value : float
            Within ``y_ends``.

        Returns
        -------
        float
        """
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * _share(value, self.y_ends), 1)

    def line(self, points: Sequence[tuple[float, float]]) -> str:
        """Write the points of a polyline.

        Parameters
        ----------
        points : sequence of (float, float)
            Numbers.

        Returns
        -------
        str
        """
        return " ".join(f"{self.x(x)},{self.y(y)}" for x, y in points)

    def mark(
        self, kind: str, x: float, y: float, low: float | None = None, high: float | None = None
    ) -> Mark:
        """Place a point and its interval.

        Parameters
        ----------
        kind : str
            Class in the style sheet.
        x, y : float
            Numbers.
        low, high : float or None
            Ends of the interval of ``y``.

        Returns
        -------
        Mark
        """
        ends = (None, None) if low is None or high is None else (self.y(low), self.y(high))
        return Mark(kind, self.x(x), self.y(y), *ends)

    def y_ticks(self, values: Sequence[float]) -> list[tuple[float, str]]:
        """Place numbers at the y axis.

        Parameters
        ----------
        values : sequence of float
            Numbers.

        Returns
        -------
        list of (float, str)
        """
        return [(self.y(value), _write(value)) for value in values]

    def x_ticks(self, values: Sequence[float]) -> list[tuple[float, str]]:
        """Place numbers at the x axis.

        Parameters
        ----------
        values : sequence of float
            Numbers.

        Returns
        -------
        list of (float, str)
        """
        return [(self.x(value), _write(value)) for value in values]


def round_steps(values: Sequence[float], most: int = 5) -> list[float]:
    """Choose round numbers that hold all the values between them.

    Parameters
    ----------
    values : sequence of float
        At least one.
    most : int
        Steps at most.

    Returns
    -------
    list of float
        Ascending, at least two.
    """
    return [
        float(v) for v in MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(min(values), max(values))
    ]


def _share(value: float, ends: tuple[float, float]) -> float:
    low, high = ends
    return (value - low) / (high - low) if high > low else 0.5


def _write(value: float) -> str:
    return f"{value:g}" if abs(value) > 1e-12 else "0"
