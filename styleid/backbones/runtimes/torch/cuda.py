"""Batches on their way to an NVIDIA GPU and their vectors on the way back, while the GPU computes."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from styleid.backbones.base import AUTO
from styleid.backbones.runtimes.base import RuntimeOptions
from styleid.errors import InputError

if TYPE_CHECKING:
    import torch

#: What a driver of NVIDIA's or AMD's leaves on Linux, in its subsystem on Windows, and on Windows.
DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg", r"C:\Windows\System32\nvcuda.dll")

#: Batches under way: one the GPU computes, one that is copied to it meanwhile.
DEPTH = 2


class CudaLane:
    """Computes a batch while the next one is copied, and waits once a batch: for its vectors.

    Copies run in a stream of their own. Only from and into pinned memory does a copy go on by itself, so
    pixels come from `room` and vectors arrive in one of `DEPTH` pinned arrays, used in turn. `compute` maps
    (b, h, w, 3) uint8 to (b, dim) float32, both on the device.
    """

    def __init__(
        self, device: torch.device, compute: Callable[[torch.Tensor], torch.Tensor], shape: tuple[int, ...]
    ) -> None:
        import torch

        self._device, self._compute, self._shape = device, compute, shape
        self._copies = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._landings = cycle([_Landing() for _ in range(DEPTH)])

    def room(self) -> NDArray[np.uint8]:
        """Return a pinned array for a batch."""
        import torch

        pixels: NDArray[np.uint8] = torch.zeros(self._shape, dtype=torch.uint8).pin_memory().numpy()
        return pixels

    def begin(self, pixels: NDArray[np.uint8]) -> Callable[[], NDArray[np.float32]]:
        """Send a batch on its way; the result waits for its vectors, overwritten `DEPTH` batches later.

        Pixels (b, h, w, 3) must not change until then; they are pinned here if they are not yet.
        """
        import torch

        host = torch.from_numpy(pixels)
        if not host.is_pinned():
            host = host.pin_memory()
        here = torch.cuda.current_stream(self._device)
        with torch.cuda.stream(self._copies):
            there = host.to(self._device, non_blocking=True)
        here.wait_stream(self._copies)
        there.record_stream(here)  # its memory was taken in the other stream: not to be reused too early
        vectors = self._compute(there)
        landing = next(self._landings)
        if landing.vectors is None:
            landing.vectors = torch.empty(vectors.shape, dtype=torch.float32).pin_memory()
        landed = landing.vectors
        landed.copy_(vectors, non_blocking=True)
        # It sleeps while it waits: the cores are wanted for decoding.
        done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        done.record(here)

        def finish() -> NDArray[np.float32]:
            done.synchronize()
            vectors: NDArray[np.float32] = landed.numpy()
            return vectors

        return finish


class _Landing:
    """Where vectors arrive; made when their number is known."""

    vectors: torch.Tensor | None = None


def gpu_comes_first(options: RuntimeOptions, name: str) -> InputError | None:
    """Return an error if another device is asked for, or there is a GPU and all is left to styleid."""
    if options.device not in (AUTO, "cpu"):
        return InputError(
            f"--device {options.device} expects the runtime torch, found {name}, which computes on the CPU; "
            "leave out --runtime",
            device=options.device,
            runtime=name,
        )
    if options.runtime == AUTO and options.device == AUTO and gpu_is_there():
        return InputError(f"the runtime {name} computes on the CPU, and this machine has a GPU", runtime=name)
    return None


def gpu_is_there() -> bool:
    """Return whether torch finds a GPU; torch is imported only where the machine looks as if it had one."""
    apple = sys.platform == "darwin" and platform.machine() == "arm64"
    if not apple and not any(Path(driver).exists() for driver in DRIVERS):
        return False
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()
