"""The SHA-256 of every picture, without reading again what has not changed."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from styleid.data.decode.policy import DecodePolicy
from styleid.data.decode.reading import read_bytes
from styleid.errors import ImageError
from styleid.files import write_atomic

#: A file changed so shortly ago may change again without its time stamp moving; it is not remembered.
UNSETTLED_SECONDS = 2.0
THREADS = 4
#: Files a thread reads before it says so: each on its own would cost more in messages than in reading.
_PART = 32

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Digest:
    """The digest of one file, or the reason why it could not be read."""

    sha256: str  # hex digest of the bytes; empty if the file could not be read
    error: ImageError | None = None


class DigestCache:
    """A disposable side file ``path -> (size, time, inode, sha256)``; `rehash` reads every file anew."""

    def __init__(self, path: Path, rehash: bool = False) -> None:
        self.path = path
        self._known = {} if rehash else _load(path)
        self._fresh: dict[str, list[int | str]] = {}

    def digests(
        self,
        files: Sequence[str | os.PathLike[str]],
        policy: DecodePolicy,
        progress: Progress = lambda done, total: None,
    ) -> list[Digest]:
        """Return the digest of each file, in the order of `files`, reading only those that changed.

        `progress` counts only the files that are read, and is not called if there are none.
        """
        digests: list[Digest | None] = []
        unread: list[tuple[int, str, list[int] | None]] = []
        for number, key in enumerate(_absolute(files)):
            state: list[int] | None = None
            try:
                status = os.stat(key)
                state = [status.st_size, status.st_mtime_ns, status.st_ino]
            except (OSError, ValueError):
                pass  # read_bytes says what is wrong
            known = self._known.get(key)
            if state is not None and known is not None and known[:-1] == state:
                self._fresh[key] = known
                digests.append(Digest(str(known[-1])))
            else:
                digests.append(None)
                unread.append((number, key, state))

        def read(start: int) -> list[Digest]:
            return [
                self._read(files[i], key, state, policy) for i, key, state in unread[start : start + _PART]
            ]

        if unread:
            with ThreadPoolExecutor(THREADS) as pool:
                parts = pool.map(read, range(0, len(unread), _PART))
                try:
                    for start, part in zip(range(0, len(unread), _PART), parts, strict=True):
                        for (number, _, _), digest in zip(unread[start:], part, strict=False):
                            digests[number] = digest
                        progress(min(start + _PART, len(unread)), len(unread))
                finally:
                    pool.shutdown(cancel_futures=True)  # after an interruption nothing more is begun
        return [digest for digest in digests if digest is not None]

    def _read(
        self, file: str | os.PathLike[str], key: str, state: list[int] | None, policy: DecodePolicy
    ) -> Digest:
        try:
            sha256 = hashlib.sha256(read_bytes(file, policy)).hexdigest()
        except ImageError as error:
            return Digest("", error)
        if state is not None and time.time() - state[1] / 1e9 > UNSETTLED_SECONDS:
            self._fresh[key] = [*state, sha256]
        return Digest(sha256)

    def save(self) -> None:
        """Write the digests of the files that were asked for; all others are forgotten."""
        if self._fresh != self._known:
            write_atomic(self.path, json.dumps(self._fresh))


def _absolute(files: Iterable[str | os.PathLike[str]]) -> Iterator[str]:
    """Do what `os.path.abspath` does, at a tenth of its cost for a path that needs no resolving."""
    here = os.getcwd().rstrip("/") + "/"
    for file in files:
        text = os.fspath(file)
        if os.sep != "/" or text.startswith(".") or "/." in text or "//" in text:
            yield os.path.abspath(text)
        else:
            yield text if text.startswith("/") else here + text


def _load(path: Path) -> dict[str, list[int | str]]:
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    sound = isinstance(known, dict) and all(isinstance(v, list) and len(v) == 4 for v in known.values())
    return known if sound else {}
