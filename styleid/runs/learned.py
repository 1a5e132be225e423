"""What a model keeps of the pictures it learned from: it knows them again, and shows them as evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.facts import read_facts
from styleid.data.hash_memory import HASHES, HashMemory
from styleid.data.manifest.table import Manifest
from styleid.model.known import Known
from styleid.model.learned import NOTHING, Learned, first_bytes
from styleid.questions.strangers.distances import kept_rows
from styleid.rows.training_set import TrainingSet, keep_hashes
from styleid.vectors.store.store import SpaceStore

#: Longest side of a thumbnail in a model, in pixels; those of 4,000 pictures take some 5 MB.
SIDE = 96


def learned_from(new: Manifest, store: SpaceStore, workers: int, before: Learned = NOTHING) -> Learned:
    """Read hashes, each once for all runs; a picture whose file is gone is known by its bytes alone."""
    memory, sha256 = HashMemory(store.root / HASHES), [row.sha256 for row in new.rows]
    memory.read([new.file(row) for row in new.rows], sha256, workers)
    keep_hashes(memory)
    return before.joined(sha256, memory.of(sha256))


def known_pictures(
    data: TrainingSet,
    store: SpaceStore,
    workers: int,
    places: NDArray[np.float64],
    said: Mapping[str, Any],
    thumbnails: bool,
) -> Known:
    """Read what evidence is shown from, of the rows that the detector of strangers keeps.

    A file that cannot be read any more, or is not the one that was embedded, has no facts and no thumbnail.
    `places` are those of all rows in the projection, (n, 2), or none, (0, 2).
    """
    few, memory = kept_rows(len(data.y)), HashMemory(store.root / HASHES)
    rows = data.manifest.rows[few]
    files = [data.manifest.file(row) for row in rows]
    read = read_facts(files, workers, thumbnail=SIDE if thumbnails else 0, hashed=memory)
    memory.learn(read)  # for `learned_from`
    keep_hashes(memory)
    facts = tuple(
        one if one and one.sha256 == row.sha256 else None for one, row in zip(read, rows, strict=True)
    )
    names, labels = np.unique(data.own_labels, return_inverse=True)
    return Known(
        names=tuple(names.tolist()),
        labels=labels[few].astype(np.int64),
        components=data.components[few],
        digests=first_bytes([row.sha256 for row in rows]),
        places=places[few].astype(np.float32),
        facts=facts,
        thumbnails=tuple(one.thumbnail if one else b"" for one in facts) if thumbnails else (),
        n_learned=len(data.y),
        said=said,
    )
