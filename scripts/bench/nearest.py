"""How long `styleid similar` looks through many pictures: made-up vectors on disk, exactly and by an index.

Usage: PYTHONPATH=.:scripts python -m bench.nearest FOLDER [PICTURES ...]

FOLDER gets the array that a store would have made of its shards. An index of usearch is built up to 100,000
pictures, where it is installed.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import zlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from styleid.vectors.similar import nearest

DIM, TOP, QUERIES, ROUNDS = 896, 12, (1, 100), 5
MOST_INDEXED = 100_000


def main() -> None:
    """Measure what the command line asks for, and print a row of a table each."""
    folder, *counts = sys.argv[1:]
    for n in map(int, counts or ("10000", "100000", "1000000")):
        print(json.dumps(measure(Path(folder), n)), flush=True)


def measure(folder: Path, n: int) -> dict[str, object]:
    """Time the nearest of n pictures to one and to a hundred: the median of some rounds."""
    path, chance = folder / f"vectors-{n}.npy", np.random.default_rng(0)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        vectors = np.lib.format.open_memmap(path, "w+", np.float32, (n, DIM))
        strong = chance.standard_normal((60, DIM)).astype(np.float32) * 0.05
        for start in range(0, n, 10_000):
            place = chance.standard_normal((min(10_000, n - start), 60)).astype(np.float32)
            vectors[start : start + len(place)] = np.abs(1.0 + place @ strong)
        vectors.flush()
        del vectors
    began = time.perf_counter()
    with open(path, "rb") as file:  # what a store does when it is opened
        checksum = 0
        while piece := file.read(2**20):
            checksum = zlib.crc32(piece, checksum)
    row: dict[str, object] = {"pictures": n, "checksum_s": round(time.perf_counter() - began, 2)}
    vectors = np.load(path, mmap_mode="r")
    positions = np.arange(n)[:, None]
    for q in QUERIES:
        queries = np.abs(vectors[:: n // q][:q] + chance.normal(0, 0.02, (q, DIM))).astype(np.float32)
        seconds, cpu = [], []
        for _ in range(ROUNDS):
            wall, used = time.perf_counter(), time.process_time()
            found, _ = nearest(vectors, positions, queries, TOP)
            seconds.append(time.perf_counter() - wall)
            cpu.append(time.process_time() - used)
        row |= {f"exact_{q}_s": round(float(np.median(seconds)), 3), f"exact_{q}_cpu_s": round(min(cpu), 3)}
    if find_spec("usearch") and n <= MOST_INDEXED:
        index = folder / f"near-{n}.usearch"
        index.unlink(missing_ok=True)
        began = time.perf_counter()
        nearest(vectors, positions, queries, TOP, index)
        built = time.perf_counter() - began
        began = time.perf_counter()
        by_index, _ = nearest(vectors, positions, queries, TOP, index)
        same = np.mean([len({*a} & {*b}) / TOP for a, b in zip(found, by_index, strict=True)])
        row |= {"build_s": round(built, 1), "index_s": round(time.perf_counter() - began, 3)}
        row |= {"found": round(float(same), 4), "index_mb": round(index.stat().st_size / 1e6)}
    # Pages of the mapped file count as held, though the system takes them back when it needs them.
    row["own_mb"] = round(_own_memory() / 1e6)
    row["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
    return row


def _own_memory() -> int:
    text = Path("/proc/self/status").read_text() if Path("/proc/self/status").exists() else ""
    held = [line.split()[1] for line in text.splitlines() if line.startswith("RssAnon")]
    return int(held[0]) * 1000 if held else 0


if __name__ == "__main__":
    main()
