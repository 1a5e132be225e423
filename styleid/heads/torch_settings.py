"""Settings of torch that a training needs, put back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

#: The smallest float32 that is held with all its digits.
SMALLEST = float(np.finfo(np.float32).tiny)


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch to one thread while the block runs."""
    # A sum split over threads rounds otherwise, and batches of 32 rows gain nothing from a second one.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def tiny_as_zero() -> Iterator[None]:
    """Take numbers too small to be held with all their digits for zero while the block runs."""
    # The penalty shrinks weights of inputs that say nothing until they are below 1e-38, where a processor
    # computes up to a hundred times slower: long trainings took ten times as long, for the same predictions.
    before = bool(np.float32(SMALLEST) / np.float32(2.0) == 0)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)
