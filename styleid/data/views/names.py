"""What views are called: from a person's text to the names that vectors are kept under, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
    """One window of a grid."""

    aside: int  # windows along each side of the picture
    side: int  # the picture's short side after scaling, in pixels
    number: int  # which of the aside ** 2 windows, row by row, from 0


def parse_views(text: str) -> tuple[str, ...]:
    """Return the names of the views that a text asks for, each once, in the order given.

    Parts are joined by ``+``: ``square``; ``center``; ``fit``; ``grid:N@S`` for ``grid:N@S/0`` to
    ``grid:N@S/(N*N-1)``, row by row; ``augment:K`` for ``augment/0`` to ``augment/K-1``. The same views
    have the same names however they were written.
    """
    names: list[str] = []
    for part in str(text).split("+"):
        named = _names(part)
        if not named:
            raise InputError(
                f"--views expects {SQUARE}, {CENTER}, {FIT}, {GRID}:N@S (N from 1 to {MOST_ASIDE}, S up to "
                f"{LONGEST}) and {AUGMENT}:K (K from 1 to {MOST}) joined by +, such as "
                f"{SQUARE}+{GRID}:3@448; found {text!r}",
                views=text,
            )
        names += named
    return tuple(dict.fromkeys(names))


def views_text(views: Iterable[str]) -> str:
    """Return the shortest text from which `parse_views` gives these views.

    Of a grid and of augmented views all are meant, up to the last one named.
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
    """Return what to give ``styleid embed --views`` so that these views are there.

    The centre is added to augmented views alone: they are its changes, and seldom looked at without it.
    """
    alone = all(augment_number(view) is not None for view in views)
    return views_text([CENTER, *views] if alone else views)


def augmented_views(count: int) -> tuple[str, ...]:
    """Return the names of the first `count` augmented views."""
    return tuple(f"{AUGMENT}/{number}" for number in range(count))


def augment_number(view: str) -> int | None:
    """Return the number, from 0, of an augmented view such as ``augment/3``; None for another kind."""
    kind, _, number = view.partition("/")
    return int(number) if kind == AUGMENT else None


def window_of(view: str) -> Window | None:
    """Return which window of which grid a view such as ``grid:3@448/4`` is; None for another kind."""
    match = _WINDOW.fullmatch(view)
    return Window(*map(int, match.groups())) if match else None


def check_views(views: Iterable[str], crop: int) -> None:
    """Refuse grids whose short side is less than a window of `crop` pixels."""
    for view in views:
        window = window_of(view)
        if window is not None and window.side < crop:
            raise InputError(
                f"--views {GRID}:{window.aside}@{window.side}: the short side must hold a window of {crop} "
                f"pixels; write {GRID}:{window.aside}@{2 * crop}",
                view=view,
            )


def _names(part: str) -> tuple[str, ...]:
    """Return the views that one part asks for; none where it cannot be read."""
    kind, colon, rest = part.strip().partition(":")
    if kind in (SQUARE, CENTER, FIT) and not colon:
        return (kind,)
    if kind == GRID:
        aside, _, short = rest.partition("@")
        n, side = _number(aside), _number(short)
        if 1 <= n <= MOST_ASIDE and 1 <= side <= LONGEST:
            return tuple(f"{GRID}:{n}@{side}/{number}" for number in range(n * n))
    if kind == AUGMENT and 1 <= _number(rest) <= MOST:
        return augmented_views(_number(rest))
    return ()


def _number(text: str) -> int:
    """Return a whole number in ASCII digits, or -1 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else -1
