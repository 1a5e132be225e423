"""What views are called: from what a person asks for to the names that vectors are kept under, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from styleid.errors import InputError

#: The largest square in the picture's middle.
SQUARE = "square"
#: What is embedded unless something else is asked for: docs/views.md tells why.
DEFAULT_VIEW = SQUARE
#: The picture's middle, cut as the weights' own preset cuts it.
CENTER = "center"
#: The whole picture on white.
FIT = "fit"
#: Windows that overlap and together show all of the picture; ``grid:3@448/0`` is the one at its top left.
GRID = "grid"
#: The centre view changed at random; ``augment/0`` is the first such view of a picture.
AUGMENT = "augment"
#: More views of one picture than this are a slip of the keyboard.
MOST = 64
#: Most windows along a side: `MOST` in all.
MOST_ASIDE = 8
#: Largest short side that a picture is scaled to for its windows.
LONGEST = 4096

_WINDOW = re.compile(rf"{GRID}:(\d+)@(\d+)/(\d+)", re.ASCII)


@dataclass(frozen=True)
class Window:
    """One window of a grid.

    Attributes
    ----------
    aside : int
        Windows along each side of the picture.
    side : int
        The picture's short side after scaling, in pixels.
    number : int
        Which of the ``aside ** 2`` windows, row by row, from 0.
    """

    aside: int
    side: int
    number: int


def parse_views(text: str) -> tuple[str, ...]:
    """Return the names of the views that a text asks for.

    Parameters
    ----------
    text : str
        Views joined by ``+``: ``square``; ``center``; ``fit``; ``grid:N@S`` for ``grid:N@S/0`` to
        ``grid:N@S/(N*N-1)``, row by row; ``augment:K`` for ``augment/0`` to ``augment/K-1``.

    Returns
    -------
    tuple of str
        Each once, in the order given; the same views have the same names however they were written.

    Raises
    ------
    InputError
        If there is no such view.
    """
    names: list[str] = []
    for part in text.split("+"):
        kind, colon, rest = part.strip().partition(":")
        found = _KINDS[kind](rest) if kind in _KINDS and bool(colon) == bool(rest) else ()
        if not found:
            raise InputError(
                f"--views expects {SQUARE}, {CENTER}, {FIT}, {GRID}:N@S (N from 1 to {MOST_ASIDE}, S up to "
                f"{LONGEST}) and {AUGMENT}:K (K from 1 to {MOST}) joined by +, such as "
                f"{SQUARE}+{GRID}:3@448; found {text!r}",
                views=text,
            )
        names += found
    return tuple(dict.fromkeys(names))


def views_text(views: Iterable[str]) -> str:
    """Return what asks for views by name: the shortest text from which `parse_views` gives them.

    Parameters
    ----------
    views : iterable of str
        Names of `parse_views`. Of a grid and of augmented views all are meant, up to the last one named.

    Returns
    -------
    str
        Such as ``center+grid:3@448``.
    """
    last: dict[str, int | None] = {}
    for view in views:
        kind, _, number = view.partition("/")
        last[kind] = max(int(number), last.get(kind) or 0) if number else None
    return "+".join(
        f"{kind}:{number + 1}" if kind == AUGMENT and number is not None else kind
        for kind, number in last.items()
    )


def asking_for(views: Sequence[str]) -> str:
    """Return what to give `styleid embed --views` so that these views are there.

    Parameters
    ----------
    views : sequence of str
        Names of `parse_views`.

    Returns
    -------
    str
        With the centre before augmented views: they are its changes, and seldom looked at alone.
    """
    alone = all(augment_number(view) is not None for view in views)
    return views_text([CENTER, *views] if alone else views)


def augmented_views(count: int) -> tuple[str, ...]:
    """Return the names of the first augmented views.

    Parameters
    ----------
    count : int
        How many.

    Returns
    -------
    tuple of str
    """
    return tuple(f"{AUGMENT}/{number}" for number in range(count))


def augment_number(view: str) -> int | None:
    """Return the number of an augmented view.

    Parameters
    ----------
    view : str
        Such as ``augment/3``.

    Returns
    -------
    int or None
        Counted from 0; None if it is another kind of view.
    """
    kind, _, number = view.partition("/")
    return int(number) if kind == AUGMENT else None


def window_of(view: str) -> Window | None:
    """Return which window of which grid a view is.

    Parameters
    ----------
    view : str
        Such as ``grid:3@448/4``.

    Returns
    -------
    Window or None
        None if it is another kind of view.
    """
    found = _WINDOW.fullmatch(view)
    return Window(*map(int, found.groups())) if found else None


def check_views(views: Iterable[str], crop: int) -> None:
    """Refuse grids of a picture scaled to less than a window.

    Parameters
    ----------
    views : iterable of str
        Names of `parse_views`.
    crop : int
        Side of the backbone's square, in pixels.

    Raises
    ------
    InputError
        If a grid's short side is below it.
    """
    for view in views:
        window = window_of(view)
        if window is not None and window.side < crop:
            raise InputError(
                f"--views {GRID}:{window.aside}@{window.side}: the short side must hold a window of {crop} "
                f"pixels; write {GRID}:{window.aside}@{2 * crop}",
                view=view,
            )


def _plain(name: str) -> Callable[[str], tuple[str, ...]]:
    return lambda rest: () if rest else (name,)


def _grid(rest: str) -> tuple[str, ...]:
    aside, at, side = rest.partition("@")
    if not at or not 1 <= _number(aside) <= MOST_ASIDE or not 1 <= _number(side) <= LONGEST:
        return ()
    n, short = _number(aside), _number(side)
    return tuple(f"{GRID}:{n}@{short}/{number}" for number in range(n * n))


def _augmented(rest: str) -> tuple[str, ...]:
    return augmented_views(_number(rest)) if 1 <= _number(rest) <= MOST else ()


def _number(text: str) -> int:
    """Return a whole number, or -1 for anything else, digits of other alphabets among it."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else -1


_KINDS: dict[str, Callable[[str], tuple[str, ...]]] = {
    SQUARE: _plain(SQUARE),
    CENTER: _plain(CENTER),
    FIT: _plain(FIT),
    GRID: _grid,
    AUGMENT: _augmented,
}
