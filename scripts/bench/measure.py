"""Run a command as a process of its own, and tell what it cost: time, processor time, memory, energy."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.energy import Energy

#: How often memory is looked at, in seconds.
INTERVAL = 0.1
#: Seconds after which a run is taken to hang, and ended.
LIMIT = 3600.0


class RunFailed(Exception):
    """A measured command did not end well; the last lines it wrote are the message."""


@dataclass(frozen=True)
class Cost:
    """What a process and its children cost.

    Attributes
    ----------
    wall, cpu : float
        Seconds from start to end; seconds of processors, user and system, children included.
    peak_mb : float or None
        Most memory held at once, in MB (10^6 bytes): the process's own peak, or with children the largest sum
        seen, pages that several share divided among them.
    joules : float or None
        What all processors of the machine used meanwhile; None where the machine does not tell.
    output : str
        What it printed.
    """

    wall: float
    cpu: float
    peak_mb: float | None
    joules: float | None
    output: str


def run(command: Sequence[str | Path], environment: Mapping[str, str], limit: float = LIMIT) -> Cost:
    """Run a command to its end.

    Parameters
    ----------
    command : sequence of str or Path
        Program and arguments.
    environment : mapping of str to str
        All of its environment.
    limit : float
        Seconds after which it is ended.

    Returns
    -------
    Cost

    Raises
    ------
    RunFailed
        If it ends with another status than 0, or does not end in time.
    """
    energy = Energy()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=err, env=environment)
        memory = _Memory(process.pid)
        timer = threading.Timer(limit, process.kill)
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            timer.cancel()
            peak_mb = memory.stop()
        wall = time.perf_counter() - started
        joules = energy.used()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    if process.returncode and wall > limit:
        raise RunFailed(f"did not end within {limit:g} s")
    if process.returncode:
        last = " / ".join((texts[1] or texts[0]).strip().splitlines()[-2:])
        raise RunFailed(f"status {process.returncode}: {last[-300:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak_mb, joules, texts[0])


class _Memory:
    """Watches the memory of a process and its children from a thread.

    Not `ru_maxrss`: on Linux a child begins with the peak of the process that started it.
    """

    def __init__(self, pid: int) -> None:
        self._peak: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(pid,), daemon=True)
        if find_spec("psutil"):
            self._thread.start()

    def stop(self) -> float | None:
        """Return the peak in MB, None without psutil."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        return self._peak

    def _watch(self, pid: int) -> None:
        import psutil

        while not self._over.wait(INTERVAL):
            try:
                process = psutil.Process(pid)
                children = process.children(recursive=True)
                if children:
                    held = sum(_shared_fairly(one) for one in (process, *children))
                else:
                    held = _own_peak(pid) or process.memory_info().rss
            except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError, ProcessLookupError):
                continue
            self._peak = max(self._peak or 0.0, held / 1e6)


def _own_peak(pid: int) -> int | None:
    """Return the most a process held so far, in bytes; None where the system has no /proc."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    for line in status.read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def _shared_fairly(process: object) -> int:
    info = process.memory_full_info()  # type: ignore[attr-defined]  # psutil ships no types
    return int(getattr(info, "pss", info.rss))
