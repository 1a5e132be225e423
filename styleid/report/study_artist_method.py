"""How the artist study came to its numbers, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.report.palette import tidy


def write_artist_method(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List how the numbers came about, a name and a text each."""
    options, seconds = result["options"], result["timing_seconds"]
    views = "view" if options["views"] == 1 else "views"
    pairs = [
        (
            "Replay",
            f"{result['backbone']}, pictures of {options['side']} x {options['side']} instead of 224 x 224, "
            f"{options['epochs']} epochs, batch 32, Adam 0.001, Dense(512) and one sigmoid unit in torch "
            "by Keras's "
            "rules; one training each; pixels divided by 255 and no more, unless the step says otherwise. "
            "The project's backbone was another pretrained residual network.",
        ),
        (
            "Divisions",
            "64 / 16 / 20 %: per picture, as the project did; grouped: a subject, by whichever hand and in "
            "whichever skin tone, stays in one part. “Seen”: test pictures with another of their group in "
            "training",
        ),
        (
            "Answer",
            f"all {result['n_images']:,} pictures of version 2 out of fold, five grouped folds, parameters "
            "searched and "
            "scores calibrated inside each training part; random folds beside",
        ),
        (
            "Side by side",
            "each head learned from the very training pictures of the step, of version 1 where the step had "
            "version 1; the step's validation part chose the head's parameters, and a refined step's epoch; "
            "both scored the same test part. Heads see vectors of pictures at full size, trainings small "
            "pictures. A training is one run: the interval covers the choice of test pictures, not of first "
            "weights",
        ),
        (
            "Views",
            f"{options['views']} augmented {views} of each training picture; parameters as found without "
            "them; "
            "pictures are scored, validated and calibrated by their centre view",
        ),
        ("Intervals", "95 %, from resampling whole groups; differences are paired"),
        (
            "Embedding",
            f"{1000 * result['embedding']['cpu_seconds_a_picture']:.0f} ms of processor time a picture and "
            "view, timed on "
            f"{result['embedding']['n_timed']}",
        ),
        (
            "Target",
            f"{result['target']}, {result['n_target']:,} pictures; {result['n_groups']:,} groups in all",
        ),
        ("Seed", str(options["seed"])),
        ("Vector space", result["space"]),
        ("Time", f"{seconds['total']:.0f} s, of it {seconds['replay']:.0f} s for the trainings"),
        ("Versions", ", ".join(f"{name} {value}" for name, value in result["versions"].items())),
        ("Made", result["created"]),
    ]
    return [(name, tidy(text)) for name, text in pairs]
