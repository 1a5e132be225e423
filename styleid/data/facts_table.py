"""File facts as columns of numbers, in named bundles that can be scored one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from styleid.data.facts import FileFacts

#: Values of a text column that get a column of their own; the rest share none.
_MOST = 20


def fact_tables(facts: Sequence[FileFacts]) -> dict[str, NDArray[np.float32]]:
    """Lay the facts of n files out as bundles: name -> (n, columns) float32.

    The bundles are ``size``, ``encoding`` (bytes per pixel, format, mode, JPEG tables), ``metadata`` (EXIF,
    ICC) and ``border`` (its colour).
    """
    width = np.array([f.width for f in facts], dtype=np.float64)
    height = np.array([f.height for f in facts], dtype=np.float64)
    n_bytes = np.array([f.n_bytes for f in facts], dtype=np.float64)
    numbers: dict[str, list[NDArray[np.float64]]] = {
        "size": [width, height, np.log(width / height)],
        "encoding": [
            np.log(n_bytes / (width * height)),
            np.array([f.coarseness for f in facts]),
            *_indicators([f.format for f in facts]),
            *_indicators([f.mode for f in facts]),
            *_indicators([f.tables for f in facts]),
        ],
        "metadata": [
            np.array([f.has_exif for f in facts], dtype=np.float64),
            np.array([f.has_icc for f in facts], dtype=np.float64),
        ],
        "border": list(np.array([f.border for f in facts]).reshape(len(facts), 4).T),
    }
    return {name: np.column_stack(columns).astype(np.float32) for name, columns in numbers.items()}


def colour_table(facts: Sequence[FileFacts]) -> NDArray[np.float32]:
    """Return the (n, STEPS ** 3) roots of colour shares, so that rare ones count (Hellinger 1909)."""
    shares = np.array([f.histogram for f in facts], dtype=np.float32)
    return np.sqrt(shares)


def _indicators(values: Sequence[str]) -> list[NDArray[np.float64]]:
    """Return a column of 0 and 1 for each common value."""
    common = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))[:_MOST]
    return [np.array([value == name for value in values], dtype=np.float64) for name, _ in common]
