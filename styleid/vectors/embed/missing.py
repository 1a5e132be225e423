"""What a store lacks of a manifest, and which of it another try would not give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from styleid.data.decode.images import PASSING_CODES, DecodePolicy
from styleid.data.manifest.table import Manifest
from styleid.vectors.store.store import SpaceStore

#: Content -> view -> the descriptors whose store lacks its vector.
Missing = Mapping[str, Mapping[str, Sequence[str]]]


def find_missing(manifest: Manifest, stores: Mapping[str, SpaceStore], views: Sequence[str]) -> Missing:
    """Return content -> view -> descriptors for what lacks a vector, in the order given."""
    known = {name: store.known() for name, store in stores.items()}
    missing: dict[str, Mapping[str, Sequence[str]]] = {}
    # Most lack the same: one object for all of them, so that a picture costs no more than its name.
    shared: dict[tuple[bool, ...], Mapping[str, Sequence[str]]] = {}
    for row in manifest.rows:
        lacks = tuple((row.sha256, view) not in keys for view in views for keys in known.values())
        if not any(lacks):
            continue
        if lacks not in shared:
            pairs = [pair for pair, lacking in zip(_pairs(views, known), lacks, strict=True) if lacking]
            shared[lacks] = {
                view: [name for of, name in pairs if of == view]
                for view in dict.fromkeys(v for v, _ in pairs)
            }
        missing[row.sha256] = shared[lacks]
    return missing


def _pairs(views: Sequence[str], names: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(view, name) for view in views for name in names]


def settled_failures(
    stores: Mapping[str, SpaceStore], policy: DecodePolicy, views: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return content -> failure where another try would not help: its bytes are at fault."""
    keys = {policy_key(policy), *(policy_key(policy, view) for view in views)}
    return {
        failure["sha256"]: failure
        for store in stores.values()
        for failure in store.failures()
        if failure["policy"] in keys and failure["code"] not in PASSING_CODES
    }


def policy_key(policy: DecodePolicy, view: object = None) -> str:
    """Return the key that a failure is remembered under.

    Where only one view does not fit the picture, the key names it, so that other views are still tried.
    """
    return policy.key() if view is None else f"{policy.key()} {view}"
