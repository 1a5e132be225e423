"""Pictures and pairs of pictures as an audit's page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from styleid.data.thumbnails import thumbnails
from styleid.report.page import data_uri
from styleid.report.palette import tidy

_SIDE = 200
#: Pictures or pairs that a page holds of each kind, most of them behind "show the rest"; all of them are in
#: ``check.json``.
HELD = 120


def show_pictures(rows: Sequence[Mapping[str, Any]], paths: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Prepare the first pictures of a list; one that is gone has no image."""
    first = rows[:HELD]
    images = thumbnails([paths[row["image_id"]] for row in first], _SIDE)
    return [
        {name: tidy(str(value)) for name, value in row.items()}
        | {"image": None if image is None else data_uri(image)}
        for row, image in zip(first, images, strict=True)
    ]


def show_pairs(pairs: Sequence[Mapping[str, Any]], paths: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Prepare the first pairs of a list, each with its two pictures."""
    made = []
    for pair in pairs[:HELD]:
        pictures = [
            {"image_id": name, "label": label}
            for name, label in zip(pair["image_ids"][:2], pair["labels"][:2], strict=True)
        ]
        made.append({"pictures": show_pictures(pictures, paths), "bits": pair.get("bits")})
    return made
