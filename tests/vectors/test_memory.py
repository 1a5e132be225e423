from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from drawing import draw

from styleid import EmbedOptions, embed
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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it twice")
def test_peak_memory_is_told_in_millions_of_bytes(tmp_path: Path) -> None:
    draw(tmp_path / "images/ann/0.png", seed=1)
    run = embed(tmp_path / "images", tmp_path / "m.csv", tmp_path / "v", EmbedOptions("resnet18-style"))
    told = run.summary()["peak_memory_mb"]
    (kibibytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert told == pytest.approx(int(kibibytes) * 1024 / 1e6, rel=0.1)
    (shown,) = re.findall(r"peak memory ([\d,]+) MB", run.closing_line())
    assert float(shown.replace(",", "")) == pytest.approx(told, rel=0.1)
