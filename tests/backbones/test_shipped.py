"""The weights that ship see more than colours, and more of a picture than how its file was packed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from styleid import make_table

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from backbone.audit import CHANGES

from styleid import cross_validate, grouped_folds
from styleid.backbones.base import get_backbone
from styleid.backbones.runtimes.base import RuntimeOptions, open_runtime
from styleid.backbones.weights_file import load_tensors
from styleid.heads.base import get_head

DEMO = Path(__file__).parents[2] / "data" / "images"
#: Drawings that every illustrator has made.
SUBJECTS = (
    *("baby-angel", "bride-with-veil", "construction-worker", "detective", "guard", "horse-racing"),
    *("mrs-claus", "person-biking", "person-fencing", "person-golfing", "person-surfing"),
    *("police-officer", "santa-claus"),
)


def drawing(file: Path) -> Image.Image:
    with Image.open(file) as image:
        white = Image.new("RGBA", image.size, "white")
        flat = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return flat.resize((224, 224), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def vectors() -> dict[str, np.ndarray]:
    """Vectors of the drawings as they are and changed, hand by hand."""
    images = [drawing(folder / f"{s}.png") for folder in sorted(DEMO.glob("*/")) for s in SUBJECTS]
    backbone = get_backbone("resnet18-style")
    runtime = open_runtime(
        backbone, load_tensors(backbone.fetch().path), ("style",), RuntimeOptions(batch_size=32)
    )
    pictures = {"plain": images} | {name: [make(i) for i in images] for name, make in CHANGES.items()}
    found = {}
    for name, some in pictures.items():
        pixels = np.stack([np.asarray(image) for image in some])
        parts = [runtime.vectors(pixels[at : at + 32])["style"] for at in range(0, len(pixels), 32)]
        found[name] = np.concatenate(parts)
    return found


@pytest.mark.parametrize("change", ["plain", *CHANGES])
def test_hands_are_told_apart_without_colours_too(vectors: dict[str, np.ndarray], change: str) -> None:
    X = vectors[change]
    subject = np.tile(np.arange(len(SUBJECTS)), len(X) // len(SUBJECTS))
    hand = np.repeat([folder.name for folder in sorted(DEMO.glob("*/"))], len(SUBJECTS))
    folds, _ = grouped_folds(hand, subject, 5, 0)
    found = cross_validate(get_head("lda"), make_table(X, hand, subject), folds)
    # Guessing gives .14, weights never trained .62 to .68, version 1 .73 to .77.
    assert (found.predicted == found.true).mean() > 0.69


@pytest.mark.parametrize("change", ["compressed", "small"])
def test_a_picture_packed_anew_stays_nearest_to_itself(vectors: dict[str, np.ndarray], change: str) -> None:
    plain = vectors["plain"]
    a, b = ((X - plain.mean(0)) / (plain.std(0) + 1e-6) for X in (plain, vectors[change]))
    distance = ((b[:, None] - a[None]) ** 2).sum(2)
    assert (distance.argmin(axis=1) == np.arange(len(a))).mean() > 0.85
