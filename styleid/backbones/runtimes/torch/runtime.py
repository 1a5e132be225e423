"""Run a backbone in torch, on the CPU or a GPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import AUTO, Backbone, Tensors
from styleid.backbones.runtimes.base import BF16, FP16, FP32, Runtime, RuntimeOptions
from styleid.backbones.runtimes.torch.cuda import DEPTH, CudaLane
from styleid.errors import InputError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


class TorchRuntime(Runtime):
    """Maps pixels to vectors by torch; in half precision only convolutions are half, vectors are float32."""

    name = "torch"
    precisions = (FP32, FP16, BF16)

    def _set_up(self, backbone: Backbone, tensors: Tensors, options: RuntimeOptions) -> None:
        import torch

        self._device = choose_device(options.device)
        self.device = self._device.type
        self._half = {FP16: torch.float16, BF16: torch.bfloat16}.get(options.precision)
        # channels_last is the layout the CPU's convolutions want, and the one pictures come in.
        network = backbone.build(tensors, self.descriptors).to(self._device)
        self._network = network.to(memory_format=torch.channels_last)
        preset = backbone.preset
        self._mean = torch.tensor(preset.mean, device=self._device).mul(255).view(1, 3, 1, 1)
        self._std = torch.tensor(preset.std, device=self._device).mul(255).view(1, 3, 1, 1)
        self._lane: CudaLane | None = None
        if self.device == "cuda":
            self._travel_by(CudaLane(self._device, self._compute, self._shape))

    @classmethod
    def unusable(cls, options: RuntimeOptions) -> InputError | None:
        """Return why torch cannot do what is asked, or None."""
        if options.precision == FP16 and choose_device(options.device).type == "cpu":
            return InputError(
                "--precision fp16 expects a GPU, found none; use fp32", precision=FP16, device=options.device
            )
        return None

    def room(self) -> NDArray[np.uint8]:
        """Return an array for one batch, pinned where that speeds up its way to the device."""
        return super().room() if self._lane is None else self._lane.room()

    def _travel_by(self, lane: CudaLane) -> None:
        self._lane, self.depth = lane, DEPTH

    def _begin(self, pixels: NDArray[np.uint8]) -> Callable[[], NDArray[np.float32]]:
        return super()._begin(pixels) if self._lane is None else self._lane.begin(pixels)

    def _batch(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        import torch

        batch = torch.from_numpy(pixels).to(self._device)
        vectors: NDArray[np.float32] = self._compute(batch).cpu().numpy()
        return vectors

    def _compute(self, batch: torch.Tensor) -> torch.Tensor:
        """Map pixels on the device to all descriptors side by side, on the device."""
        import torch

        with torch.inference_mode():
            # (b, h, w, 3) -> (b, 3, h, w), still channels_last in memory
            x = batch.permute(0, 3, 1, 2).float()
            x.sub_(self._mean).div_(self._std)
            with torch.autocast(self.device, dtype=self._half, enabled=self._half is not None):
                read: torch.Tensor = self._network(x)
            return read.float()


def choose_device(name: str) -> torch.device:
    """Return the device `name`; ``auto`` takes CUDA, else MPS, else the CPU."""
    import torch

    if name not in DEVICES:
        raise InputError(f"--device expects one of {', '.join(DEVICES)}; found {name!r}", device=name)
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == AUTO:
        return torch.device(next(device for device in ("cuda", "mps", "cpu") if there[device]))
    if not there[name]:
        raise InputError(f"--device {name}: this machine has no such device; use --device auto", device=name)
    return torch.device(name)
