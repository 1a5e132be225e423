"""What a store lacks of a manifest, and which of it another try would not give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from styleid.data.decode.policy import PASSING_CODES, DecodePolicy
from styleid.data.manifest.table import Manifest, Row
from styleid.vectors.store.store import SpaceStore

#: Content -> view -> the descriptors whose store lacks its vector.
Missing = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True)
class Gaps:
    """What a store lacks of the pictures of a manifest."""

    manifest: Manifest
    missing: Missing
    failed: Mapping[str, Mapping[str, str]]  # content -> failure that another try would not mend

    def todo(self) -> dict[str, Row]:
        """Return the contents to be tried, each with the first picture that has it."""
        rows: dict[str, Row] = {}
        for row in self.manifest.rows:
            if row.sha256 in self.missing and row.sha256 not in self.failed:
                rows.setdefault(row.sha256, row)
        return rows

    def n_known(self) -> int:
        """Count the pictures that lack nothing."""
        return sum(row.sha256 not in self.missing for row in self.manifest.rows)


def find_gaps(
    manifest: Manifest, stores: Mapping[str, SpaceStore], policy: DecodePolicy, views: Sequence[str]
) -> Gaps:
    """Return what lacks a vector in the stores, by descriptor, and what failed for good under this policy."""
    keys = {policy_key(policy), *(policy_key(policy, view) for view in views)}
    failed = {
        failure["sha256"]: failure
        for store in stores.values()
        for failure in store.failures()
        if failure["policy"] in keys and failure["code"] not in PASSING_CODES
    }
    known = {name: store.known() for name, store in stores.items()}
    pairs = [(view, name) for view in views for name in known]
    missing: dict[str, Mapping[str, Sequence[str]]] = {}
    # Most lack the same: one object for all of them, so that a picture costs no more than its name.
    shared: dict[tuple[bool, ...], dict[str, list[str]]] = {}
    for row in manifest.rows:
        lacks = tuple((row.sha256, view) not in known[name] for view, name in pairs)
        if not any(lacks):
            continue
        if lacks not in shared:
            shared[lacks] = {}
            for (view, name), lacking in zip(pairs, lacks, strict=True):
                if lacking:
                    shared[lacks].setdefault(view, []).append(name)
        missing[row.sha256] = shared[lacks]
    return Gaps(manifest, missing, failed)


def policy_key(policy: DecodePolicy, view: object = None) -> str:
    """Return the key that a failure is remembered under.

    Where only one view does not fit the picture, the key names it, so that other views are still tried.
    """
    return policy.key() if view is None else f"{policy.key()} {view}"
