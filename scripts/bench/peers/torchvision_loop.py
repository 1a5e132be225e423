"""A plain loop over a DataLoader with torchvision's network and its weights' preset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.models import ResNet18_Weights

from bench.peers.base import BATCH, Embed, Network
from bench.peers.preset import normalised
from bench.peers.torchvision_network import load_network

Transform = Callable[[Image.Image], torch.Tensor]


class Files(torch.utils.data.Dataset[torch.Tensor]):
    """Pictures as the network reads them."""

    def __init__(self, files: list[Path], transform: Transform) -> None:
        self.files, self.transform = files, transform

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> torch.Tensor:
        with Image.open(self.files[index]) as image:
            return self.transform(image.convert("RGB"))


def loop(model: torch.nn.Module, transform: Transform, workers: int) -> Embed:
    """Return the loop around a model."""

    def embed(files: list[Path]) -> NDArray[np.float32]:
        loader = torch.utils.data.DataLoader(Files(files, transform), batch_size=BATCH, num_workers=workers)
        with torch.inference_mode():
            return np.concatenate([model(batch).numpy() for batch in loader])

    return embed


def open_peer(weights: Path, option: str) -> Embed:
    """Return a function from files to vectors; the option is the number of the loader's workers."""
    return loop(load_network(weights), ResNet18_Weights.DEFAULT.transforms(), int(option))


def open_network(weights: Path, option: str) -> Network:
    """Return the network alone."""
    model = load_network(weights)

    def compute(batch: torch.Tensor) -> NDArray[np.float32]:
        with torch.inference_mode():
            vectors: NDArray[np.float32] = model(batch).numpy()
        return vectors

    return Network(lambda pixels: torch.from_numpy(normalised(pixels)), compute)
