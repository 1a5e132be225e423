"""How styleid grows with the number of pictures, and what it costs to see that nothing changed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from bench.contenders import Contender
from bench.measure import run
from bench.pictures import make_set
from bench.rounds import Say
from bench.workplace import Workplace


def sizes(
    place: Workplace, contender: Contender, counts: Sequence[int], seed: int, say: Say
) -> list[dict[str, Any]]:
    """Embed ever more small PNGs into fresh stores, each a second time when nothing changed.

    Returns
    -------
    list of dict
        One a count: ``n``, ``wall`` and ``again`` in seconds, ``cpu`` in seconds, ``peak_mb``.
    """
    say(f"making {max(counts):,} small pictures")
    folders = make_set("small", tuple(counts), seed, place.sets / "growth")
    told = []
    for count, folder in folders.items():
        cost = place.styleid(contender, folder, "growth")
        again = place.styleid(contender, folder, "growth", fresh=False)
        told.append(
            {"n": count, "wall": cost.wall, "cpu": cost.cpu, "peak_mb": cost.peak_mb, "again": again.wall}
        )
        say(f"{count:,} pictures: {cost.wall:.0f} s, {cost.peak_mb or 0:,.0f} MB, again {again.wall:.1f} s")
    return told


def unchanged(place: Workplace, contender: Contender, count: int, seed: int, say: Say) -> dict[str, Any]:
    """Let styleid look at pictures that are all known to it.

    Only one is embedded; the store gets made-up vectors for the others, since what a vector says makes no
    difference to finding it.

    Returns
    -------
    dict
        ``n``, ``scan`` and ``embed`` in seconds, ``peak_mb`` of the latter.
    """
    say(f"making {count:,} tiny pictures")
    folders = make_set("tiny", (count, 1), seed, place.sets)
    place.styleid(contender, folders[1], "unchanged")
    store = place.store(contender, "unchanged")
    scan = [sys.executable, "-m", "styleid", "scan", str(folders[count])]
    scan += ["--manifest", str(store / "manifest.csv")]
    first = run(scan, place.environment())
    place.module("pretend", store)
    again = run(scan, place.environment())
    # The first run makes what is derived from the shards.
    place.styleid(contender, folders[count], "unchanged", fresh=False)
    cost = place.styleid(contender, folders[count], "unchanged", fresh=False)
    say(
        f"{count:,} unchanged: scan {again.wall:.1f} s (first time {first.wall:.1f}), embed {cost.wall:.1f} s"
    )
    return {
        "n": count,
        "first_scan": first.wall,
        "scan": again.wall,
        "embed": cost.wall,
        "peak_mb": cost.peak_mb,
    }
