"""Two things that cost nothing, in the place of what takes most of the time of a run: projection, pixels."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from styleid.questions.run_data import Projection


class Quick:
    """Stands in for UMAP's child process, which takes ten seconds to start."""

    def __init__(self, X: np.ndarray, seed: int, *, kept: Path) -> None:
        assert kept.name == "projections", "beside the vectors it was made from"
        self.X = X

    def __enter__(self) -> Quick:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass

    def result(self) -> Projection:
        return Projection(self.X[:, :2].astype(np.float64), "pca", 0.9, None)


def leave_plots_unpainted(patch: pytest.MonkeyPatch) -> None:
    """Let all plots be composed as ever, but have a PNG of one pixel: painting is half of a fit."""

    def unpainted(figure: Figure, file: IO[bytes], **how: object) -> None:
        assert how["format"] == "png"
        Image.new("RGB", (1, 1)).save(file, "PNG")

    patch.setattr(Figure, "savefig", unpainted)
