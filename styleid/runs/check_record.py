"""Read the near-duplicates of an audit back, for whoever makes folds."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styleid.data.manifest import Manifest
from styleid.errors import InputError

FORMAT_VERSION = 1


def read_duplicate_pairs(path: Path, manifest: Manifest) -> NDArray[np.int64]:
    """Return the near-duplicates that an audit recorded, as rows of a manifest.

    Parameters
    ----------
    path : Path
        A ``check.json``. Its pairs are named by content, so the manifest may be another one: rows that are
        not in it are passed over, and content that is in it several times is paired each time.
    manifest : Manifest
        n pictures.

    Returns
    -------
    NDArray of int64
        (m, 2) row numbers, first < second, ascending; as `styleid.evaluate.components.join_groups` takes
        them. Pairs of chains that the audit refused to join are left out.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another version.
    """
    try:
        record = json.loads(path.read_bytes())
        version = record["format_version"]
        pairs = [
            (str(pair["sha256"][0]), str(pair["sha256"][1]))
            for pair in record["duplicates"]["pairs"]
            if pair["joined"]
        ]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"cannot read {path} ({error}); run `styleid check` to make it again", path=path
        ) from error
    if version != FORMAT_VERSION:
        raise InputError(
            f"{path} is of format_version {version}, expected {FORMAT_VERSION}; run `styleid check` again",
            path=path,
            version=version,
        )
    rows: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(manifest.rows):
        rows[row.sha256].append(i)
    found = {
        (min(i, j), max(i, j)) for one, other in pairs for i, j in product(rows[one], rows[other]) if i != j
    }
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
