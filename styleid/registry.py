"""Things that are found by name: a registry is a dictionary from a name to the place that defines it."""

from __future__ import annotations

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import TypeVar

from styleid.errors import InputError

Entry = TypeVar("Entry")


def load(registry: Mapping[str, str], name: str, kind: type[Entry], *beside: str) -> Entry:
    """Import and return what is called `name`; the `InputError` for another name lists those that exist.

    The registry holds places as ``package.module:NAME``, so that nothing is imported before it is asked for;
    `beside` are further names that its users offer.
    """
    if not isinstance(name, str) or name not in registry:
        raise InputError(
            f"there is no {kind.__name__.lower()} called {name!r}; choose one of: "
            f"{', '.join([*beside, *registry])}",
            name=name,
            available=tuple(registry),
        )
    entry = resolve_name(registry[name])
    assert isinstance(entry, kind)
    return entry
