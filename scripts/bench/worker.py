"""One measured peer, in a process of its own: start, first picture, then all of them.

Usage: python -m bench.worker PEER pictures FOLDER OUT.npy STARTED WEIGHTS
       python -m bench.worker PEER network PIXELS.npy OUT.npy STARTED WEIGHTS

STARTED is the clock when the process was asked for. Prints one JSON object.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np

BATCH = 32
#: Passes over pre-decoded pictures, so that a pass of a second is not all there is.
PASSES = 3


def cpu_seconds() -> float:
    """Return processor seconds of this process and of the children it waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def main() -> None:
    """Measure what the arguments say."""
    peer, mode, source, out = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    started, weights = float(sys.argv[5]), Path(sys.argv[6])
    module, _, option = peer.partition(":")
    opened = import_module(f"bench.peers.{module}")
    if mode == "pictures":
        # As a shell would hand them over; what lies in the folder is not each peer's to find out.
        files = sorted(path for path in source.rglob("*") if path.is_file())
        embed = opened.open_peer(weights, option)
        embed(files[:1])
        startup, begun, cpu = time.time() - started, time.perf_counter(), cpu_seconds()
        vectors = embed(files)
        passes = 1
    else:
        pixels = np.load(source)
        network = opened.open_network(weights, option)
        batches = [network.prepare(pixels[i : i + BATCH]) for i in range(0, len(pixels), BATCH)]
        network(batches[0])
        startup, begun, cpu = time.time() - started, time.perf_counter(), cpu_seconds()
        for _ in range(PASSES):
            vectors = np.concatenate([network(batch) for batch in batches])
        passes = PASSES
    seconds, cpu = time.perf_counter() - begun, cpu_seconds() - cpu
    np.save(out, np.asarray(vectors, dtype=np.float32))
    n = passes * len(vectors)
    print(json.dumps({"startup": startup, "n": n, "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
