from __future__ import annotations

import subprocess
import sys

import pytest

from styleid.vectors.embed import network_stage as memory

CODE = """
import resource, sys, threading
import numpy as np
from styleid.vectors.embed.network_stage import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def work():
    for turn in range(12):
        np.empty(48 * 2**20, np.uint8).fill(turn)
        if turn == 1:
            work.before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - work.before)
"""


def faults(how: str) -> int:
    command = [sys.executable, "-c", CODE, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_thread_gets_the_same_pages_again() -> None:
    if not memory.keep_freed_memory():
        pytest.skip("this C library has no such setting")
    kept, plain = faults("keep"), faults("plain")
    if plain < 100:
        pytest.skip("this system tells no page faults, or hands out huge pages")
    assert kept < plain / 5


def test_elsewhere_nothing_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: pytest.fail("asked"))
    assert not memory.keep_freed_memory()
