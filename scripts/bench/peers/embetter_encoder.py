"""embetter: ImageLoader and TimmEncoder in a scikit-learn pipeline."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from unittest.mock import patch

from embetter.vision import ImageLoader, TimmEncoder
from sklearn.pipeline import make_pipeline

from bench.peers.base import Embed, in_batches
from bench.peers.timm_loop import load_network


def open_peer(weights: Path, option: str) -> Embed:
    """Return a function from files to vectors."""
    # It asks timm for downloaded weights by itself; here it gets the network with ours.
    network = load_network(weights)
    with patch("timm.create_model", lambda name, **options: network):
        encoder = TimmEncoder(name="resnet18")
    pipeline = make_pipeline(ImageLoader(), encoder)
    return partial(in_batches, embed=pipeline.fit_transform)
