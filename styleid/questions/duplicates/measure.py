"""The audit's first part: one picture in several files, and what that does to folds and labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.manifest.table import Manifest, Row
from styleid.evaluate.duplicates import MAX_BITS, MIN_COSINE, Pairs
from styleid.evaluate.table import join_groups
from styleid.rows.training_set import Duplicates, TrainingSet


def duplicates_record(data: TrainingSet, duplicates: Duplicates) -> dict[str, Any]:
    """Put near-duplicates into plain values, as documented in ``docs/formats.md``."""
    pairs, nearly = (
        _pairs(data, some, duplicates.components) for some in (duplicates.pairs, duplicates.nearly)
    )
    alone = np.arange(len(data.y)).astype(str)
    sizes = np.bincount(join_groups(alone, pairs=duplicates.pairs.rows))
    return {
        "min_cosine": MIN_COSINE,
        "max_bits": MAX_BITS,
        "n_pairs": len(pairs),
        "n_same_bytes": sum(pair["same_bytes"] for pair in pairs),
        "n_across_groups": sum(not pair["same_group"] for pair in pairs),
        "n_across_labels": sum(pair["labels"][0] != pair["labels"][1] for pair in pairs),
        "component_sizes": {str(size): n for size, n in sorted(Counter(sizes.tolist()).items()) if size > 1},
        "chains": [asdict(chain) for chain in duplicates.chains],
        "pairs": pairs,
        "nearly": sorted(nearly, key=lambda pair: int(pair["bits"])),
    }


def conflicts_record(chosen: Manifest, pairs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List contents under more than one label: the same bytes, then near-duplicates.

    `chosen` holds all pictures asked for, also those that a training set leaves out for such a conflict.
    """
    by_content: dict[str, list[Row]] = defaultdict(list)
    for row in chosen.rows:
        if row.sha256 and row.label:
            by_content[row.sha256].append(row)
    exact = [
        {
            "image_ids": [row.image_id for row in rows],
            "labels": [row.label for row in rows],
            "sha256": [sha256] * len(rows),
            "same_bytes": True,
        }
        for sha256, rows in by_content.items()
        if len({row.label for row in rows}) > 1
    ]
    near = [
        {name: list(pair[name]) for name in ("image_ids", "labels", "sha256")} | {"same_bytes": False}
        for pair in pairs
        if pair["labels"][0] != pair["labels"][1]
    ]
    return exact + near


def _pairs(data: TrainingSet, pairs: Pairs, components: NDArray[np.int64]) -> list[dict[str, Any]]:
    listed = []
    columns = (pairs.rows.tolist(), pairs.cosine.tolist(), pairs.bits.tolist())
    for (i, j), cosine, bits in zip(*columns, strict=True):
        both = [data.manifest.rows[i], data.manifest.rows[j]]
        listed.append(
            {
                "sha256": [row.sha256 for row in both],
                "image_ids": [row.image_id for row in both],
                "labels": [row.label for row in both],
                "cosine": round(cosine, 6),
                "bits": bits,
                "same_bytes": both[0].sha256 == both[1].sha256,
                "same_group": bool(data.components[i] == data.components[j]),
                "joined": bool(components[i] == components[j]),
            }
        )
    return listed
