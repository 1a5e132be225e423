"""Run a backbone by Winograd's convolutions, on the CPU."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import AUTO, Backbone, Tensors
from styleid.backbones.runtimes.base import FP32, Runtime, RuntimeOptions
from styleid.backbones.runtimes.torch.cuda import gpu_comes_first
from styleid.errors import InputError


class WinogradRuntime(Runtime):
    """Maps batches of pixels to vectors by `styleid.backbones.runtimes.winograd.network.WinogradNetwork`."""

    name = "winograd"
    precisions = (FP32,)
    architectures = ("resnet18",)
    fills = False

    def _set_up(self, backbone: Backbone, tensors: Tensors, options: RuntimeOptions) -> None:
        from styleid.backbones.runtimes.winograd.network import WinogradNetwork

        self._network = WinogradNetwork(tensors, self.descriptors, preset=backbone.preset)

    @classmethod
    def unusable(cls, options: RuntimeOptions) -> InputError | None:
        """Return why this runtime cannot do what is asked, or None."""
        if reason := gpu_comes_first(options, cls.name):
            return reason
        if options.runtime == AUTO and not _has_wide_registers():
            return InputError(
                "the runtime winograd expects an x86 CPU with AVX2 and FMA, where it was measured; name it "
                "to use it all the same",
                runtime=cls.name,
            )
        return None

    def _batch(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        read = self._network(pixels)
        return np.concatenate([read[name] for name in self.descriptors], axis=1)


def _has_wide_registers() -> bool:
    from llvmlite.binding import get_host_cpu_features

    features = get_host_cpu_features()
    return bool(features.get("avx2") and features.get("fma"))
