"""The weights' preset with Pillow and numpy, as a script around an exported network has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


def center_crop(file: Path) -> NDArray[np.uint8]:
    """Return the middle (224, 224, 3) of a picture whose short side became 256."""
    image = Image.open(file).convert("RGB")
    width, height = image.size
    short = min(width, height)
    image = image.resize((256 * width // short, 256 * height // short), Image.Resampling.BILINEAR)
    left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)
    return np.asarray(image.crop((left, top, left + 224, top + 224)))


def normalised(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what the network reads: (n, 224, 224, 3) bytes -> (n, 3, 224, 224) float32."""
    scaled = (pixels.astype(np.float32) / np.float32(255) - MEAN) / STD
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def load_batch(files: list[Path]) -> NDArray[np.float32]:
    """Return a batch of files as the network reads them."""
    return normalised(np.stack([center_crop(file) for file in files]))
