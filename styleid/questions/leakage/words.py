"""How much random folds would flatter, and how a head does on sources it has not seen, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.report.numbers import write_number
from styleid.report.palette import elide


def write_leakage(result: Mapping[str, Any]) -> list[str]:
    """Say whether random folds would flatter; nothing where that was not measured."""
    gap = result.get("leakage_gap")
    if not gap:
        return []
    naive, grouped = f"{gap['naive']:.3f}", f"{gap['grouped']:.3f}"
    if gap["opened"]:
        return [
            "Random folds would flatter: with pictures of one group on both sides of a split, balanced "
            f"accuracy would seem {naive} instead of {grouped} ({gap['gap']:.3f} too much, 95 % interval "
            f"{gap['low']:.3f} to {gap['high']:.3f})."
        ]
    return [
        f"Random folds would not flatter: balanced accuracy {naive} with them, {grouped} with grouped ones."
    ]


def write_sources(result: Mapping[str, Any]) -> list[str]:
    """Say how well pictures of unseen sources are told; nothing where that was not measured."""
    unseen = result.get("held_out_sources")
    if not unseen or unseen["metrics"]["balanced_accuracy"]["value"] is None:
        return []
    score = unseen["metrics"]["balanced_accuracy"]
    worst = min(unseen["sources"], key=lambda name: unseen["sources"][name]["balanced_accuracy"] or 0.0)
    own = unseen["sources"][worst]["balanced_accuracy"] or 0.0
    return [
        f"On {len(unseen['sources'])} sources left out in turn, each scored by a head that never saw it: "
        f"balanced accuracy {write_number(score)}, least on “{elide(worst, 40)}” ({own:.3f})."
    ]
