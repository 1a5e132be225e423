"""Words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.report.numbers import in_hundred, write_interval
from styleid.report.palette import elide

#: Labels named whose sets hold them least often.
LEAST_COVERED = 3


def write_sets(result: Mapping[str, Any]) -> list[str]:
    """Say what sets of labels hold, and how many labels; ``label_sets`` must be there."""
    sets = result["label_sets"]
    coverage, size, single = sets["coverage"], sets["size"], sets["single"]
    sentences = [
        f"Sets made to hold the true label for {in_hundred(sets['level'])} of 100 pictures hold it for "
        f"{in_hundred(coverage['value'])}{write_interval(coverage)}."
    ]
    labels = len(result["labels"])
    if size["value"] is not None and size["value"] >= labels - 1e-9:
        return [*sentences, f"Every set holds all {labels} labels: such sets say nothing."]
    if size["value"] is not None:
        interval = "" if size["low"] is None else f" (95 % interval {size['low']:.2f} to {size['high']:.2f})"
        sentences.append(
            f"A set holds {size['value']:.2f} of {labels} labels on average{interval}; "
            f"{in_hundred(single['value'])} of 100 sets hold a single one."
        )
    least = sorted(
        (metric["value"], label)
        for label, metric in sets["by_label"].items()
        if metric is not None and metric["high"] is not None and metric["high"] < sets["level"]
    )
    if least:
        named = [f"“{elide(label, 40)}” ({in_hundred(share)})" for share, label in least[:LEAST_COVERED]]
        more = f", and {len(least) - LEAST_COVERED} more" if len(least) > LEAST_COVERED else ""
        sentences.append(f"Held clearly less often than that: {', '.join(named)}{more}.")
    return sentences
