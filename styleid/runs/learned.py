"""What a model keeps of the pictures it learned from, so that it knows them again."""

from __future__ import annotations

from styleid.data.facts import HASHES, HashMemory
from styleid.data.manifest.table import Manifest
from styleid.model.learned import Learned
from styleid.rows.training_set import keep_hashes
from styleid.vectors.store.store import SpaceStore


def learned_from(
    pictures: Manifest, store: SpaceStore, workers: int, before: Learned | None = None
) -> Learned:
    """Read hashes, each once for all runs; a picture whose file is gone is known by its bytes alone."""
    memory = HashMemory(store.root / HASHES)
    sha256 = [row.sha256 for row in pictures.rows]
    memory.read([pictures.file(row) for row in pictures.rows], sha256, workers)
    keep_hashes(memory)
    hashes = memory.of(sha256)
    return Learned.of(sha256, hashes) if before is None else before.joined(sha256, hashes)
