"""How much of the scores' variance goes with the order of learning, and whether that is more than chance.

Scores Y[s, o, l] are fully crossed: seed s, order o, label l. The sum of squares about the grand mean is the
sum of parts: label, seed, order (does an order do better *on the whole*), position (does a label do better
when learned first, or last), and the rest. Label, seed and order are orthogonal in a crossed layout; position
is taken after them, so that a draw of orders that favours a place counts for the label first.

Tests are permutations (R. A. Fisher, *The Design of Experiments*, 1935): if orders make no difference, the
vectors of scores of one seed can change places between its orders, since no two share any chance but the
seed's pictures. Seeds are never mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styleid.evaluate.paired import STILL

PERMUTATIONS = 4999
#: Permutations computed together: enough to be quick, few enough to be small.
AT_A_TIME = 250


@dataclass(frozen=True)
class Part:
    """One part of the variance; `by_chance` and `p` are None where nothing was permuted."""

    share: float  # of the whole sum of squares, 0 to 1
    by_chance: float | None = None  # mean share under permuted orders
    p: float | None = None  # share of permutations with as large a part, the observed one counted in


def order_effect(
    scores: NDArray[np.float64],
    orders: Sequence[Sequence[int]],
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> dict[str, Part]:
    """Divide the variance of (seeds, orders, labels) scores, and test what goes with order and position.

    `orders` holds places of the labels, in the order learned. Without a second seed or order nothing can be
    tested; where scores do not vary, all shares are 0.
    """
    n_seeds, n_orders, n_labels = scores.shape
    total = float(((scores - scores.mean()) ** 2).sum())
    if total < STILL:
        return {name: Part(0.0) for name in ("label", "seed", "order", "position", "rest")}
    label = scores.mean(axis=(0, 1)) - scores.mean()
    by_seed = scores.mean(axis=(1, 2)) - scores.mean()
    places = _position_space(orders)

    def of_order(Y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the two sums of squares that orders are tested by, from (..., n_orders, n_labels) means."""
        means = Y.mean(axis=-1) - Y.mean(axis=(-2, -1))[..., None]
        within = Y - Y.mean(axis=-1, keepdims=True)
        within = within - within.mean(axis=-2, keepdims=True)
        fitted = within.reshape(*within.shape[:-2], -1) @ places
        squares = [n_labels * (means**2).sum(axis=-1), (fitted**2).sum(axis=-1)]
        return np.asarray(n_seeds * np.stack(squares, axis=-1), dtype=np.float64)

    observed = of_order(scores.mean(axis=0)) / total
    squares = {
        "label": n_seeds * n_orders * float((label**2).sum()) / total,
        "seed": n_orders * n_labels * float((by_seed**2).sum()) / total,
    }
    rest = max(0.0, 1.0 - sum(squares.values()) - float(observed.sum()))
    parts = {name: Part(share) for name, share in squares.items()}
    if n_seeds < 2 or n_orders < 2:
        tested = [Part(float(share)) for share in observed]
    else:
        rng = np.random.default_rng(seed)
        drawn = np.concatenate(
            [
                of_order(_exchanged(scores, min(AT_A_TIME, permutations - start), rng)) / total
                for start in range(0, permutations, AT_A_TIME)
            ]
        )
        # Equal sums may differ in the last bit.
        as_large = (drawn >= observed - STILL).sum(axis=0)
        tested = [
            Part(float(observed[k]), float(drawn[:, k].mean()), float((1 + as_large[k]) / (1 + permutations)))
            for k in range(2)
        ]
    return {**parts, "order": tested[0], "position": tested[1], "rest": Part(rest)}


def _exchanged(scores: NDArray[np.float64], n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Let the orders of each seed change places, n times, and average over seeds: (n, orders, labels)."""
    n_seeds, n_orders, _ = scores.shape
    moved = rng.permuted(np.tile(np.arange(n_orders), (n, n_seeds, 1)), axis=2)
    exchanged = np.take_along_axis(scores[None], moved[..., None], axis=2)
    return np.asarray(exchanged.mean(axis=1), dtype=np.float64)


def _position_space(orders: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Return an orthonormal basis of what position explains beyond label and order: (orders * labels, d)."""
    order = np.asarray(orders)
    n_orders, n_labels = order.shape
    place = np.argsort(order, axis=1)  # (n_orders, n_labels): when each label is learned
    columns = (place[..., None] == np.arange(n_labels)).astype(np.float64)
    columns -= columns.mean(axis=1, keepdims=True)
    columns -= columns.mean(axis=0, keepdims=True)
    left, sizes, _ = np.linalg.svd(columns.reshape(n_orders * n_labels, n_labels), full_matrices=False)
    basis: NDArray[np.float64] = left[:, sizes > 1e-9]
    return basis
