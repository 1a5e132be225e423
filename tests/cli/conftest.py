"""Folders in which commands are run."""

from __future__ import annotations

from pathlib import Path

import pytest
from place import Place, paint


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


@pytest.fixture
def pics(place: Place) -> Place:
    """Two labels of two pictures each."""
    paint("pics/ann/0.png", "pics/ann/1.png", "pics/bob/0.png", "pics/bob/1.png")
    return place
