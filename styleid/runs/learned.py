"""What a model keeps of the pictures it learned from, so that it knows them again."""

from __future__ import annotations

from styleid.data.facts import HASHES, HashMemory
from styleid.data.manifest.table import Manifest
from styleid.model.learned import NOTHING, Learned
from styleid.rows.training_set import keep_hashes
from styleid.vectors.store.store import SpaceStore


def learned_from(new: Manifest, store: SpaceStore, workers: int, before: Learned = NOTHING) -> Learned:
    """Read hashes, each once for all runs; a picture whose file is gone is known by its bytes alone."""
    memory, sha256 = HashMemory(store.root / HASHES), [row.sha256 for row in new.rows]
    memory.read([new.file(row) for row in new.rows], sha256, workers)
    keep_hashes(memory)
    return before.joined(sha256, memory.of(sha256))
