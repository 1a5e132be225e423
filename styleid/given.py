"""What a caller gave, held to its type and bounds at once, so that nothing fails after the work is done."""

from __future__ import annotations

import os
from dataclasses import fields
from numbers import Integral, Real
from pathlib import Path
from reprlib import repr as brief
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from styleid.errors import InputError

#: What every library below takes for a seed; scikit-learn refuses more, long after scoring has begun.
HIGHEST_SEED = 2**32 - 1

_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "True or False", NoneType: "None"}
_WORDS[os.PathLike] = "a path"

Kind = TypeVar("Kind")


def check_kind(value: object, kind: Any, what: str, advice: str) -> None:
    """Refuse a value of another kind; `what` names the right one and `advice` says how to get it."""
    if not isinstance(value, kind):
        raise InputError(f"expected {what}, found {_shown(value)}; {advice}", found=value)


def check_options(options: object, kind: type[Kind]) -> Kind:
    """Return options of the kind that a command takes; their fields were checked when they were made."""
    check_kind(options, kind, kind.__name__, f"give {kind.__name__}(...)")
    return cast(Kind, options)


def check_fields(options: Any) -> None:
    """Refuse a field of a frozen dataclass of options that is not of the type it is declared with."""
    hints = get_type_hints(type(options))
    for field in fields(options):
        value, name = getattr(options, field.name), f"{type(options).__name__}.{field.name}"
        if not _fits(value, hints[field.name]):
            raise InputError(
                f"{name} expects {_in_words(hints[field.name])}, found {_shown(value)}; give that"
            )
        if field.name == "seed":
            check_seed(value, name)


def check_seed(seed: object, what: str = "seed") -> None:
    """Refuse what is no seed of every library."""
    check_whole(seed, what, 0, HIGHEST_SEED)


def check_whole(value: object, what: str, least: int, most: int | None = None) -> None:
    """Refuse what is no whole number within bounds."""
    inside = isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least
    if not inside or (most is not None and int(value) > most):  # type: ignore[call-overload]
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{what} expects a whole number {bounds}, found {_shown(value)}; give another")


def as_path(path: object, what: str) -> Path:
    """Return a path that was given as text or as a path."""
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"{what} expects a path, found {_shown(path)}; give the name of a file or folder")
    if not os.fspath(path):
        raise InputError(f"{what} expects a path, found an empty text; give the name of a file or folder")
    if "\0" in os.fspath(path):
        raise InputError(f"{what} expects a path, found one that holds a NUL; leave it out")
    return Path(path)


def _fits(value: object, hint: Any) -> bool:
    if get_origin(hint) is UnionType:
        return any(_fits(value, one) for one in get_args(hint))
    if get_origin(hint) is tuple:
        return isinstance(value, tuple | list) and all(_fits(each, get_args(hint)[0]) for each in value)
    if hint is float:
        return isinstance(value, Real) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, Integral) and not isinstance(value, bool)
    hint = get_origin(hint) or hint  # os.PathLike[str]
    return not isinstance(hint, type) or isinstance(value, hint)


def _shown(value: object) -> str:
    plain = value is None or isinstance(value, str | bytes | Real | list | tuple | dict)
    return " ".join(brief(value).split()) if plain else type(value).__name__


def _in_words(hint: Any) -> str:
    if get_origin(hint) is UnionType:
        return " or ".join(map(_in_words, get_args(hint)))
    if get_origin(hint) is tuple:
        return f"several, each {_in_words(get_args(hint)[0])}"
    hint = get_origin(hint) or hint
    return _WORDS.get(hint, getattr(hint, "__name__", str(hint)))
