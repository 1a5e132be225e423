"""The hashes of pictures that were read once, kept beside a store."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.data.decode.policy import DecodePolicy
from styleid.data.facts import BITS, CROPS, LOOKED_AT, VERSION, FileFacts, read_facts
from styleid.files import write_atomic

#: Name of the file within a store.
HASHES = "hashes.json"
FORMAT_VERSION = 1
_SHAPE = (len(CROPS), BITS // 8)
#: What changes a hash. Formats and limits do not: they decide what is refused, and that is not remembered.
_MADE_BY = {
    "hash": VERSION,
    "bits": BITS,
    "crops": list(CROPS),
    "side": LOOKED_AT,
    "decode_policy": DecodePolicy().identity(),
}


@dataclass(frozen=True, eq=False)
class Hashes:
    """What is known of n pictures."""

    bits: NDArray[np.uint8]  # (n, crops, bytes) from `picture_hashes`; zeros where there is no hash
    has: NDArray[np.bool_]  # (n,) whether there is a hash
    unread: NDArray[np.bool_]  # (n,) not read yet; a picture of one colour is read but has no hash


class HashMemory:
    """A side file ``sha256 -> hashes``; disposable, and made anew if damaged or made by other rules."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known = _load(path)
        self._changed = False

    def __contains__(self, sha256: object) -> bool:
        return sha256 in self._known

    def learn(self, facts: Iterable[FileFacts | None]) -> None:
        """Remember the hashes of files that were read; one that failed (None) may be read next time."""
        for file in facts:
            if file is not None and file.sha256 not in self._known:
                self._known[file.sha256] = file.hashes
                self._changed = True

    def read(self, files: Sequence[Path], sha256: Sequence[str], workers: int) -> None:
        """Read the files whose content is not known yet, each content once.

        Hashes are kept under the bytes that were read, so a file that changed since its row was made
        teaches nothing about that row.
        """
        waiting: dict[str, list[Path]] = defaultdict(list)
        for file, content in zip(files, sha256, strict=True):
            if content not in self._known:
                waiting[content].append(file)
        while waiting:  # once round, unless a file cannot be read and another has the same content
            self.learn(read_facts([copies[0] for copies in waiting.values()], workers))
            waiting = {
                content: copies[1:]
                for content, copies in waiting.items()
                if content not in self._known and len(copies) > 1
            }

    def of(self, sha256: Sequence[str]) -> Hashes:
        """Return what is known of these contents, in their order, without reading a picture."""
        hashes = [self._known.get(content) for content in sha256]
        bits = [np.zeros(_SHAPE, dtype=np.uint8) if known is None else known for known in hashes]
        return Hashes(
            bits=np.array(bits, dtype=np.uint8).reshape(-1, *_SHAPE),
            has=np.array([known is not None for known in hashes], dtype=bool),
            unread=np.array([content not in self._known for content in sha256], dtype=bool),
        )

    def save(self) -> None:
        """Write what was learned, if anything; if that fails, the hashes in memory still serve."""
        if not self._changed:
            return
        hashes = {
            content: None if bits is None else bits.tobytes().hex()
            for content, bits in sorted(self._known.items())
        }
        head = {"format_version": FORMAT_VERSION, "made_by": _MADE_BY, "crc32": _checksum(hashes)}
        write_atomic(self.path, json.dumps(head | {"hashes": hashes}))
        self._changed = False


def _load(path: Path) -> dict[str, NDArray[np.uint8] | None]:
    """Return what was kept; nothing when it is damaged or was made by other rules."""
    try:
        record = json.loads(path.read_bytes())
        hashes = record["hashes"]
        same = (record["format_version"], record["made_by"]) == (FORMAT_VERSION, _MADE_BY)
        if not same or record["crc32"] != _checksum(hashes):
            return {}
        return {
            content: None if text is None else np.frombuffer(bytes.fromhex(text), np.uint8).reshape(_SHAPE)
            for content, text in hashes.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _checksum(hashes: Mapping[str, str | None]) -> int:
    return zlib.crc32(json.dumps(hashes, sort_keys=True).encode())
