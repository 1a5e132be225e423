"""timm's feature extraction: its network without classifier, its own preset, a DataLoader."""

from __future__ import annotations

from pathlib import Path

import timm
import torch

from bench.peers.base import Embed
from bench.peers.torchvision_loop import loop


def load_network(weights: Path) -> torch.nn.Module:
    """Return timm's ResNet-18; its layers have torchvision's names."""
    model: torch.nn.Module = timm.create_model("resnet18", pretrained=False, num_classes=0)
    model.load_state_dict(torch.load(weights, weights_only=True))
    return model


def open_peer(weights: Path, option: str) -> Embed:
    """Return a function from files to vectors; the option is the number of the loader's workers."""
    model = load_network(weights).eval()
    config = timm.data.resolve_model_data_config(model)
    return loop(model, timm.data.create_transform(**config, is_training=False), int(option))
