"""One look for all plots, whatever the user's own matplotlib settings are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from numpy.typing import NDArray

from styleid.report.palette import FAINT, INK, QUIET, RIGHT, RULE, WRONG

DPI = 150
BLUES = LinearSegmentedColormap.from_list("right", ["#ffffff", "#8fc1e3", RIGHT])
REDS = LinearSegmentedColormap.from_list("wrong", ["#ffffff", "#f2b98f", WRONG])
DASHES = (0, (3, 3))

#: Fonts asked for the signs that DejaVu Sans lacks, if they are installed.
_OTHER_SCRIPTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Hiragino Sans", "Yu Gothic",
                  "Microsoft YaHei", "Malgun Gothic", "Noto Sans", "Arial Unicode MS")  # fmt: skip

_STYLE: dict[Any, Any] = {
    "axes.edgecolor": RULE,
    "axes.labelcolor": QUIET,
    "axes.labelsize": 10,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "font.size": 10,
    "grid.color": FAINT,
    "legend.frameon": False,
    "savefig.facecolor": "white",
    "text.color": INK,
    "text.parse_math": False,  # a label may hold dollar signs
    "text.usetex": False,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in the house's look; the settings that were there before come back afterwards."""
    fallbacks = sorted(set(_OTHER_SCRIPTS) & set(fontManager.get_font_names()), key=_OTHER_SCRIPTS.index)
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        mpl.rcParams["font.family"] = ["DejaVu Sans", *fallbacks]
        # A label in a script without a font shows boxes; that is no reason to fail or to speak up.
        warnings.filterwarnings("ignore", message=r"(?s)Glyph \d+ .*missing from", category=UserWarning)
        yield


def new_figure(width: float, height: float, title: str, subtitle: str) -> Figure:
    """Make an empty figure, its size in inches, whose heading says what one sees and how to read it.

    It is drawn on and given to `to_png`, all inside `drawing`.
    """
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    engine = figure.get_layout_engine()
    assert engine is not None
    # suptitle and the line under it lie in a strip that the layout leaves free.
    lines = 1 + subtitle.count("\n")
    strip = (0.46 + 0.19 * lines) / height
    engine.set(rect=(0.012, 0.01, 0.976, 0.99 - strip), w_pad=0.06, h_pad=0.06)  # type: ignore[call-arg]
    left = 0.14 / width
    figure.text(left, 1 - 0.14 / height, title, fontsize=13, fontweight="bold", va="top")
    figure.text(left, 1 - 0.42 / height, subtitle, fontsize=9.5, color=QUIET, va="top", linespacing=1.35)
    return figure


def to_png(figure: Figure) -> bytes:
    """Render a figure as a PNG without the date or version of its maker: equal runs give equal files."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def ink_on(shade: Sequence[float]) -> str:
    """Return black or white: on a shade (red, green, blue from 0 to 1) one of them has a contrast of 4.5."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shade[:3]]
    return "black" if float(np.dot(linear, (0.2126, 0.7152, 0.0722))) > 0.179 else "white"


def clear_frame(axes: Axes) -> None:
    """Take the frame and the ticks off, for axes whose numbers mean nothing."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def rule_axes(axes: Axes, grid: Literal["x", "both"] = "both") -> None:
    """Put the grid behind what is drawn, without ticks; with an x grid there is no line at the left."""
    axes.tick_params(length=0)
    axes.grid(axis=grid)
    axes.set_axisbelow(True)
    if grid == "x":
        axes.spines["left"].set_visible(False)


def rule_cells(axes: Axes, rows: int, columns: int, shade: str, width: float) -> None:
    """Put lines between the cells of a picture that is a matrix, without ticks."""
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=shade, linewidth=width)
    axes.tick_params(which="both", length=0)


def name_rows(axes: Axes, names: Sequence[str], size: float = 10.5) -> None:
    """Name the rows 0, 1, ... of a plot, from the top down."""
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.set_ylim(len(names) - 0.4, -0.6)


def mark_unit_axis(axes: Axes, room: float) -> None:
    """Mark the x axis from 0 to 1 and end it at `room`.

    A room above 1.1 is for bars, which start at 0 and have their number behind them.
    """
    axes.set_xlim(0 if room > 1.1 else -0.03, room)
    axes.set_xticks(np.linspace(0, 1, 6))
    rule_axes(axes, "x")


def draw_dot(
    axes: Axes, y: float, metric: Mapping[str, Any] | None, shade: str = RIGHT, size: float = 5
) -> None:
    """Draw a metric (``value``, ``low``, ``high``; what is None is left out) as a point on its interval."""
    value, low, high = _parts(metric)
    if low is not None and high is not None:
        axes.plot(
            [low, high], [y, y], color=shade, alpha=0.5, linewidth=2.2, solid_capstyle="round", zorder=2
        )
    if value is not None:
        axes.plot([value], [y], "o", color=shade, markersize=size, zorder=3)


def draw_bar(
    axes: Axes, y: float, height: float, metric: Mapping[str, Any] | None, shade: str, name: str | None
) -> None:
    """Draw a metric as a bar from 0 with its interval and its number; one not defined has no bar."""
    value, low, high = _parts(metric)
    axes.barh(y, value or 0.0, height, color=shade, label=name)
    if low is not None and high is not None:
        axes.plot([low, high], [y, y], color=INK, linewidth=1.3, solid_capstyle="butt")
    end = max((number for number in (value, high) if number is not None), default=0.0)
    words = "not defined" if value is None else f"{value:.3f}"
    axes.text(end + 0.015, y, words, va="center", fontsize=9, color=QUIET)


def _parts(metric: Mapping[str, Any] | None) -> Sequence[float | None]:
    return [(metric or {}).get(key) for key in ("value", "low", "high")]


def on_square(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Lay a picture in the middle of a white square: captions under pictures then stand on one line."""
    square = np.full((side, side, 3), 255, dtype=np.uint8)
    top, left = (side - pixels.shape[0]) // 2, (side - pixels.shape[1]) // 2
    square[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return square
