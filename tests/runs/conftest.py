from __future__ import annotations

from pathlib import Path

import pytest
from fitted import Workspace
from quick import Quick, leave_plots_unpainted

from styleid.runs.fit import run as fit_module


@pytest.fixture(autouse=True)
def _quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "ProjectionHandle", Quick)
    if "painted" not in request.fixturenames:
        leave_plots_unpainted(monkeypatch)


@pytest.fixture
def painted() -> None:
    """Plots as users get them, for tests of what is in a run's folder."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)
