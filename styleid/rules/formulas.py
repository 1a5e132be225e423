"""What turns vectors into scores, in numpy alone: the import of scikit-learn takes longer than a verdict.

A fitted head scores by these whether scikit-learn made it a moment ago or a model was read; they add up as
scikit-learn and scipy do, to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]

#: Distances below are taken as this one (an angle of 0.06 degrees). The rounding of a dot product
#: puts a copy of a picture anywhere within 3e-8, and 1 / distance would follow that noise.
NEAREST = 1e-3
#: Rows scored at once, which bounds the memory.
BATCH = 1024
#: Scores below are taken as this one: a probability of 0 has no logarithm.
TINY = 1e-300
#: Below minus this an exponential overflows.
_LOWEST = -math.log(np.finfo(np.float64).max)


def unit_rows(X: Rows) -> Rows:
    """Bring (n, dim) rows to length one; rows of zeros stay zeros."""
    lengths = np.sqrt(np.einsum("ij,ij->i", X, X))
    lengths[lengths < 10 * np.finfo(np.float64).eps] = 1.0  # what scikit-learn takes for zero
    unit: Rows = X / lengths[:, None]
    return unit


def spaces_of(X: Rows, dims: Sequence[int]) -> list[Rows]:
    """Cut rows that hold a vector of each of several spaces: (n, sum of dims) -> each (n, dim)."""
    return np.split(X, np.cumsum(dims)[:-1], axis=1)


def mean_scores(scores: Sequence[Rows]) -> Rows:
    """Return the shares of the geometric means of several heads' scores, each (n, k)."""
    return softmax(np.mean([np.log(np.maximum(one, TINY)) for one in scores], axis=0))


def softmax(values: Rows) -> Rows:
    """Return exponentials of (n, k) values, divided by their sum: rows sum to 1."""
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    shares: Rows = powers / powers.sum(axis=1, keepdims=True)
    return shares


def expit(values: Rows) -> Rows:
    """Return 1 / (1 + exp(-value)), as scipy computes it to the last bit; numpy has an exp of its own."""
    shares = [0.0 if value < _LOWEST else 1 / (1 + math.exp(-value)) for value in values.ravel().tolist()]
    return np.array(shares, dtype=np.float64).reshape(values.shape)


def linear_values(X: Rows, coef: Rows, intercept: Rows) -> Rows:
    """Return decision values, (n, k), or (n,) where there is one for two labels."""
    values: Rows = X @ coef.T + intercept
    return values[:, 0] if values.shape[1] == 1 else values


def mean_values(X: Rows, means: Rows) -> Rows:
    """Return minus half the squared distance of rows of length one to each mean, (n, k), plus a constant.

    That is u·m - |m|² / 2 for a row u of length one; for two labels (n,), (second - first) / 2.
    """
    values: Rows = unit_rows(X) @ means.T - (means**2).sum(axis=1) / 2
    return (values[:, 1] - values[:, 0]) / 2 if len(means) == 2 else values


def cosine_values(X: Rows, whitening: NDArray[np.float32], directions: Rows) -> Rows:
    """Return the cosine of whitened rows to each of (k, dim) directions of length one, (n, k).

    For two labels (n,), half of how much the second's is larger.
    """
    values: Rows = unit_rows(X @ whitening.astype(np.float64)) @ directions.T
    return (values[:, 1] - values[:, 0]) / 2 if len(directions) == 2 else values


def rbf_kernel(X: Rows, Y: Rows, gamma: float) -> Rows:
    """Return exp(-gamma |x - y|²) of every two rows, (n, m)."""
    squares = -2 * (X @ Y.T)
    squares += np.einsum("ij,ij->i", X, X)[:, None]
    squares += np.einsum("ij,ij->i", Y, Y)[None, :]
    np.maximum(squares, 0, out=squares)
    squares *= -gamma
    return np.exp(squares, out=squares)


def dense_logits(
    rows: Rows, coefs: Sequence[NDArray[np.float32]], intercepts: Sequence[NDArray[np.float32]]
) -> Rows:
    """Return what the trained layers give before sigmoid or softmax, (n, dim) -> (n, outputs)."""
    # The weights are float32, the sums float64: a row scores the same alone and among others.
    hidden = np.maximum(rows @ coefs[0].astype(np.float64) + intercepts[0], 0.0)
    logits: Rows = hidden @ coefs[1].astype(np.float64) + intercepts[1]
    return logits


def probabilities(logits: Rows) -> Rows:
    """Turn outputs into scores (n, n_classes): a sigmoid of one output, a softmax of more."""
    if logits.shape[1] == 1:
        return np.hstack([expit(-logits), expit(logits)])
    return softmax(logits)


def vote_shares(unit: Rows, rows: Rows, codes: NDArray[np.int64], n_neighbors: int, weights: str) -> Rows:
    """Share out the votes of the nearest of known `rows` and one vote more: (n, n_classes), see `KNNHead`."""
    parts = [unit[start : start + BATCH] for start in range(0, len(unit), BATCH)]
    return np.concatenate([_vote(part, rows, codes, n_neighbors, weights) for part in parts])


def _vote(unit: Rows, rows: Rows, codes: NDArray[np.int64], n_neighbors: int, weights: str) -> Rows:
    closeness = _closeness(unit @ rows.T)  # (b, n_train)
    k = min(n_neighbors, len(rows))
    nearest = _nearest(closeness.round(9), k)  # (b, k)
    weight = (
        np.take_along_axis(closeness, nearest, axis=1) if weights == "distance" else np.ones(nearest.shape)
    )
    weight *= k / weight.sum(axis=1, keepdims=True)
    shares = np.empty((len(unit), int(codes.max()) + 1))
    best = np.empty_like(shares)
    for code in range(shares.shape[1]):
        shares[:, code] = (weight * (codes[nearest] == code)).sum(axis=1)
        best[:, code] = closeness[:, codes == code].max(axis=1)
    scores: Rows = (shares + best / best.sum(axis=1, keepdims=True)) / (k + 1)
    return scores


def _closeness(cosines: Rows) -> Rows:
    """Turn cosines into 1 / distance, in place: fresh arrays of this size cost more than the arithmetic."""
    cosines *= -2.0
    cosines += 2.0
    np.maximum(cosines, 0.0, out=cosines)
    np.sqrt(cosines, out=cosines)
    np.maximum(cosines, NEAREST, out=cosines)
    return np.divide(1.0, cosines, out=cosines)


def _nearest(closeness: Rows, k: int) -> NDArray[np.int64]:
    """Return each row's k closest columns, the closest first, as a stable sort of all (slower) would."""
    n = closeness.shape[1]
    last = np.partition(closeness, n - k, axis=1)[:, [n - k]]  # (b, 1): the k-th highest
    beyond, level = closeness > last, closeness == last
    # Of those level with the k-th, as many as there is room for.
    room = k - beyond.sum(axis=1, keepdims=True)
    for row in np.flatnonzero(level.sum(axis=1) > room[:, 0]):
        level[row, np.flatnonzero(level[row])[room[row, 0] :]] = False
    columns = np.nonzero(beyond | level)[1].reshape(-1, k)  # ascending in each row
    order = np.argsort(-np.take_along_axis(closeness, columns, axis=1), axis=1, kind="stable")
    nearest: NDArray[np.int64] = np.take_along_axis(columns, order, axis=1)
    return nearest
