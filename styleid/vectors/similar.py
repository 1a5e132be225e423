"""The nearest vectors by cosine: exact, of an array that need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from styleid.errors import MissingExtraError
from styleid.files import writing

Rows: TypeAlias = NDArray[np.float32]
Places: TypeAlias = NDArray[np.int64]

#: Rows that are read at once: 59 MB of 896 numbers.
BLOCK = 16_384
#: Queries that go over the rows together; with `BLOCK` it bounds the memory.
QUERIES = 256
#: Pictures beyond which an index answers, where usearch is installed.
MOST_EXACT = 2_000_000
#: Candidates that are compared once more in double precision: of single precision's ties any may come first.
SPARE = 32
#: How many times the wanted candidates an index is asked for, and how hard it looks for them.
_OVER, _EFFORT = 8, 1024


def nearest(
    vectors: Rows, positions: Places, queries: Rows, count: int, index: Path | None = None
) -> tuple[Places, NDArray[np.float64]]:
    """Return the `count` nearest of n pictures to each of q vectors, nearest first: two arrays (q, count).

    The first holds rows of `positions`, (n, v) into `vectors`; a picture is the mean of its v views. The
    second holds the cosines, of equal ones the first row's first. With `index`, the file of one of usearch,
    whose name stands for the content of all rows, candidates come from there, and only their order is exact.
    """
    count = min(count, len(positions))
    unit = _unit(queries.astype(np.float64))
    if index is None:
        asked = range(0, len(unit), QUERIES)
        parts = [_candidates(vectors, positions, unit[i : i + QUERIES], count + SPARE) for i in asked]
        candidates = np.concatenate([np.empty((0, min(count + SPARE, len(positions))), np.int64), *parts])
    else:
        candidates = _indexed(vectors, positions, unit, count, index)
    rows = np.empty((len(unit), count), dtype=np.int64)
    cosines = np.empty((len(unit), count))
    for number, (query, some) in enumerate(zip(unit, np.sort(candidates, axis=1), strict=True)):
        # Added up row by row, so that equal rows have equal cosines to the last bit.
        exact = (_unit(picture_rows(vectors, positions[some]).astype(np.float64)) * query).sum(axis=1)
        best = np.argsort(-exact, kind="stable")[:count]
        rows[number], cosines[number] = some[best], exact[best]
    return rows, cosines


def picture_rows(vectors: Rows, positions: Places) -> Rows:
    """Return the vectors of pictures, (b, dim), each the mean of its v views; `positions` is (b, v)."""
    first = positions[:, 0]
    if positions.shape[1] > 1:
        mean: Rows = vectors[positions].mean(axis=1, dtype=np.float32)
        return mean
    if len(first) and np.array_equal(first, np.arange(first[0], first[0] + len(first))):
        return np.asarray(vectors[first[0] : first[0] + len(first)])  # no copy of what lies in a row
    return np.asarray(vectors[first])


def _candidates(vectors: Rows, positions: Places, unit: NDArray[np.float64], count: int) -> Places:
    """Return rows of at least the `count` nearest pictures to each unit vector, in single precision."""
    queries = unit.astype(np.float32)
    places = np.empty((len(unit), 0), dtype=np.int64)
    cosines = np.empty((len(unit), 0), dtype=np.float32)
    for start, rows in _blocks(vectors, positions):
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        lengths[lengths == 0] = 1.0
        cosines = np.hstack([cosines, queries @ rows.T / lengths])
        places = np.hstack([places, np.tile(np.arange(start, start + len(rows)), (len(unit), 1))])
        kept = min(count, cosines.shape[1])
        best = np.argpartition(-cosines, kept - 1, axis=1)[:, :kept]
        places = np.take_along_axis(places, best, axis=1)
        cosines = np.take_along_axis(cosines, best, axis=1)
    return places


def _blocks(vectors: Rows, positions: Places) -> Iterator[tuple[int, Rows]]:
    for start in range(0, len(positions), BLOCK):
        yield start, picture_rows(vectors, positions[start : start + BLOCK])


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.where(lengths == 0, 1.0, lengths)
    return unit


def _indexed(vectors: Rows, positions: Places, unit: NDArray[np.float64], count: int, path: Path) -> Places:
    """Return rows of candidates, by the index kept at `path`, or one built there in the place of others."""
    try:
        from usearch.index import Index
    except ImportError as error:
        raise MissingExtraError(f"an index of more than {MOST_EXACT:,} pictures", "search") from error
    # Of unit vectors |a - b|² is 2 - 2 cos, from wherever they are seen: half precision wants the middle.
    first = _unit(picture_rows(vectors, positions[:BLOCK]).astype(np.float64))
    middle, scale = first.mean(axis=0), first.std() or 1.0
    index = Index(ndim=vectors.shape[1], metric="l2sq", dtype="f16", expansion_search=_EFFORT)
    if path.is_file():
        index.view(str(path))
    else:
        for start, rows in _blocks(vectors, positions):
            index.add(np.arange(start, start + len(rows)), _seen(rows, middle, scale))
        with writing(path):
            path.parent.mkdir(exist_ok=True)
            for former in path.parent.glob(f"*{path.suffix}"):
                former.unlink()
            unfinished = path.with_suffix(".tmp")  # a kill must not leave half of one under its name
            index.save(str(unfinished))
            unfinished.replace(path)
    found = index.search(_seen(unit, middle, scale), min(_OVER * count + SPARE, len(index)))
    return np.asarray(found.keys).reshape(len(unit), -1).astype(np.int64)


def _seen(rows: NDArray[np.floating], middle: NDArray[np.float64], scale: float) -> Rows:
    seen: Rows = ((_unit(rows.astype(np.float64)) - middle) / scale).astype(np.float32)
    return seen
