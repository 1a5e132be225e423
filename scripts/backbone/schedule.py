"""How training goes from its first step to its last: how large crops are, how fast it learns."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """A rate that rises, stays, and falls to zero at the end; sides of crops that follow each other.

    It counts steps and not minutes: whoever goes on, on whatever machine, goes on at the same place. While
    the rate stays, the number of steps may still be raised. ``sides`` are pairs of a side and the share of
    the steps until which it holds.
    """

    steps: int
    rate: float
    sides: tuple[tuple[int, float], ...]
    falls_from: float = 0.5
    warm: int = 100

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step."""
        share = min(1.0, step / self.steps)
        fallen = max(0.0, (share - self.falls_from) / (1 - self.falls_from))
        return self.rate * min(1.0, (step + 1) / self.warm) * 0.5 * (1 + math.cos(math.pi * fallen))

    def side_at(self, step: int) -> int:
        """Return the side of a step's crops."""
        return next(side for side, until in self.sides if step < until * self.steps)


def read_sides(text: str) -> tuple[tuple[int, float], ...]:
    """Return what ``SIDE:SHARE,...`` says."""
    pairs = [part.split(":") for part in text.split(",")]
    total, sides = 0.0, []
    for side, share in pairs:
        total += float(share)
        sides.append((int(side), total))
    if not math.isclose(total, 1):
        raise SystemExit(f"expected shares of --sides that add up to 1, found {total:g}")
    return (*sides[:-1], (sides[-1][0], math.inf))
