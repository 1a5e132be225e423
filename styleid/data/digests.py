"""The SHA-256 of every picture, without reading again what has not changed."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from styleid.data.images import DecodePolicy, read_bytes
from styleid.errors import ImageError
from styleid.files import write_atomic

#: A file changed so shortly ago may change again without its time stamp moving; it is not remembered.
UNSETTLED_SECONDS = 2.0
THREADS = 4


@dataclass(frozen=True)
class Digest:
    """What reading one file gave.

    Attributes
    ----------
    sha256 : str
        Hex digest of its bytes; empty if it could not be read.
    error : ImageError or None
        Why it could not.
    """

    sha256: str
    error: ImageError | None = None


class DigestCache:
    """A side file ``(path, size, time, inode) -> sha256``; disposable, and made anew when damaged.

    Parameters
    ----------
    path : Path
        Where it is kept.
    rehash : bool
        Ignore what is remembered and read every file.
    """

    def __init__(self, path: Path, rehash: bool = False) -> None:
        self.path = path
        self._known = {} if rehash else _load(path)
        self._fresh: dict[str, list[int | str]] = {}

    def digests(self, files: Sequence[Path], policy: DecodePolicy) -> list[Digest]:
        """Return the digest of each file, reading only those that changed.

        Parameters
        ----------
        files : sequence of Path
            The files.
        policy : DecodePolicy
            Limits for reading.

        Returns
        -------
        list of Digest
            In the order of `files`.
        """
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(lambda file: self._digest(file, policy), files))

    def _digest(self, file: Path, policy: DecodePolicy) -> Digest:
        key = os.path.abspath(file)
        try:
            state = _state(file)
        except OSError:
            state = None  # read_bytes says what is wrong
        known = self._known.get(key)
        if state is not None and known is not None and known[:-1] == state:
            self._fresh[key] = known
            return Digest(str(known[-1]))
        try:
            sha256 = hashlib.sha256(read_bytes(file, policy)).hexdigest()
        except ImageError as error:
            return Digest("", error)
        if state is not None and time.time() - state[1] / 1e9 > UNSETTLED_SECONDS:
            self._fresh[key] = [*state, sha256]
        return Digest(sha256)

    def save(self) -> None:
        """Write what is known of the files asked for; others are forgotten."""
        if self._fresh != self._known:
            write_atomic(self.path, json.dumps(self._fresh))


def _state(file: Path) -> list[int]:
    status = os.stat(file)
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _load(path: Path) -> dict[str, list[int | str]]:
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    sound = isinstance(known, dict) and all(isinstance(v, list) and len(v) == 4 for v in known.values())
    return known if sound else {}
