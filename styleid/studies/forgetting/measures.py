"""Backward transfer, forgetting and forward transfer of one run, as the literature defines them.

All are read off a (T + 1, T) matrix R of accuracies: R[i, j] after training on the i-th task, of the j-th
task learned; row 0 before any training. The T tasks are numbered from 1 in the order they are learned.

D. Lopez-Paz and M. Ranzato, "Gradient episodic memory for continual learning", *NeurIPS* (2017), section 2.
A. Chaudhry, P. K. Dokania, T. Ajanthan and P. H. S. Torr, "Riemannian walk for incremental learning:
understanding forgetting and intransigence", *ECCV* (2018), section 3.1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def accuracies(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of right answers of (..., 2, 2) counts, true rows by predicted columns."""
    right = np.trace(counts, axis1=-2, axis2=-1)
    return np.asarray(right / counts.sum(axis=(-2, -1)), dtype=np.float64)


def f1_scores(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return F1 of the label, second of (..., 2, 2) counts; 0 where nothing is, or is called, the label."""
    both = 2 * counts[..., 1, 1]
    whole = both + counts[..., 0, 1] + counts[..., 1, 0]
    return np.asarray(both / np.maximum(whole, 1), dtype=np.float64)


def backward_transfer(R: NDArray[np.float64]) -> float:
    """Return the mean over the first T - 1 tasks of R[T, j] - R[j, j] (Lopez-Paz and Ranzato, equation 3).

    Below 0, earlier tasks are done worse at the end than when they were just learned.
    """
    return float(np.mean(R[-1, :-1] - just_trained(R)[:-1]))


def forgetting(R: NDArray[np.float64]) -> float:
    """Return the mean over the first T - 1 tasks of max over 1 <= i < T of R[i, j], less R[T, j].

    Chaudhry and others, equation 3 (their f of task j after k = T tasks, and F, its mean). The best of
    several scores lies above what the network can do, so for a network that forgets nothing this is above 0
    by chance alone unless its scores do not move; backward transfer is free of that. NaN marks a task without
    a model yet.
    """
    best = np.nanmax(R[1:-1, :-1], axis=0)
    return float(np.mean(best - R[-1, :-1]))


def forward_transfer(R: NDArray[np.float64]) -> float | None:
    """Return the mean over the last T - 1 tasks of R[j - 1, j] - R[0, j] (Lopez-Paz and Ranzato, equation 4).

    R[0, j] is their b, the accuracy of the network with its first random weights. None where a task has no
    model before it is learned.
    """
    later = np.arange(1, R.shape[1])
    gains = R[later, later] - R[0, later]  # row j - 1 counted from 0 before training: row j of the array
    return None if np.isnan(gains).any() else float(np.mean(gains))


def just_trained(R: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return R[j, j], each task's score right after it was learned."""
    return R[1:].diagonal().copy()


def independent_matrix(final: NDArray[np.float64]) -> NDArray[np.float64]:
    """Write one model a label as a score matrix: each is made at its stage, and stays as it is.

    `final` is (T,), each model's score on its own task; NaN stands where a task has no model yet.
    """
    made = np.arange(len(final) + 1)[:, None] > np.arange(len(final))
    return np.where(made, final, np.nan)
