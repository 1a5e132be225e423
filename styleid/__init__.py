"""Tell whose hand made a picture, and whether the answer can be trusted.

The package imports nothing heavy by itself: names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from styleid.vectors.embedder import Embedder as Embedder

__version__ = "0.1.0"
__all__ = ["Embedder", "__version__"]

_HOMES = {"Embedder": "styleid.vectors.embedder"}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'styleid' has no attribute {name!r}")
