"""What a study leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Called as ``progress(stage, done, total)``; a total of 0 says only that the stage has begun.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Study:
    """A finished study: its folder, its page, and the content of its ``result.json``."""

    folder: Path
    page: Path
    result: Mapping[str, Any]
