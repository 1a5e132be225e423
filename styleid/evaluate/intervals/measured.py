"""A value with its interval, and records of such values as JSON writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np


class Measured(NamedTuple):
    """A number, its 95 % interval, and how much it rests on; nan where it is undefined."""

    value: float
    low: float = math.nan
    high: float = math.nan
    n: int | None = None  # pictures
    n_components: int | None = None


def plain(value: Any) -> Any:
    """Turn records, named tuples, arrays and mappings into what JSON knows; nan becomes None.

    A `Measured` becomes its ``value``, ``low`` and ``high``.
    """
    if isinstance(value, Measured):
        return {name: plain(getattr(value, name)) for name in ("value", "low", "high")}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
