from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from styleid.evaluate.resample import Measured, plain


@dataclass(frozen=True)
class Record:
    named: dict[int, Measured]
    points: tuple[Any, ...]
    counts: np.ndarray


def test_a_record_becomes_what_json_writes() -> None:
    record = Record(
        {1: Measured(0.5, 0.25, np.float64(0.75), 9, 3)},
        (float("nan"), None, True, "a"),
        np.eye(2, dtype=int),
    )
    written = plain(record)
    assert json.loads(json.dumps(written, allow_nan=False)) == written
    assert written == {
        "named": {"1": {"value": 0.5, "low": 0.25, "high": 0.75}},
        "points": [None, None, True, "a"],
        "counts": [[1, 0], [0, 1]],
    }
    assert plain(Measured(np.nan)) == {"value": None, "low": None, "high": None}
    assert type(plain(np.int64(3))) is int
