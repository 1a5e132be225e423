"""Base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.report.numbers import write_number

#: The gravest first. ``stop``: a score here is not to be believed; ``look``: look before; ``note``: know it.
SEVERITIES = ("stop", "look", "note")
Finding = dict[str, str]


def write_effect(result: Mapping[str, Any], which: str) -> str:
    """Say what a score becomes without the doubtful pictures, beside what it is with them."""
    scores = result["scores"]
    before = write_number(scores["as_is"]["balanced_accuracy"])
    if scores[which] is None:
        return f"no score is possible any more (balanced accuracy as is {before})"
    after = write_number(scores[which]["balanced_accuracy"])
    return f"balanced accuracy {after}, as is {before}"
