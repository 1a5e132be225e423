"""Doubtful pictures and labels, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from styleid.questions.base import LOOK, NOTE, Finding, Result, write_effect
from styleid.report.numbers import count_of
from styleid.report.palette import elide

#: A head's honest mistakes are listed as doubtful labels too: on clean made-up sets, some 3 of 100 of them.
#: A warning takes more than this share of its mistakes, and more than a few.
HONEST_MISLABELS = 0.05
FEW_MISLABELS = 2
#: Share of lone pictures above which they are a warning.
MANY_OUTLIERS = 0.02


def find(result: Result) -> Iterator[Finding]:
    """Name doubtful labels, pictures that are like no other or hold next to nothing, and labels too small."""
    n_images = result["n_images"]
    if n := len(result["mislabels"]):
        first = result["mislabels"][0]
        mistakes = n_images * (1 - result["scores"]["as_is"]["accuracy"]["value"])
        yield Finding(
            "mislabels",
            LOOK if n > FEW_MISLABELS + HONEST_MISLABELS * mistakes else NOTE,
            f"{count_of(n, 'picture')} of {n_images:,} may be labelled wrong: head and neighbours agree on "
            f"another label, such as “{elide(first['suggested'], 40)}” for {elide(first['image_id'], 60)}. "
            "Honest mistakes are among them: look. Without them and without conflicts: "
            f"{write_effect(result, 'left_out')}; leaving out what a head gets wrong always flatters it.",
        )
    if n := len(result["degenerate"]):
        first = result["degenerate"][0]
        yield Finding(
            "degenerate",
            LOOK,
            f"{count_of(n, 'picture')} with next to nothing in {'it' if n == 1 else 'them'}, such as "
            f"{elide(first['image_id'], 60)} ({first['why']}).",
        )
    if n := len(result["outliers"]):
        yield Finding(
            "outliers",
            LOOK if n > MANY_OUTLIERS * n_images else NOTE,
            f"{count_of(n, 'picture')} far from all others, such as "
            f"{elide(result['outliers'][0]['image_id'], 60)}: perhaps no work of this kind at all.",
        )
    folds, labels = result["options"]["folds"], result["labels"]
    if small := [label for label in labels if labels[label]["n_groups"] < folds]:
        listed = ", ".join(f"“{elide(label)}” ({labels[label]['n_groups']})" for label in small)
        yield Finding(
            "small-labels",
            LOOK,
            f"Fewer groups than the {folds} folds asked for: {listed}. Their numbers rest on little.",
        )
    if left := result["labels_left_out"]:
        yield Finding(
            "labels-left-out",
            LOOK,
            "Labels with fewer than two groups cannot be scored: "
            f"{', '.join(f'“{elide(label)}”' for label in left)}.",
        )
