"""Run a backbone in OpenVINO, on the CPU."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import Backbone, Tensors
from styleid.backbones.runtimes.base import FP32, INT8, Runtime, RuntimeOptions
from styleid.backbones.runtimes.torch.cuda import gpu_comes_first
from styleid.errors import InputError, MissingExtraError, StyleIdError

if TYPE_CHECKING:
    from openvino import InferRequest

#: Pictures that go through at once: more of them leave the cache.
LARGEST_PIECE = 4
#: What eight-bit arithmetic needs, as LLVM names it, by kind of processor.
NEEDED = {"x86_64": "avx2", "amd64": "avx2", "aarch64": "dotprod", "arm64": "dotprod"}


class OpenvinoRuntime(Runtime):
    """Maps batches of pixels to vectors by OpenVINO, in pieces, each on a core of its own.

    Cores that share a piece wait for each other after every layer, longest where decoding uses them too.
    """

    name = "openvino"
    precisions = (FP32, INT8)
    architectures = ("resnet18",)

    def _set_up(self, backbone: Backbone, tensors: Tensors, options: RuntimeOptions) -> None:
        from openvino import AsyncInferQueue, Core

        from styleid.backbones.runtimes.openvino.graph import SinglePrecision, draw_resnet18
        from styleid.backbones.runtimes.openvino.int8 import EightBits

        self._piece = _piece(self.batch_size, cores=os.cpu_count() or 1)
        layers = (EightBits if options.precision == INT8 else SinglePrecision)(tensors, backbone.preset)
        graph = draw_resnet18(layers, self.descriptors, self._piece, backbone.preset.crop)
        # OpenVINO would compute in half precision where a CPU can: other numbers, another space.
        settings = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}
        self._queue = AsyncInferQueue(Core().compile_model(graph, "CPU", settings))
        self._queue.set_callback(_keep)

    @classmethod
    def unusable(cls, options: RuntimeOptions) -> StyleIdError | None:
        """Return why OpenVINO cannot do what is asked, or None."""
        if find_spec("openvino") is None:
            asked = f"--precision {INT8}" if options.precision == INT8 else "--runtime openvino"
            return MissingExtraError(asked, "openvino")
        if options.precision != INT8:
            return gpu_comes_first(options, cls.name)
        # No GPU competes: eight bits are computed here or nowhere.
        named = replace(options, runtime=cls.name)
        return gpu_comes_first(named, cls.name) or _too_old(platform.machine().lower())

    def _batch(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        vectors = np.empty((len(pixels), int(self._ends[-1])), dtype=np.float32)
        for start in range(0, len(pixels), self._piece):
            piece = slice(start, start + self._piece)
            self._queue.start_async({0: pixels[piece]}, vectors[piece])
        self._queue.wait_all()
        return vectors


def _keep(request: InferRequest, rows: NDArray[np.float32]) -> None:
    rows[:] = request.get_output_tensor(0).data


def _piece(batch_size: int, cores: int) -> int:
    """Return how many pictures go through at once: a divisor of the batch, two pieces a core, at most 4."""
    most = max(1, min(LARGEST_PIECE, batch_size // (2 * cores)))
    return max(size for size in range(1, most + 1) if batch_size % size == 0)


def _too_old(machine: str) -> InputError | None:
    """Return that this CPU cannot add products of eight bits quickly, or None."""
    from llvmlite.binding import get_host_cpu_features

    needed = NEEDED.get(machine)
    apple = sys.platform == "darwin" and machine == "arm64"  # every one of Apple's since the first has it
    if needed is None or apple or get_host_cpu_features().get(needed):
        return None
    return InputError(
        f"--precision {INT8} expects a CPU with {needed.upper()}, found {machine} without it; use {FP32}",
        precision=INT8,
        needed=needed,
    )
