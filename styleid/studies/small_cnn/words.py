"""How the training of a network is put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def write_recipe(params: Mapping[str, Any]) -> str:
    """Write parameters in a row, such as ``epochs 60, augmentation (rotation 30, zoom 0.7 to 1.4)``."""
    return ", ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in params.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({write_recipe(value)})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " to ".join(map(str, value))
    return str(value)
