from __future__ import annotations

from pathlib import Path

import pytest
from fitted import Workspace
from quick import Quick

from styleid.runs.fit import run as fit_module


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "ProjectionHandle", Quick)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)
