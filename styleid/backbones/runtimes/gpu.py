"""Whether this machine has a GPU that torch computes on, for runtimes that compute on the CPU."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from styleid.backbones.base import AUTO
from styleid.backbones.runtimes.base import RuntimeOptions
from styleid.errors import InputError

#: What a driver of NVIDIA's or AMD's leaves on Linux, in its subsystem on Windows, and on Windows.
DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg", r"C:\Windows\System32\nvcuda.dll")


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
