"""Copies of pictures, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from styleid.questions.base import Finding, Result, write_effect
from styleid.report.numbers import count_of, name_two, write_percent
from styleid.report.palette import elide


def find(result: Result) -> Iterator[Finding]:
    """Stop where one picture stands under two labels; say which copies are kept together, and which not."""
    if n := len(result["conflicts"]):
        first = result["conflicts"][0]
        yield Finding(
            "conflicts",
            "stop",
            f"{count_of(n, 'picture')} under more than one label, such as {name_two(first['image_ids'])}: "
            "whatever a head says of such a picture, one of its labels makes it wrong. Decide whose it is.",
        )
    duplicates = result["duplicates"]
    for chain in duplicates["chains"]:
        yield Finding(
            "chains",
            "look",
            f"{chain['size']:,} pictures hang together as near-duplicates, "
            f"{write_percent(chain['share'], 0)} of “{elide(chain['label'], 40)}”, but only "
            f"{write_percent(chain['density'], 0)} of them directly: a chain of look-alikes. They are not "
            "joined, since too little of the label would be left to score; give such pictures groups by "
            "hand.",
        )
    if n := duplicates["n_across_groups"]:
        yield Finding(
            "duplicates",
            "look",
            f"{count_of(n, 'pair')} of near-duplicates in different groups: if one of a pair were learned "
            "from and the other scored, the score would be too high, so `styleid fit` and `styleid "
            f"compare` keep them together. With them kept together: {write_effect(result, 'together')}.",
        )
    if inside := duplicates["n_pairs"] - n:
        yield Finding(
            "duplicates-in-groups",
            "note",
            f"{count_of(inside, 'pair')} of near-duplicates in one group already: they are kept together in "
            "any case.",
        )
