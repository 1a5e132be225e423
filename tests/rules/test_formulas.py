"""Formulas of our own give what the libraries give that are too slow to import."""

from __future__ import annotations

import numpy as np
from scipy import special

from styleid.rules.formulas import expit


def test_a_sigmoid_is_scipys_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    ends = [0.0, -0.0, -709.7, -709.8, -746.0, 1e-300, np.inf, -np.inf, np.nan]
    values = np.concatenate([rng.normal(0, 8, 20_001), ends]).reshape(-1, 2)
    np.testing.assert_array_equal(expit(values), special.expit(values))
