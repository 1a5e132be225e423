"""The price of a name is a weighted share."""

from __future__ import annotations

import numpy as np
import pytest

from styleid.errors import BundleError
from styleid.rules.strangers import Named


def test_labels_weigh_the_same_whatever_their_pictures() -> None:
    named = Named(np.array([0.0, 0.6, 0.9, 0.9]), np.array([1 / 6, 1 / 6, 1 / 6, 1 / 2]))
    assert [named.share(p) for p in (0.0, 0.6, 0.61, 0.9, 0.95)] == pytest.approx([1, 5 / 6, 2 / 3, 2 / 3, 0])
    for surest, weight in (
        ([0.5, 0.2], [0.5, 0.5]),
        ([0.2, 1.5], [0.5, 0.5]),
        ([0.2, 0.5], [0.5, 0.6]),
        ([], []),
        ([0.2], [0.5, 0.5]),
    ):
        with pytest.raises(BundleError, match="ascending probabilities of strangers' names"):
            Named(np.array(surest), np.array(weight))
