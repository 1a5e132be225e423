"""The pictures that a model learned from: it knows them again, so that nobody takes a memory for a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.facts import BITS, CROPS, VERSION, FileFacts
from styleid.data.hash_memory import Hashes
from styleid.errors import BundleError

#: What a model says of a picture: learned from, bytes and all; a near-duplicate of one; neither.
EXACT, NEAR, NO = ("exact", "near", "no")
#: Most bits of a hash in which near-duplicates differ, as where folds are made. No vectors are kept as a
#: second witness: of the demo's drawings those of another subject begin at 24 bits (docs/decisions.md).
_MOST_BITS = 18
#: Bytes kept of a picture's SHA-256.
KEPT = 16
#: Hashes made by other rules have another name, and are passed over.
_HASHES = f"hashes.{VERSION}"


@dataclass(frozen=True, eq=False)
class Learned:
    """What is kept of them; their order says nothing, and no name of a file is kept."""

    digests: NDArray[np.uint8]  # (n, 16) the first bytes of each SHA-256, ascending
    hashes: NDArray[np.uint8]  # (m, crops, bytes) of those that have one, as `picture_hashes` makes them

    def __post_init__(self) -> None:
        found = self.digests.shape[1:], self.hashes.shape[1:]
        if found != ((KEPT,), (len(CROPS), BITS // 8)) or {self.digests.dtype, self.hashes.dtype} != {
            np.dtype(np.uint8)
        }:
            raise BundleError(f"expected digests and hashes of the learned pictures, found shapes {found}")

    def joined(self, sha256: Sequence[str], hashes: Hashes) -> Learned:
        """Return these pictures and n further ones, the hashes in the order of the digests."""
        return Learned(
            np.unique(np.concatenate([self.digests, first_bytes(sha256)]), axis=0),
            np.unique(np.concatenate([self.hashes, hashes.bits[hashes.has]]), axis=0),
        )

    def to_arrays(self) -> dict[str, NDArray[np.uint8]]:
        """Return the arrays by name, for safetensors."""
        return {"digests": self.digests, _HASHES: self.hashes}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Learned:
        """Read what `to_arrays` wrote."""
        return cls(arrays["digests"], arrays.get(_HASHES, NOTHING.hashes))

    def recognise(self, file: FileFacts) -> str:
        """Say whether a file is one of these pictures, near to one, or neither."""
        if (self.digests == first_bytes([file.sha256])).all(axis=1).any():
            return EXACT
        if file.hashes is None or not len(self.hashes):
            return NO
        # The picture whole beside each of theirs, whole and cropped, and each crop of it beside theirs whole.
        counts = [_differing(self.hashes, file.hashes[0]), _differing(self.hashes[:, :1], file.hashes)]
        return NEAR if min(int(count.min()) for count in counts) <= _MOST_BITS else NO


NOTHING = Learned(np.empty((0, KEPT), np.uint8), np.empty((0, len(CROPS), BITS // 8), np.uint8))


def first_bytes(sha256: Sequence[str]) -> NDArray[np.uint8]:
    """Return what is kept of n digests, (n, 16)."""
    return np.array([list(bytes.fromhex(text)[:KEPT]) for text in sha256], np.uint8).reshape(-1, KEPT)


def _differing(hashes: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.int64]:
    bits: NDArray[np.int64] = np.bitwise_count(hashes ^ other).sum(axis=-1, dtype=np.int64)
    return bits
