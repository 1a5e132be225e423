"""What all tests share: small pictures, and a machine without a network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from drawing import draw

# Before anything imports them: one thread, as many as the numbers are promised for.
os.environ.setdefault("OMP_NUM_THREADS", "1")


#: The files that take longest, the longest first: begun last, one would keep a single worker busy at the end.
LONGEST = (
    "runs/fit/test_fit.py",
    "cli/test_cli.py",
    "runs/fit/test_fit_trust.py",
    "vectors/test_embed.py",
    "runs/test_views_runs.py",
    "questions/test_report_plots.py",
    "questions/test_report_projection.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order whole files, and no test within one."""
    here = Path(__file__).parent
    rank = {here / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let every attempt at a connection fail at once, and keep this machine's caches out of it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setenv("TORCH_HOME", str(home / "torch"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no write wait until it is on disk: that is for when the power fails, and takes minutes in all.

    A file that is closed or was never opened is refused as ever; tests/test_files.py writes in earnest.
    """
    monkeypatch.setattr(os, "fsync", os.fstat)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three labels of eight pictures each, in pairs that share a group."""
    root = tmp_path / "pictures"
    for style, label in enumerate(("stripe", "blot", "noise")):
        for i in range(8):
            draw(root / label / f"series{i // 2}" / f"{i}.png", seed=100 * style + i, style=style)
    return root
