"""What is learned from is looked at through whole fits here, whose pictures are not looked at."""

from __future__ import annotations

import pytest
from quick import Quick, leave_plots_unpainted

from styleid.runs.fit import run as fit_module


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "ProjectionHandle", Quick)
    leave_plots_unpainted(monkeypatch)
