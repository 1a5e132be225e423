"""What an audit found, in sentences, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from styleid.report.check_shortcuts import write_number, write_shortcuts
from styleid.report.palette import elide, tidy

#: A head's honest mistakes are listed as doubtful labels too: on clean made-up sets, some 3 of 100 of them.
#: A warning takes more than this share of its mistakes, and more than a few.
HONEST_MISLABELS = 0.05
FEW_MISLABELS = 2
#: Share of lone pictures above which they are a warning.
MANY_OUTLIERS = 0.02

#: The gravest first. ``stop``: a score here is not to be believed; ``look``: look before; ``note``: know it.
SEVERITIES = ("stop", "look", "note")

Finding = dict[str, str]


def write_check_findings(result: Mapping[str, Any]) -> list[Finding]:
    """List an audit's findings, the gravest first: ``kind``, ``severity`` and ``text``."""
    found = [
        {"kind": kind, "severity": severity, "text": tidy(text)}
        for part in (_conflicts, write_shortcuts, _duplicates, _mislabels, _pictures, _labels)
        for kind, severity, text in part(result)
    ]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding["severity"]))


def write_verdict(result: Mapping[str, Any]) -> str:
    """Say in one sentence whether a score on this set can be believed."""
    severities = [finding["severity"] for finding in result["findings"]]
    if "stop" in severities:
        return "Do not believe a score on this set yet"
    if "look" in severities:
        return "Look at this before you believe a score on this set"
    return "Nothing was found that would make a score on this set untrue"


def _conflicts(result: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    if n := len(result["conflicts"]):
        first = result["conflicts"][0]
        yield (
            "conflicts",
            "stop",
            f"{_times(n, 'picture')} under more than one label, such as {_both(first['image_ids'])}: "
            "whatever a head "
            "says of them, one file calls it wrong. Decide whose they are.",
        )


def _duplicates(result: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    found = result["duplicates"]
    for chain in found["chains"]:
        yield (
            "chains",
            "look",
            f"{chain['size']:,} pictures hang together as near-duplicates, {chain['share']:.0%} of "
            f"{chain['label']!r}, "
            f"but only {chain['density']:.0%} of them directly: a chain of look-alikes. They are not joined, "
            "since too little of the label would be left to score; give such pictures groups by hand.",
        )
    if n := found["n_across_groups"]:
        yield (
            "duplicates",
            "look",
            f"{_times(n, 'pair')} of near-duplicates in different groups: with a fold line between them "
            "a head would be scored on what it learned from, so `styleid fit` and `styleid compare` keep "
            f"them together. Kept together: {_effect(result, 'together')}.",
        )
    inside = found["n_pairs"] - n
    if inside:
        yield (
            "duplicates-in-groups",
            "note",
            f"{_times(inside, 'pair')} of near-duplicates in one group already: no fold line runs "
            "between them.",
        )


def _mislabels(result: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    n, of = len(result["mislabels"]), result["n_images"]
    if n:
        first = result["mislabels"][0]
        mistakes = of * (1 - result["scores"]["as_is"]["accuracy"]["value"])
        yield (
            "mislabels",
            "look" if n > FEW_MISLABELS + HONEST_MISLABELS * mistakes else "note",
            f"{_times(n, 'picture')} of {of:,} may be labelled wrong: head and neighbours agree on "
            "another label, such "
            f"as {first['suggested']!r} for {elide(first['image_id'], 60)}. Honest mistakes are among "
            "them: look. "
            f"Without them and without conflicts: {_effect(result, 'left_out')}; leaving out what a "
            "head gets "
            "wrong always flatters it.",
        )


def _pictures(result: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    if n := len(result["degenerate"]):
        first = result["degenerate"][0]
        yield (
            "degenerate",
            "look",
            f"{_times(n, 'picture')} hold next to nothing, such as {elide(first['image_id'], 60)} "
            f"({first['why']}).",
        )
    if n := len(result["outliers"]):
        yield (
            "outliers",
            "look" if n > MANY_OUTLIERS * result["n_images"] else "note",
            f"{_times(n, 'picture')} far from all others, such as "
            f"{elide(result['outliers'][0]['image_id'], 60)}: "
            "perhaps no work of this kind at all.",
        )


def _labels(result: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    folds = result["options"]["folds"]
    small = {label: of["n_groups"] for label, of in result["labels"].items() if of["n_groups"] < folds}
    if small:
        listed = ", ".join(f"{elide(label)!r} ({n})" for label, n in small.items())
        yield (
            "small-labels",
            "look",
            f"fewer groups than the {folds} folds asked for: {listed}. Their numbers rest on little.",
        )
    if left := result["labels_left_out"]:
        yield (
            "labels-left-out",
            "look",
            "cannot be scored at all, for want of two groups: "
            f"{', '.join(repr(elide(label)) for label in left)}.",
        )


def _effect(result: Mapping[str, Any], which: str) -> str:
    scores = result["scores"]
    before = write_number(scores["as_is"]["balanced_accuracy"])
    if scores[which] is None:
        return f"no score is possible any more (balanced accuracy as is {before})"
    after = write_number(scores[which]["balanced_accuracy"])
    return f"balanced accuracy {after}, as is {before}"


def _times(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _both(names: list[str]) -> str:
    return " and ".join(elide(name, 60) for name in names[:2])
