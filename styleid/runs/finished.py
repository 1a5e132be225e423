"""Finished tasks of a long command, each a small file, so that a killed one goes on where it was.

A task is known by a digest of everything that decides its numbers. One made from other inputs, seeds or
versions has another digest and is passed over, so that nothing has to be invalidated.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from styleid.files import write_atomic, writing
from styleid.runs.folder import PYTHON, versions

DECIDING = (PYTHON, "styleid", "numpy", "scipy", "scikit-learn", "torch")


class Work(NamedTuple):
    """A task: the digest of all that decides its numbers, and a function run in another process."""

    digest: str
    do: Callable[[], dict[str, Any]]


class Finished:
    """The finished tasks of one command, in a folder that is made with the first task."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str, digest: str) -> dict[str, Any] | None:
        """Read what a task gave; None where it is missing, stale or damaged: it is done again then."""
        try:
            content = json.loads(self._path(name, digest).read_bytes())
            same = (content.pop("digest"), content.pop("checksum")) == (digest, digest_of(content))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return content if same else None

    def save(self, name: str, digest: str, content: Mapping[str, Any]) -> None:
        """Write what a task gave, whole or not at all; floats read back to the same bits."""
        write_atomic(
            self._path(name, digest),
            json.dumps({"digest": digest, "checksum": digest_of(content), **content}),
        )

    def run(
        self,
        tasks: Mapping[str, Work],
        workers: int,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> tuple[dict[str, dict[str, Any]], int]:
        """Do the unfinished tasks; return what all of them gave, and how many were finished before.

        They begin in the order given, `workers` processes at a time; each is saved as soon as it is
        finished.
        """
        known = {name: self.load(name, task.digest) for name, task in tasks.items()}
        done = {name: content for name, content in known.items() if content is not None}
        resumed, left = len(done), [name for name in tasks if name not in done]
        progress(resumed, len(tasks))
        calls = (delayed(_call)(name, tasks[name].do) for name in left)
        for name, content in Parallel(
            n_jobs=max(1, min(workers, len(left))), return_as="generator_unordered"
        )(calls):
            self.save(name, tasks[name].digest, content)
            done[name] = content
            progress(len(done), len(tasks))
        return done, resumed

    def remove(self) -> None:
        """Delete all tasks, also stale ones."""
        with writing(self.folder):
            if self.folder.exists():
                shutil.rmtree(self.folder)

    def _path(self, name: str, digest: str) -> Path:
        return self.folder / f"{name}-{digest[:16]}.json"


def _call(name: str, do: Callable[[], dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    return name, do()


def deciding_versions() -> list[str]:
    """Return the versions that a task's numbers may depend on."""
    return list(versions(DECIDING).values())


def digest_of(*parts: str | int | Sequence[Any] | Mapping[str, Any] | NDArray[Any]) -> str:
    """Return the SHA-256 of values that JSON can hold and of arrays, in hexadecimal digits.

    Arrays go in with type and shape, so that no two can run together.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(part.tobytes())
        else:
            digest.update(json.dumps(part).encode() + b"\n")
    return digest.hexdigest()
