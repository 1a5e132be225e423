"""vyntri: its folder of labelled pictures and its extractor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from vyntri.data.dataset import FolderDataset
from vyntri.features.extractor import FeatureExtractor

from bench.peers.base import BATCH, Embed
from bench.peers.torchvision_network import load_network


def open_peer(weights: Path, option: str) -> Embed:
    """Return a function from files to vectors."""
    extractor = FeatureExtractor(load_network(weights), batch_size=BATCH)

    def embed(files: list[Path]) -> NDArray[np.float32]:
        root = files[0].parents[1]
        names = [file.relative_to(root).as_posix() for file in files]
        features: NDArray[np.float32] = extractor.extract(FolderDataset(str(root), sample_ids=names)).features
        return features

    return embed
