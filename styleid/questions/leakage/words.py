"""How much random folds would flatter, and how a head does on sources it has not seen, in words."""

from __future__ import annotations

from collections.abc import Iterator

from styleid.questions.base import NOTE, Finding, Result
from styleid.report.numbers import write_number
from styleid.report.palette import elide


def find(result: Result) -> Iterator[Finding]:
    """Say what random folds would have claimed, and how unseen sources are told, where that was measured."""
    if gap := result.get("leakage_gap"):
        naive, kept = f"{gap['naive']:.3f}", f"{gap['grouped']:.3f}"
        text = (
            f"Random folds would not flatter: balanced accuracy {naive} with them, {kept} with grouped ones."
        )
        if gap["opened"]:
            text = (
                "Random folds would flatter: with pictures of one group on both sides of a split, balanced "
                f"accuracy would seem {naive} instead of {kept} ({gap['gap']:.3f} too much, 95 % interval "
                f"{gap['low']:.3f} to {gap['high']:.3f})."
            )
        yield Finding("leakage", NOTE, text)
    unseen = result.get("held_out_sources")
    if unseen and unseen["metrics"]["balanced_accuracy"]["value"] is not None:
        scores = {name: one["balanced_accuracy"] or 0.0 for name, one in unseen["sources"].items()}
        worst = min(scores, key=lambda name: scores[name])
        yield Finding(
            "sources",
            NOTE,
            f"On {len(scores)} sources left out in turn, each scored by a head that never saw it: balanced "
            f"accuracy {write_number(unseen['metrics']['balanced_accuracy'])}, least on “{elide(worst, 40)}” "
            f"({scores[worst]:.3f}).",
        )
