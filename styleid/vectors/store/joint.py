"""Several spaces of a store taken together: a picture's vectors side by side."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.data.manifest.table import Manifest
from styleid.errors import StoreError
from styleid.vectors.store.space import find_space, joint_space
from styleid.vectors.store.store import Key, SpaceStore


class JointStore(SpaceStore):
    """Reads what several spaces hold of the same pictures; `folder` is that of the first."""

    def __init__(self, stores: Sequence[SpaceStore]) -> None:
        super().__init__(stores[0].root, joint_space([store.space for store in stores]))
        self.parts, self.folder = tuple(stores), stores[0].folder

    def known(self) -> AbstractSet[Key]:
        """Return the keys of which every space has a vector."""
        return set.intersection(*(set(store.known()) for store in self.parts))

    def failures(self) -> list[dict[str, str]]:
        """Return the failures of all spaces."""
        return [failure for store in self.parts for failure in store.failures()]

    def stack(self, manifest: Manifest, views: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, v, sum of dims) vectors in manifest order."""
        return np.concatenate([_own(store, manifest, views) for store in self.parts], axis=2)

    def holds(self, manifest: Manifest, views: Sequence[str]) -> bool:
        """Say whether every space has all of these views of all pictures."""
        return all(store.holds(manifest, views) for store in self.parts)


def _own(store: SpaceStore, manifest: Manifest, views: Sequence[str]) -> NDArray[np.float32]:
    try:
        return store.stack(manifest, views)
    except StoreError as error:  # which of several `styleid embed` makes has to be said
        backbone = store.space.identity["backbone"]
        raise StoreError(
            f"{error.message} with --backbone {backbone} --descriptor {store.space.descriptor}", **error.facts
        ) from error


def open_store(root: Path, name: str | None = None) -> SpaceStore:
    """Return the vectors of the space that is meant, or of several whose names are joined by +."""
    names = [None] if name is None else name.split("+")
    return joined([SpaceStore(root, find_space(root, one)) for one in names])


def joined(stores: Sequence[SpaceStore]) -> SpaceStore:
    """Return the store of a single space, or several as one."""
    return stores[0] if len(stores) == 1 else JointStore(stores)
