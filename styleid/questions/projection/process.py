"""The parent's side of the projection's child process: start it, feed it, read it, end it.

Both ways a message is eight bytes of length, little-endian, and as many bytes; nothing touches disk.
The parent keeps the child's standard input open as long as it lives; the child takes its end as the
parent's death, even by a kill, and leaves.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import styleid

_ARGUMENTS = ("-P", "-W", "ignore", "-m", "styleid.questions.projection.child")


class ProjectionProcess:
    """A child at work; it ends with this object, with the program, or when the program is killed.

    `time_limit` counts in seconds from now. Where no process can be started, an OSError is raised.
    """

    def __init__(self, rows: NDArray[np.float32], seed: int, time_limit: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *_ARGUMENTS, str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        self._deadline = time.monotonic() + time_limit
        self._reply: list[bytes] = []
        self._end = weakref.finalize(self, _kill, self._process)
        # Not a method: a thread that held self would keep the child alive for ever.
        self._thread = threading.Thread(
            target=_converse, args=(self._process, rows, self._reply), name="projection", daemon=True
        )
        self._thread.start()

    def wait(self) -> bytes | None:
        """Wait for the child's answer; it is empty after a crash, and None when time ran out."""
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        in_time = not self._thread.is_alive()
        self.close()
        return b"".join(self._reply) if in_time else None

    def close(self) -> None:
        """End the child if it still runs."""
        self._end()
        self._thread.join()

    @property
    def status(self) -> int | None:
        """Exit status; negative for a signal, None while it runs."""
        return self._process.returncode


def pack(content: bytes) -> bytes:
    """Put a message's length before it."""
    return len(content).to_bytes(8, "little") + content


def unpack(stream: bytes) -> list[bytes]:
    """Take packed messages apart again; one that was cut off is left out."""
    messages = []
    while len(stream) >= 8:
        size = int.from_bytes(stream[:8], "little")
        if len(stream) < 8 + size:
            break
        messages.append(stream[8 : 8 + size])
        stream = stream[8 + size :]
    return messages


def pack_array(array: NDArray[np.generic]) -> bytes:
    """Pack an array of any plain dtype as a message."""
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return pack(buffer.getvalue())


def _environment() -> dict[str, str]:
    # One thread: the parent works meanwhile. The path lets the child find this very package.
    home = str(Path(styleid.__file__).resolve().parents[1])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    one = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
    )
    return {**os.environ, **one, "PYTHONPATH": os.pathsep.join(paths)}


def _converse(process: subprocess.Popen[bytes], rows: NDArray[np.float32], reply: list[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(pack_array(rows))
        process.stdin.flush()
        reply.append(process.stdout.read())
    except OSError:  # the child is gone: its missing answer says so
        pass
    finally:
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                pipe.close()
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
