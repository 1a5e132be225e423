"""What of a picture a run looked at, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.data.views.names import CENTER, DEFAULT_VIEW, parse_views
from styleid.vectors.pooling import MEAN, VOTE


def write_views(result: Mapping[str, Any]) -> str:
    """Say which views a run looked at and how they were pooled; empty for the default alone.

    Results of runs made before there were views lack the keys; those runs looked at the centre.
    """
    text = str(result.get("views") or CENTER)
    if text == DEFAULT_VIEW:
        return ""
    count = len(parse_views(text))
    if count == 1:
        return text
    if result.get("pool", MEAN) == VOTE:
        return f"{text}: {count} a picture, each judged by itself, their scores averaged"
    return f"{text}: {count} a picture, their vectors averaged"
