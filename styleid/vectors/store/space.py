"""The identity of a vector space: vectors of different spaces must never meet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from styleid.backbones.base import AVGPOOL, DEFAULT_DESCRIPTOR
from styleid.backbones.choose import Choice
from styleid.backbones.quantise import SCHEME
from styleid.backbones.runtimes.base import FP32, INT8
from styleid.data.decode.policy import DecodePolicy


@dataclass(frozen=True)
class Space:
    """Everything that changes the numbers, and nothing else.

    Batch size, threads, device and library versions may move the last bits only; each shard keeps them.
    """

    identity: Mapping[str, Any]  # plain values, as kept in space.json

    @property
    def id(self) -> str:
        """SHA-256, in hex, of the identity as JSON with sorted keys and no blanks."""
        canonical = json.dumps(self.identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def folder(self) -> str:
        """Name of its folder: for people what makes it, for certain the start of its id."""
        parts = [self.identity["backbone"], self.identity.get("descriptor"), self.precision]
        return "-".join([*(part for part in parts if part not in (None, FP32)), self.id[:12]])

    @property
    def descriptor(self) -> str:
        """What is read off the network."""
        return str(self.identity.get("descriptor", AVGPOOL))

    @property
    def precision(self) -> str:
        """How the network's numbers are computed."""
        return str(self.identity.get("numerics", FP32))

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.identity["dim"])


def space_of(
    choice: Choice, policy: DecodePolicy, descriptor: str = DEFAULT_DESCRIPTOR, precision: str = FP32
) -> Space:
    """Return the space that a backbone, its weights and a decode policy make."""
    identity = {
        **choice.backbone.identity(descriptor),
        "weights_digest": choice.digest,
        "decode_policy": policy.identity(),
        "numerics": precision,
        # Eight bits are what a scheme makes of the weights: another scheme, another space.
        **({"quantisation": SCHEME} if precision == INT8 else {}),
        "dtype": "float32",
    }
    return Space(json.loads(json.dumps(identity)))  # tuples become lists, as when read back from disk
