"""Everything that is written has a contrast of 4.5 at least with what it is written on, in light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from styleid.report import page
from styleid.report.canvas import BLUES, REDS, ink_on
from styleid.report.palette import DEEPEST, INK, QUIET, RIGHT, WRONG_TEXT

STYLE = (Path(page.__file__).parent / "templates" / "report.css").read_text()
WRITTEN = [
    (ink, ground)
    for ink in ("ink", "quiet", "right-text", "wrong-text")
    for ground in ("paper", "card", "faint", "caution")
]


def rgb(colour: str) -> np.ndarray:
    digits = colour.strip("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    return np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)]) / 255


def luminance(colour: np.ndarray) -> float:
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """Of WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def themes() -> dict[str, dict[str, np.ndarray]]:
    """Read the colours of the light page, the dark one and paper."""
    found = {}
    for name, block in zip(
        ("light", "dark", "paper"), re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL), strict=True
    ):
        own = {key: rgb(value) for key, value in re.findall(r"--([\w-]+): (#[0-9a-f]+)", block)}
        found[name] = found.get("light", {}) | own
    return found


def test_the_measure_is_that_of_wcag():
    assert contrast(rgb("#000"), rgb("#fff")) == pytest.approx(21)
    assert contrast(rgb("#767676"), rgb("#fff")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark", "paper"])
@pytest.mark.parametrize(("ink", "ground"), WRITTEN)
def test_words_on_a_page(theme, ink, ground):
    colours = themes()[theme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark", "paper"])
@pytest.mark.parametrize("hue", ["cell-right", "cell-wrong"])
def test_counts_in_the_cells_of_a_confusion_matrix(theme, hue):
    colours = themes()[theme]
    for tint in range(DEEPEST + 1):
        cell = colours[hue] * tint / 100 + colours["card"] * (1 - tint / 100)
        assert contrast(colours["ink"], cell) >= 4.5, tint


@pytest.mark.parametrize("shades", [BLUES, REDS])
def test_counts_in_the_cells_of_a_plot(shades):
    for share in np.linspace(0, 1, 101):
        ink = np.zeros(3) if ink_on(shades(share)) == "black" else np.ones(3)
        assert contrast(ink, np.asarray(shades(share)[:3])) >= 4.5


@pytest.mark.parametrize("ink", [INK, QUIET, RIGHT, WRONG_TEXT])
def test_words_in_a_plot(ink):
    assert contrast(rgb(ink), np.ones(3)) >= 4.5
