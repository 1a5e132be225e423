"""Read weights without running code from them, and tell them apart by the numbers they hold."""

from __future__ import annotations

import hashlib
import json
import pickle
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np

from styleid.backbones.base import Backbone, Tensors
from styleid.errors import OutputError, WeightsError
from styleid.files import cache_folder, write_atomic

#: What reading damaged bytes raises: torch's restricted unpickler follows them wherever they point.
DAMAGE = (
    OSError,
    ValueError,
    RuntimeError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    struct.error,
    pickle.UnpicklingError,
)


def load_tensors(path: Path) -> Tensors:
    """Read the floating-point tensors of a ``.safetensors`` or torch file, as float32.

    Counters such as ``num_batches_tracked`` are left out: they change no vector. A `WeightsError` refuses a
    file that is missing, damaged or holds something other than tensors.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors import SafetensorError
            from safetensors.numpy import load_file

            try:
                arrays = load_file(path)
            except SafetensorError as error:
                raise ValueError(str(error)) from error
        else:
            import torch

            state = torch.load(path, map_location="cpu", weights_only=True)
            state = state.get("state_dict", state) if isinstance(state, dict) else state
            if not isinstance(state, dict) or not all(torch.is_tensor(v) for v in state.values()):
                raise ValueError("it holds something other than named tensors")
            arrays = {name: tensor.numpy() for name, tensor in state.items()}
    except DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, pickle.UnpicklingError):  # torch's words advise to run what the file holds
            reason = "it is no such file, or holds more than tensors"
        raise WeightsError(
            f"cannot read the weights {path}: {reason}; expected a .safetensors or torch file of tensors",
            path=path,
        ) from error
    return {name: a.astype(np.float32) for name, a in arrays.items() if np.issubdtype(a.dtype, np.floating)}


def load_weights(path: Path, backbone: Backbone) -> Tensors:
    """Read tensors with which the backbone can compute: some, and none of them NaN or infinite."""
    tensors = load_tensors(path)
    bad = [name for name, array in tensors.items() if not np.isfinite(array).all()]
    if bad or not tensors:
        reason = f"{bad[0]} holds NaN or infinity" if bad else "no tensor"
        raise WeightsError(f"the weights {path} cannot serve {backbone.name}: {reason}", path=path)
    return tensors


def tensor_digest(tensors: Tensors, unused: tuple[str, ...] = ()) -> str:
    """Return the identity of weights: a digest of the numbers, not of the file around them.

    It is the SHA-256 in hex over each name, shape and the little-endian float32 bytes, in order of the names,
    less names that begin as in `unused`: the same for torch and safetensors, half precision and single.
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        if not name.startswith(unused):
            digest.update(f"{name} {tensors[name].shape} ".encode())
            digest.update(np.ascontiguousarray(tensors[name], dtype="<f4").tobytes())
    return digest.hexdigest()


def weights_digest(path: Path, unused: tuple[str, ...] = ()) -> str:
    """Return `tensor_digest` of a file; for bytes seen before it comes from a cache.

    Reading a torch file takes an import of torch, seconds that a run with nothing to embed need not spend.
    """
    try:
        with open(path, "rb") as file:
            key = hashlib.file_digest(file, "sha256").hexdigest() + ":" + ",".join(unused)
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error.strerror}", path=path) from error
    cache = cache_folder() / "weights.json"
    try:
        known = json.loads(cache.read_bytes())
    except (OSError, ValueError):
        known = {}
    if isinstance(known, dict) and isinstance(known.get(key), str):
        return str(known[key])
    digest = tensor_digest(load_tensors(path), unused)
    with suppress(OutputError):  # a home that cannot be written costs time, nothing else
        write_atomic(cache, json.dumps({**(known if isinstance(known, dict) else {}), key: digest}))
    return digest
