"""img2vec-pytorch: pictures in, vectors out, a list at a time."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from img2vec_pytorch import Img2Vec
from numpy.typing import NDArray
from PIL import Image

from bench.peers.base import Embed, in_batches
from bench.peers.torchvision_network import load_network


def open_peer(weights: Path, option: str) -> Embed:
    """Return a function from files to vectors."""
    # It asks torchvision for downloaded weights by itself; here it gets the network with ours.
    network = load_network(weights)
    with patch("img2vec_pytorch.img_to_vec.resnet18", lambda **options: network):
        encoder = Img2Vec(model="resnet18")

    def embed(files: list[Path]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = encoder.get_vec([Image.open(file).convert("RGB") for file in files])
        return vectors

    return partial(in_batches, embed=embed)
