"""Colours and short names that all plots and the page share."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

#: Okabe and Ito's eight colours (jfly.uni-koeln.de/color, 2008), safe for the common colour
#: blindnesses; their black is a grey here, which is seen on dark pages too, and yellow comes last.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#7A7A7A", "#F0E442")

#: Shapes of the first eight labels, of the next eight, and so on; the page's script draws the same.
MARKERS = "os^Dvp"

RIGHT = "#0072B2"  #: predictions that are right
WRONG = "#D55E00"  #: predictions that are wrong
WRONG_TEXT = "#A84A00"  #: `WRONG` as ink: dark enough for letters on white
DEEPEST = 70  #: tint of a full cell in per cent: deeper, and ink on it falls below a contrast of 4.5
DOUBTFUL = "#E69F00"
GREY = "#8a949d"  #: what is shown for comparison
PALE = "#bfc6cc"  #: what takes no skill
INK = "#1f2428"
QUIET = "#5d666e"
RULE = "#d9dde1"
FAINT = "#eceff1"  #: grids

#: More labels than colours: names must be written beside the points.
MANY_LABELS = len(COLOURS)


def colour(index: int) -> str:
    """Return a label's colour as ``#rrggbb``; they come round again after eight, with another `marker`."""
    return COLOURS[index % len(COLOURS)]


def marker(index: int) -> str:
    """Return a label's marker in matplotlib's names: where a colour comes round again, the shape differs."""
    return MARKERS[index // len(COLOURS) % len(MARKERS)]


def tidy(text: str) -> str:
    """Make a name safe to show: U+FFFD replaces control and direction characters and lone surrogates."""
    return "".join("\ufffd" if unicodedata.category(c) in _UNSEEN else c for c in text)


def elide(text: str, length: int = 22) -> str:
    """Tidy a name and shorten it in its middle to `length` >= 3 characters: both ends tell names apart."""
    text = tidy(text)
    if len(text) <= length:
        return text
    tail = (length - 1) // 3
    return f"{text[: length - 1 - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"


def short_names(labels: Sequence[str], length: int = 22) -> list[str]:
    """Shorten the labels of a run, and number those that would look the same."""
    short = [elide(label, length) for label in labels]
    return [f"{s} ({i + 1})" if short.count(s) > 1 else s for i, s in enumerate(short)]


# Controls, format characters (among them right-to-left override), surrogates, line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
