"""Small generated pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


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
