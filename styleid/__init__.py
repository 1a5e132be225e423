"""Tell whose hand made a picture, and whether the answer can be trusted.

The package imports nothing heavy by itself: a name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the same names once more, for type checkers and editors
    from styleid.data.decode.policy import DecodePolicy as DecodePolicy
    from styleid.data.manifest.record import ScanOptions as ScanOptions
    from styleid.errors import StyleIdError as StyleIdError
    from styleid.evaluate.bootstrap import metrics_with_intervals as metrics_with_intervals
    from styleid.evaluate.crossval import cross_validate as cross_validate
    from styleid.evaluate.splits import grouped_folds as grouped_folds
    from styleid.evaluate.table import join_groups as join_groups
    from styleid.evaluate.table import make_table as make_table
    from styleid.heads.base import make_head as make_head
    from styleid.model.bundle import load_model as load_model
    from styleid.model.predict import predict as predict
    from styleid.rows.embedded import load_vectors as load_vectors
    from styleid.rows.selection import FitOptions as FitOptions
    from styleid.runs.check.run import CheckOptions as CheckOptions
    from styleid.runs.check.run import check as check
    from styleid.runs.compare.record import CompareOptions as CompareOptions
    from styleid.runs.compare.run import compare as compare
    from styleid.runs.desk import Run as Run
    from styleid.runs.embed import embed as embed
    from styleid.runs.fit.run import fit as fit
    from styleid.vectors.embed.embed import EmbedOptions as EmbedOptions
    from styleid.vectors.transformer import Embedder as Embedder

__version__ = "0.1.0"

_HOMES = {
    # pictures to vectors
    "Embedder": "styleid.vectors.transformer",
    "embed": "styleid.runs.embed",
    "EmbedOptions": "styleid.vectors.embed.embed",
    "ScanOptions": "styleid.data.manifest.record",
    "DecodePolicy": "styleid.data.decode.policy",
    "load_vectors": "styleid.rows.embedded",
    # learning
    "make_head": "styleid.heads.base",
    "fit": "styleid.runs.fit.run",
    "FitOptions": "styleid.rows.selection",
    "compare": "styleid.runs.compare.run",
    "CompareOptions": "styleid.runs.compare.record",
    "check": "styleid.runs.check.run",
    "CheckOptions": "styleid.runs.check.run",
    "Run": "styleid.runs.desk",
    # measuring
    "make_table": "styleid.evaluate.table",
    "join_groups": "styleid.evaluate.table",
    "grouped_folds": "styleid.evaluate.splits",
    "cross_validate": "styleid.evaluate.crossval",
    "metrics_with_intervals": "styleid.evaluate.bootstrap",
    # shipping
    "load_model": "styleid.model.bundle",
    "predict": "styleid.model.predict",
    "StyleIdError": "styleid.errors",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"styleid has no {name!r}; it has: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__all__", "__doc__"])
