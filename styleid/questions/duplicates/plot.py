"""The plot of pairs around the threshold of near-duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from styleid.data.thumbnails import thumbnail_pixels
from styleid.report.canvas import clear_frame, drawing, new_figure, on_square, to_png
from styleid.report.palette import QUIET, RIGHT, WRONG_TEXT, elide

EACH = 6  # pairs a row
_PIXELS = 160


def draw_pairs(
    inside: Sequence[Mapping[str, Any]],
    outside: Sequence[Mapping[str, Any]],
    paths: Mapping[str, Path],
    max_bits: int,
) -> bytes:
    """Draw the first `EACH` pairs just within the threshold of near-duplicates, and just beyond it."""
    rows = [
        (f"Taken for one picture: the least alike of those within {max_bits} bits", inside[:EACH], RIGHT),
        ("Taken for two pictures: the most alike beyond, in different groups", outside[:EACH], WRONG_TEXT),
    ]
    with drawing():
        figure = new_figure(
            13.0,
            5.6,
            "Near-duplicates: where the line runs",
            "Bits: how many of 256 bits of the pictures' hashes differ, at the least over small crops.",
        )
        for part, (title, pairs, ink) in zip(np.asarray(figure.subfigures(2, 1)), rows, strict=True):
            part.suptitle(title, x=0.004, ha="left", fontsize=11, fontweight="bold")
            if not pairs:
                part.text(0.004, 0.5, "no such pair", color=QUIET)
                continue
            for place, axes in enumerate(part.subplots(1, EACH)):
                clear_frame(axes)
                if place < len(pairs):
                    _show(axes, pairs[place], paths, ink)
        return to_png(figure)


def _show(axes: Axes, pair: Mapping[str, Any], paths: Mapping[str, Path], ink: str) -> None:
    both = [_square(paths[name]) for name in pair["image_ids"]]
    gap = np.full((_PIXELS, 8, 3), 255, dtype=np.uint8)
    axes.imshow(np.concatenate([both[0], gap, both[1]], axis=1), interpolation="antialiased")
    # A title and a label, since the layout makes room for these, and not for text put anywhere.
    axes.set_title(f"{pair['bits']} bits", fontsize=8.5, color=ink)
    axes.set_xlabel("\n".join(elide(name, 26) for name in pair["image_ids"]), fontsize=8.5, color=QUIET)


def _square(path: Path) -> NDArray[np.uint8]:
    """Show a picture on a white square; grey for one that is gone."""
    pixels = thumbnail_pixels(path, _PIXELS)
    if pixels is None:
        return np.full((_PIXELS, _PIXELS, 3), 236, dtype=np.uint8)
    return on_square(pixels, _PIXELS)
