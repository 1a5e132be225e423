"""``scan.json``: how the manifest beside it was made, so that it can be made again the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from styleid.files import write_atomic

DEFAULT_IMAGES = Path("data/images")
FORMAT_VERSION = 1


@dataclass(frozen=True)
class ScanOptions:
    """How a folder becomes a manifest."""

    images: str = str(DEFAULT_IMAGES)  # the folder, as the user named it
    table: str | None = None  # by default metadata.csv in the folder, if there is one
    label_column: str = "label"
    group_column: str = "group"
    group_regex: str | None = None  # reads the group off a file's name


def write_record(manifest: Path, options: ScanOptions, summary: Mapping[str, Any]) -> None:
    """Write ``scan.json`` beside a manifest that was just written."""
    record = {
        "format_version": FORMAT_VERSION,
        "options": asdict(options),
        "manifest_sha256": sha256(manifest.read_bytes()).hexdigest(),
        **summary,
    }
    write_atomic(manifest.with_name("scan.json"), json.dumps(record, indent=1))


def last_options(manifest: Path) -> ScanOptions | None:
    """Return how `manifest` was made; None if no scan is on record."""
    options = _record(manifest).get("options")
    return ScanOptions(**options) if options else None


def is_scanned(manifest: Path) -> bool:
    """Tell whether an existing manifest is, to the byte, what the last scan wrote."""
    return bool(_record(manifest).get("manifest_sha256") == sha256(manifest.read_bytes()).hexdigest())


def _record(manifest: Path) -> dict[str, Any]:
    try:
        record = json.loads(manifest.with_name("scan.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and record.get("format_version") == FORMAT_VERSION else {}
