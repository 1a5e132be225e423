"""torchvision's ResNet-18 with the weights that ship with styleid, its classifier taken off."""

from __future__ import annotations

from pathlib import Path

import torch
from torchvision.models import resnet18


def load_network(weights: Path) -> torch.nn.Module:
    """Return the network in evaluation mode; the file holds a state dict of a ResNet-18 without ``fc``."""
    model: torch.nn.Module = resnet18(weights=None)
    model.fc = torch.nn.Identity()
    model.load_state_dict(torch.load(weights, weights_only=True))
    return model.eval()
