"""The identity of a vector space, in memory and on disk: vectors of different spaces must never meet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from styleid.backbones.base import AVGPOOL, DEFAULT_DESCRIPTOR
from styleid.backbones.choose import Choice
from styleid.backbones.quantise import SCHEME
from styleid.backbones.runtimes.base import FP32, INT8
from styleid.data.decode.policy import DecodePolicy, check_policy, read_policy
from styleid.errors import InputError, StoreError
from styleid.files import is_file, is_there, paths_in, write_atomic

CURRENT = "current.json"


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

    @property
    def parts(self) -> tuple[Space, ...]:
        """The spaces whose vectors stand side by side in it: it alone, but where `joint_space` made it."""
        return tuple(map(Space, self.identity.get("spaces", [self.identity])))

    @property
    def dims(self) -> tuple[int, ...]:
        """Length of each part of a vector."""
        return tuple(part.dim for part in self.parts)


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


def joint_space(spaces: Sequence[Space]) -> Space:
    """Return a single space, or that of several spaces' vectors side by side, of pictures decoded alike."""
    if len(spaces) == 1:
        return spaces[0]
    policies = [space.identity.get("decode_policy", {}) for space in spaces]
    if len({space.id for space in spaces}) < len(spaces) or any(one != policies[0] for one in policies):
        raise InputError(
            f"--space expects different spaces whose pictures were decoded alike, found "
            f"{', '.join(space.folder for space in spaces)}; embed again with the same --formats and "
            "--allow-truncated, or name each once",
            spaces=tuple(space.folder for space in spaces),
        )
    joined = {
        name: " + ".join(str(space.identity[name]) for space in spaces)
        for name in ("backbone", "layer", "weights_digest")
    }
    dim = sum(space.dim for space in spaces)
    return Space(
        {**joined, "dim": dim, "decode_policy": policies[0], "spaces": [dict(one.identity) for one in spaces]}
    )


def read_space(path: Path) -> Space:
    """Read a ``space.json``; one that is missing, damaged or changed is a `StoreError`."""
    try:
        record = json.loads(path.read_bytes())
        identity = {k: v for k, v in record.items() if k not in ("format_version", "id")}
        space = Space(identity)
        sound = record["id"] == space.id and space.dim > 0
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"cannot read {path} ({error}); delete its folder and run `styleid embed`"
        ) from error
    if not sound:
        raise StoreError(
            f"{path} was changed: its id does not belong to its content; delete its folder and embed again"
        )
    return space


@dataclass(frozen=True)
class Current:
    """What ``current.json`` records; nothing where it is missing or damaged."""

    folder: str | None = None  # of the space that was embedded last
    automatic: str | None = None  # the backbone, if ``auto`` took it
    views: Mapping[str, str] = field(default_factory=dict)  # folder -> which views its space took in last
    policies: Mapping[str, Any] = field(default_factory=dict)  # folder -> the decode policy it was asked with
    lost: str = ""  # what to say where it is not known how the vectors there were asked for


def read_current(root: Path) -> Current:
    """Read what was embedded last."""
    lost = f"{root / CURRENT} is gone or damaged: how the vectors there were asked for is forgotten"
    if not is_file(root / CURRENT):
        return Current(lost=lost if paths_in(root, "*/space.json") else "")
    try:
        record = json.loads((root / CURRENT).read_bytes())
        views = record["views"] if isinstance(record.get("views"), dict) else {}
        policies = record["policies"] if isinstance(record.get("policies"), dict) else {}
        folder, automatic = record.get("space"), record.get("automatic")
    except (OSError, ValueError, AttributeError):
        return Current(lost=lost)
    with suppress(TypeError, InputError):
        for policy in policies.values():
            check_policy(policy, {})
        lost = "" if folder is None or is_there(root / str(folder)) else lost
    return Current(
        None if folder is None else str(folder),
        str(automatic) if automatic else None,
        {str(name): str(text) for name, text in views.items()},
        policies,
        lost,
    )


def write_current(
    root: Path, space: Space, automatic: bool, views: str | None = None, policy: DecodePolicy | None = None
) -> None:
    """Record which space was embedded last, whether ``auto`` chose it, which views it took in, and how.

    `views` is a text of `styleid.data.views.names.views_text`; None leaves what is recorded for the space,
    and so does no `policy`.
    """
    before = read_current(root)
    recorded = {**before.views, **({} if views is None else {space.folder: views})}
    policies = {**before.policies, **({} if policy is None else {space.folder: policy.plain()})}
    backbone = space.identity["backbone"] if automatic else None
    content = {"space": space.folder, "automatic": backbone, "views": recorded, "policies": policies}
    write_atomic(root / CURRENT, json.dumps(content))


def current_space(root: Path) -> Space | None:
    """Return the space that was embedded last; None if nothing was embedded yet."""
    folder = read_current(root).folder
    path = root / (folder or "") / "space.json"
    return read_space(path) if folder and is_there(path) else None


def space_policy(root: Path, space: Space | None) -> DecodePolicy:
    """Return the decode policy of a space's vectors, as last asked for; without a space the default."""
    if space is None:
        return DecodePolicy()
    return read_policy(read_current(root).policies.get(space.folder), space.identity)


def find_space(root: Path, name: str | None = None) -> Space:
    """Return a space by its descriptor, or the start of its folder's name or id; by default the last one."""
    if name is None:
        space = current_space(root)
        if space is None and (named := [path.parent.name for path in paths_in(root, "*/space.json")]):
            raise StoreError(
                f"expected {root / CURRENT} to say which of the vectors in {root} were made last, found it "
                f"gone or damaged; choose by --space, of {', '.join(named)}, or run `styleid embed` again",
                root=root,
            )
        if space is None:
            raise StoreError(
                f"no vectors in {root} yet; run `styleid embed FOLDER` first, or say by --store where they "
                "are",
                root=root,
            )
        return space
    spaces = [read_space(path) for path in paths_in(root, "*/space.json")]
    fitting = [space for space in spaces if space.descriptor == name]
    if len(fitting) != 1:
        fitting = [space for space in spaces if space.folder.startswith(name) or space.id.startswith(name)]
    if len(fitting) != 1:
        there = ", ".join(space.folder for space in spaces) or "none"
        raise InputError(
            f"--space {name}: {len(fitting)} spaces of {root} are so called; there are: {there}", name=name
        )
    return fitting[0]
