"""What sets of labels hold, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from styleid.questions.base import LOOK, Finding, Result
from styleid.report.numbers import in_hundred, write_interval, write_range
from styleid.report.palette import elide

#: Labels named whose sets hold them least often.
LEAST_COVERED = 3


def write_sets(result: Result) -> list[str]:
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
        sentences.append(
            f"A set holds {size['value']:.2f} of {labels} labels on average"
            f"{write_range(size, 2, named=True)}; {in_hundred(single['value'])} of 100 sets hold a single "
            "one."
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


def find(result: Result) -> Iterator[Finding]:
    """Warn where sets hold the true label less often than they promise."""
    sets = result["label_sets"]
    if sets is None or sets["coverage"]["high"] is None or sets["coverage"]["high"] >= sets["level"]:
        return
    yield Finding(
        "label-sets",
        LOOK,
        "Sets of labels hold the true one less often than they promise: for "
        f"{in_hundred(sets['coverage']['value'])} of 100 pictures instead of {in_hundred(sets['level'])}.",
    )
