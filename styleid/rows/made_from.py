"""What a model was made from, in few digits a label: enough to notice that a manifest is another one."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from styleid.data.manifest.table import Row
from styleid.evaluate.table import join_groups

#: Name of the entry of a model's options: label -> digest of its pictures, and of their groups.
MADE_FROM = "made_from"
_DIGITS = 16


def made_from(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Return label -> digest of its pictures' contents, and of which of them are of one group."""
    components = join_groups([row.sha256 for row in rows], [row.group for row in rows]).tolist()
    first: dict[int, str] = {}  # a component is known by its least content, whatever its group is called
    for row, component in zip(rows, components, strict=True):
        first[component] = min(first.get(component, row.sha256), row.sha256)
    pictures, groups = defaultdict(set), defaultdict(set)
    for row, component in zip(rows, components, strict=True):
        pictures[row.label].add(row.sha256)
        groups[row.label].add(f"{row.sha256} {first[component]}")
    return {label: [_digest(pictures[label]), _digest(groups[label])] for label in sorted(pictures)}


def note_changes(then: Mapping[str, Sequence[str]] | None, now: Mapping[str, Sequence[str]]) -> list[str]:
    """Name the labels whose pictures or groups are not those a model was made from."""
    if then is None:
        return ["the model does not say what it was made from: whether the manifest is the same is not known"]
    changed: dict[str, list[str]] = {"pictures": [], "groups": []}
    for label, (pictures, groups) in then.items():
        found = now.get(label, ["", ""])
        if found[0] != pictures:
            changed["pictures"].append(repr(label))
        elif found[1] != groups:
            changed["groups"].append(repr(label))
    return [
        f"the manifest is not the one the model was made from: other {what} of {', '.join(labels)}, so "
        "the new label and the older ones were not measured on the same parts"
        for what, labels in changed.items()
        if labels
    ]


def _digest(lines: set[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:_DIGITS]
