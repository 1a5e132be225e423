"""The child's side of the projection: read rows, run UMAP, send coordinates, leave.

UMAP's import and compilation take seconds, and it has been seen to crash the interpreter, so only this
process (``python -m styleid.questions.projection.child SEED``) ever loads it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import warnings
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from styleid.questions.projection.measure import N_NEIGHBORS, measure_trustworthiness
from styleid.questions.projection.process import pack, pack_array


def main() -> None:
    """Serve one projection over standard input and output."""
    seed = int(sys.argv[1])
    answer = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # a library that prints must not spoil the answer
    size = int.from_bytes(sys.stdin.buffer.read(8), "little")
    rows = np.load(BytesIO(sys.stdin.buffer.read(size)), allow_pickle=False)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    warnings.simplefilter("ignore")
    coordinates = _umap(rows, seed)
    trust = measure_trustworthiness(rows, coordinates, seed)
    answer.write(pack_array(coordinates) + pack(json.dumps(trust).encode()))
    answer.close()


def _leave_with_parent() -> None:
    # os.read, not sys.stdin: a buffered reader's lock would still be held when the interpreter ends.
    os.read(0, 1)
    os._exit(1)


def _umap(rows: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    from umap import UMAP

    model = UMAP(
        n_components=2,
        n_neighbors=min(N_NEIGHBORS, len(rows) - 1),
        metric="cosine",
        random_state=seed,
        n_jobs=1,  # a seed forces one thread anyway
    )
    return np.asarray(model.fit_transform(rows), dtype=np.float64)


if __name__ == "__main__":
    main()
