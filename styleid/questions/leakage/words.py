"""How much random folds would flatter, and how a head does on sources it has not seen, in words."""

from __future__ import annotations

from collections.abc import Iterator

from styleid.questions.base import LOOK, NOTE, Finding, Result
from styleid.report.numbers import write_number
from styleid.report.palette import elide


def find(result: Result) -> Iterator[Finding]:
    """Say what random folds would have claimed, and how unseen sources are told, where that was measured."""
    gap = result["leakage_gap"]
    if gap and gap["opened"]:
        yield Finding(
            "leakage",
            LOOK,
            "Random folds would flatter: with pictures of one group on both sides of a split, balanced "
            f"accuracy would seem {gap['naive']:.3f} instead of {gap['grouped']:.3f} ({gap['gap']:.3f} too "
            f"much, 95 % interval {gap['low']:.3f} to {gap['high']:.3f}).",
        )
    elif gap and result["groups_given"]:
        yield Finding(
            "leakage",
            NOTE,
            f"Random folds would not flatter here: balanced accuracy {gap['naive']:.3f} with them, "
            f"{gap['grouped']:.3f} with the groups kept together.",
        )
    if not result["groups_given"]:
        text = (
            "No groups were given, so only copies are kept together. If some of these pictures are series "
            "(one sketchbook, one motif, one sitting), say so, with a sub-folder for each: a head that has "
            "seen one picture of a series knows the next too easily, and every number here would be too "
            "high."
        )
        yield Finding("no-groups", NOTE, text)
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
