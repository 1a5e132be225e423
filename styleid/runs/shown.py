"""What a notebook shows of a finished run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from styleid.questions.scores.words import BASELINES, METRICS, write_headline
from styleid.report.notebook import show
from styleid.report.numbers import write_number
from styleid.runs.fit.words import write_cautions

_SHOWN = ("accuracy", "balanced_accuracy", "macro_f1")


def show_run(result: Mapping[str, Any], page: Path) -> str:
    """Show a fit by its headline and scores, a comparison by its advice, a check by its findings."""
    where = f"page: {page}"
    if "recommended" in result:
        rows = [
            (head, *(write_number(result["results"][head]["metrics"][name]) for name in _SHOWN[:2]))
            for head in result["heads"]
        ]
        words = [*result["recommended"]["words"], where]
        return show(words[0], words[1:], ("head", *(METRICS[name] for name in _SHOWN[:2])), rows)
    if "verdict" in result:
        found = [(one["severity"], one["text"]) for one in result["findings"]]
        return show(result["verdict"], [where], ("", "found"), found)
    if "metrics" not in result:  # a study's
        return show(str(result.get("headline", page.parent.name)), [where])
    scored = {result["head"]: result["metrics"], "the same on random folds": result["naive"]}
    scored |= {BASELINES[name]: metrics for name, metrics in result["baselines"].items()}
    rows = [
        (name, *(write_number(metrics[metric]) for metric in _SHOWN))
        for name, metrics in scored.items()
        if metrics
    ]
    cautions = [*write_cautions(result), where]
    return show(str(write_headline(result)), cautions, ("", *(METRICS[name] for name in _SHOWN)), rows)
