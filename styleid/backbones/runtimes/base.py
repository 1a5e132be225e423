"""What executes a backbone, and how one is found by name or by what the machine has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import AUTO, Backbone, Tensors
from styleid.backbones.choose import Choice
from styleid.backbones.weights_file import load_weights
from styleid.errors import InputError, StyleIdError

#: ``auto`` takes the first that can be used.
REGISTRY = {
    "winograd": "styleid.backbones.runtimes.winograd.runtime:WinogradRuntime",
    "openvino": "styleid.backbones.runtimes.openvino.runtime:OpenvinoRuntime",
    "torch": "styleid.backbones.runtimes.torch.runtime:TorchRuntime",
}
#: How numbers are computed; each but the first makes a vector space of its own.
FP32, FP16, BF16, INT8 = "fp32", "fp16", "bf16", "int8"
PRECISIONS = (FP32, FP16, BF16, INT8)


#: Descriptor -> (n, dim), rows in the order of the pictures.
Vectors = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class RuntimeOptions:
    """How a backbone is executed. All but the precision may move the last bits of a vector only."""

    runtime: str = AUTO  # a name of `REGISTRY`, or ``auto``
    precision: str = FP32
    device: str = AUTO  # ``auto``, ``cpu``, ``cuda`` or ``mps``
    batch_size: int = 32  # pictures that go through at once


class Runtime(ABC):
    """Maps batches of pixels to vectors; one pass gives all descriptors."""

    name: ClassVar[str]  # in the registry
    precisions: ClassVar[tuple[str, ...]]  # how it can compute: some of `PRECISIONS`
    architectures: ClassVar[tuple[str, ...]] = ()  # the networks it can execute, if not all
    #: Whether a picture may differ in a bit between a full batch and a short one; then all are filled.
    fills: bool = True
    device: str = "cpu"  # what it runs on, for a person
    depth: int = 1  # batches worth having under way at once; more than one where a device computes by itself

    def __init__(
        self, backbone: Backbone, tensors: Tensors, descriptors: Sequence[str], options: RuntimeOptions
    ) -> None:
        self.descriptors = backbone.check_descriptors(descriptors)
        self.batch_size = options.batch_size
        self._ends = np.cumsum([backbone.descriptors[name].dim for name in self.descriptors])
        self._shape = (options.batch_size, backbone.preset.crop, backbone.preset.crop, 3)
        self._set_up(backbone, tensors, options)

    @abstractmethod
    def _set_up(self, backbone: Backbone, tensors: Tensors, options: RuntimeOptions) -> None:
        """Make ready what computes `descriptors` in batches of `batch_size`."""

    @classmethod
    def unusable(cls, options: RuntimeOptions) -> StyleIdError | None:
        """Return why it cannot do what is asked on this machine, or None; imports nothing heavy.

        Asked only for precisions the runtime has. One for the CPU names a GPU if runtime and device are auto.
        """
        return None

    @classmethod
    def unfit(cls, backbone: Backbone) -> InputError | None:
        """Return why it cannot execute this network, or None."""
        if not cls.architectures or backbone.architecture in cls.architectures:
            return None
        return InputError(
            f"the runtime {cls.name} expects one of the networks {', '.join(cls.architectures)}; found "
            f"{backbone.architecture}; use --runtime torch",
            architecture=backbone.architecture,
        )

    def vectors(self, pixels: NDArray[np.uint8]) -> Vectors:
        """Compute the vectors of pixels (n, crop, crop, 3), any n; rows in the order of the pictures."""
        out = np.empty((len(pixels), int(self._ends[-1])), dtype=np.float32)
        waiting: deque[tuple[NDArray[np.float32], Callable[[], NDArray[np.float32]]]] = deque()
        for start in range(0, len(pixels), self.batch_size):
            batch = pixels[start : start + self.batch_size]
            waiting.append((out[start : start + len(batch)], self._begin(self._full(batch))))
            while len(waiting) >= self.depth:
                _collect(*waiting.popleft())
        while waiting:
            _collect(*waiting.popleft())
        return self._split(out)

    def begin(self, pixels: NDArray[np.uint8]) -> Callable[[], Vectors]:
        """Begin with one batch, so that a device computes it meanwhile; the result waits for its vectors.

        At most `depth` batches may be under way, to be finished in the order begun. Pixels, at most a batch,
        must not change until then; they reach a device quickest if they lie in `room`.
        """
        n, finish = len(pixels), self._begin(self._full(pixels))
        # copied, since what a runtime returns may be where it writes the next batch
        return lambda: self._split(finish()[:n].copy())

    def room(self) -> NDArray[np.uint8]:
        """Return an array for a batch, (batch size, crop, crop, 3), to be filled again and again."""
        return np.zeros(self._shape, dtype=np.uint8)

    def _full(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Fill a batch up, where that makes a difference."""
        if self.fills and (short := self.batch_size - len(pixels)):
            return np.concatenate([pixels, np.zeros((short, *pixels.shape[1:]), dtype=np.uint8)])
        return pixels

    def _split(self, rows: NDArray[np.float32]) -> Vectors:
        parts = np.split(rows, self._ends[:-1], axis=1)
        return {name: np.ascontiguousarray(part) for name, part in zip(self.descriptors, parts, strict=True)}

    def _begin(self, pixels: NDArray[np.uint8]) -> Callable[[], NDArray[np.float32]]:
        """Begin with a batch, full if it `fills`; what computes in this process has it done by the return."""
        vectors = self._batch(pixels)
        return lambda: vectors

    @abstractmethod
    def _batch(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Map a batch (n, crop, crop, 3), full if it `fills`, to all descriptors side by side."""


def _collect(out: NDArray[np.float32], finish: Callable[[], NDArray[np.float32]]) -> None:
    out[:] = finish()[: len(out)]


def open_network(choice: Choice, descriptors: Sequence[str], options: RuntimeOptions) -> Runtime:
    """Read the chosen weights and return the runtime asked for, ready to compute."""
    tensors = load_weights(choice.weights.path, choice.backbone)
    return open_runtime(choice.backbone, tensors, descriptors, options)


def open_runtime(
    backbone: Backbone, tensors: Tensors, descriptors: Sequence[str], options: RuntimeOptions
) -> Runtime:
    """Return the runtime asked for; ``auto`` takes the first of `REGISTRY` that can do it here."""
    for option, asked, names in (
        ("precision", options.precision, PRECISIONS),
        ("runtime", options.runtime, (AUTO, *REGISTRY)),
    ):
        if asked not in names:
            message = f"--{option} expects one of {', '.join(names)}; found {asked!r}"
            raise InputError(message, **{option: asked})
    runtimes: dict[str, type[Runtime]] = {name: resolve_name(place) for name, place in REGISTRY.items()}
    able = [name for name, runtime in runtimes.items() if options.precision in runtime.precisions]
    if options.runtime not in (AUTO, *able):
        raise InputError(
            f"--precision {options.precision} expects the runtime {' or '.join(able)}, found "
            f"{options.runtime}; leave out --runtime",
            runtime=options.runtime,
            precision=options.precision,
        )
    reasons = []
    for name in able if options.runtime == AUTO else [options.runtime]:
        reason = runtimes[name].unfit(backbone) or runtimes[name].unusable(options)
        if reason is None:
            return runtimes[name](backbone, tensors, descriptors, options)
        reasons.append(reason)
    # The last that can do it asks least of the machine: what it lacks is what the machine lacks.
    raise reasons[-1]
