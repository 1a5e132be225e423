"""What all tests share: small pictures, and a machine without a network."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# Before anything imports them: one thread, as many as the numbers are promised for.
os.environ.setdefault("OMP_NUM_THREADS", "1")


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


def draw(path: Path, seed: int, style: int = 0, size: tuple[int, int] = (96, 80)) -> Path:
    """Write a small picture whose strokes tell its style: stripes, blots or noise in other colours."""
    rng = np.random.default_rng(seed)
    width, height = size
    y, x = np.mgrid[:height, :width]
    if style == 0:
        grey = 127 + 120 * np.sin((x + rng.uniform(0, 20)) / 3)
    elif style == 1:
        grey = 255 * (((x - rng.uniform(20, 70)) ** 2 + (y - rng.uniform(20, 60)) ** 2) < 500)
    else:
        grey = rng.integers(0, 256, (height, width))
    pixels = np.stack([grey, np.roll(grey, 7, 0), 255 - grey], axis=-1)
    pixels = np.clip(pixels + rng.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three labels of eight pictures each, in pairs that share a group."""
    root = tmp_path / "pictures"
    for style, label in enumerate(("blot", "noise", "stripe")):
        for i in range(8):
            draw(root / label / f"series{i // 2}" / f"{i}.png", seed=100 * style + i, style=style)
    return root
