"""What was measured on what."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

#: Instructions that decide how fast a network runs.
FLAGS = ("avx2", "fma", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8", "amx_bf16")
PACKAGES = (
    "styleid",
    "torch",
    "torchvision",
    "numpy",
    "pillow",
    "numba",
    "openvino",
    "onnxruntime",
    "timm",
    "embetter",
    "img2vec-pytorch",
    "vyntri",
)


def machine() -> dict[str, Any]:
    """Return processor, cores, instructions, memory, system and versions.

    Returns
    -------
    dict
        ``flags`` lists those of `FLAGS` that the processor has, ``versions`` only what is installed.
    """
    told = cpu_facts(Path("/proc/cpuinfo"))
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": told["model"] or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "flags": told["flags"],
        "memory_gb": round(pages / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def cpu_facts(path: Path) -> dict[str, Any]:
    """Return model and flags as Linux tells them; empty elsewhere."""
    if not path.exists():
        return {"model": "", "flags": []}
    lines = [line.partition(":") for line in path.read_text(encoding="utf-8").splitlines()]
    told = {key.strip(): value.strip() for key, _, value in reversed(lines)}
    has = set(told.get("flags", "").split())
    numbers = [told.get(key, "") for key in ("cpu family", "model")]
    model = told.get("model name", "") + (" (family {}, model {})".format(*numbers) if all(numbers) else "")
    return {"model": model, "flags": [flag for flag in FLAGS if flag in has]}


def load() -> float:
    """Return how many processes wanted a core in the last minute: company spoils a measurement."""
    return os.getloadavg()[0]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
