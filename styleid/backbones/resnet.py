"""torchvision's ResNet-18, read off at its global average pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from styleid.backbones.base import Tensors
from styleid.errors import WeightsError

if TYPE_CHECKING:
    import torch

LAYER = "layer4, global average pool"
DIM = 512
#: The classifier's last layer does not change what lies before it.
UNUSED = ("fc.",)


def build_resnet18(tensors: Tensors) -> torch.nn.Module:
    """Build the network up to its global average pool.

    Parameters
    ----------
    tensors : mapping of str to NDArray of float32
        torchvision's names; ``fc`` may be missing.

    Returns
    -------
    torch.nn.Module
        In evaluation mode, (b, 3, 224, 224) float32 -> (b, 512) float32.

    Raises
    ------
    WeightsError
        If a tensor is missing, unknown or of another shape.
    """
    import torch
    from torchvision.models import resnet18

    network: torch.nn.Module = resnet18(weights=None)
    network.fc = torch.nn.Identity()
    state = {name: torch.from_numpy(array) for name, array in tensors.items() if not name.startswith(UNUSED)}
    expected = {
        n: tuple(t.shape) for n, t in network.state_dict().items() if not n.endswith("num_batches_tracked")
    }
    found = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if wrong := sorted(
        name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
    ):
        name = wrong[0]
        raise WeightsError(
            f"these are no ResNet-18 weights: {name} should be {expected.get(name, 'absent')}, "
            f"is {found.get(name, 'absent')} ({len(wrong)} such tensors)",
            tensors=tuple(wrong),
        )
    # The counters of training steps, which evaluation does not read, are all that may be missing.
    network.load_state_dict(state, strict=False)
    network.eval()
    return network
