"""Run a backbone in torch, on the CPU or a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import Backbone, Tensors
from styleid.errors import InputError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


class TorchRuntime:
    """Maps batches of pixels to vectors.

    Parameters
    ----------
    backbone : Backbone
        The network.
    tensors : mapping of str to NDArray of float32
        Its weights.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    batch_size : int
        Pictures that go through at once. A shorter batch is filled up, since the same picture may
        otherwise differ in its last bits between a full batch and the last one.

    Raises
    ------
    InputError
        If the device is unknown or not there.
    WeightsError
        If the weights do not fit the network.
    """

    def __init__(
        self, backbone: Backbone, tensors: Tensors, device: str = "auto", batch_size: int = 32
    ) -> None:
        import torch

        self.device = choose_device(device)
        self.batch_size = batch_size
        self.dim = backbone.dim
        # channels_last is the layout the CPU's convolutions want, and the one pictures come in.
        self._network = backbone.build(tensors).to(self.device).to(memory_format=torch.channels_last)
        preset = backbone.preset
        self._mean = torch.tensor(preset.mean, device=self.device).mul(255).view(1, 3, 1, 1)
        self._std = torch.tensor(preset.std, device=self.device).mul(255).view(1, 3, 1, 1)

    def vectors(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Compute one vector for each picture.

        Parameters
        ----------
        pixels : NDArray of uint8
            (n, crop, crop, 3), any n.

        Returns
        -------
        NDArray of float32
            (n, dim), in the same order.
        """
        out = np.empty((len(pixels), self.dim), dtype=np.float32)
        for start in range(0, len(pixels), self.batch_size):
            batch = pixels[start : start + self.batch_size]
            out[start : start + len(batch)] = self._batch(batch)[: len(batch)]
        return out

    def _batch(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        import torch

        if len(pixels) < self.batch_size:
            filling = np.zeros((self.batch_size - len(pixels), *pixels.shape[1:]), dtype=np.uint8)
            pixels = np.concatenate([pixels, filling])
        with torch.inference_mode():
            batch = torch.from_numpy(pixels).to(self.device)
            x = batch.permute(
                0, 3, 1, 2
            ).float()  # (b, h, w, 3) -> (b, 3, h, w), still channels_last in memory
            x.sub_(self._mean).div_(self._std)
            vectors: NDArray[np.float32] = self._network(x).float().cpu().numpy()
        return vectors


def choose_device(name: str) -> torch.device:
    """Return the device called `name`.

    Parameters
    ----------
    name : str
        ``auto`` takes CUDA, else MPS, else the CPU.

    Returns
    -------
    torch.device

    Raises
    ------
    InputError
        If the name is unknown, or this machine has no such device.
    """
    import torch

    if name not in DEVICES:
        raise InputError(f"--device expects one of {', '.join(DEVICES)}; found {name!r}", device=name)
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(device for device in ("cuda", "mps", "cpu") if there[device]))
    if not there[name]:
        raise InputError(f"--device {name}: this machine has no such device; use --device auto", device=name)
    return torch.device(name)
