"""Run a backbone in OpenVINO, on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import Backbone, Tensors
from styleid.backbones.runtimes.base import FP32, Runtime, RuntimeOptions
from styleid.backbones.runtimes.gpu import gpu_comes_first
from styleid.backbones.runtimes.openvino_graph import draw_resnet18
from styleid.errors import InputError, MissingExtraError, StyleIdError

#: What draws a network, by its architecture.
DRAW = {"resnet18": draw_resnet18}


class OpenvinoRuntime(Runtime):
    """Maps batches of pixels to vectors by OpenVINO."""

    name = "openvino"
    precisions = (FP32,)

    def __init__(
        self,
        backbone: Backbone,
        tensors: Tensors,
        descriptors: Sequence[str],
        options: RuntimeOptions = RuntimeOptions(),  # noqa: B008  # frozen
    ) -> None:
        super().__init__(backbone, tensors, descriptors, options)
        if reason := unusable(options):
            raise reason
        if backbone.architecture not in DRAW:
            raise InputError(
                f"the runtime openvino expects one of the networks {', '.join(DRAW)}; found "
                f"{backbone.architecture}; use --runtime torch",
                architecture=backbone.architecture,
            )
        from openvino import Core

        graph = DRAW[backbone.architecture](tensors, self.descriptors, backbone.preset, self.batch_size)
        # OpenVINO would compute in half precision where a CPU can: other numbers, another space.
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        if options.threads is not None:
            settings["INFERENCE_NUM_THREADS"] = str(options.threads)
        self._request = Core().compile_model(graph, "CPU", settings).create_infer_request()

    def _batch(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        read = self._request.infer({0: np.ascontiguousarray(pixels)}, share_inputs=True, share_outputs=True)
        vectors: NDArray[np.float32] = read[0]  # the request's own memory: the caller copies before the next
        return vectors


RUNTIME = OpenvinoRuntime


def unusable(options: RuntimeOptions) -> StyleIdError | None:
    """Return why OpenVINO cannot do what is asked, or None.

    Parameters
    ----------
    options : RuntimeOptions
        What is asked.

    Returns
    -------
    StyleIdError or None
    """
    if find_spec("openvino") is None:
        return MissingExtraError("--runtime openvino", "openvino")
    return gpu_comes_first(options, "openvino")
