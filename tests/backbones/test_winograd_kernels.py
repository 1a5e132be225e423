from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from styleid.backbones.runtimes.winograd import lanes as winograd_lanes
from styleid.backbones.runtimes.winograd import tiles as winograd_tiles
from styleid.backbones.runtimes.winograd.kernels import BUILT_FROM, compiled, moments, multiply
from styleid.backbones.runtimes.winograd.tiles import COLUMNS, into_tile, out_of_tile
from styleid.backbones.runtimes.winograd.weights import G


def test_six_products_make_four_sums_of_three() -> None:
    rng = np.random.default_rng(0)
    d, g = rng.standard_normal(6), rng.standard_normal(3)
    found = out_of_tile(list(np.array(into_tile(list(d))) * (G @ g)))
    np.testing.assert_allclose(found, np.correlate(d, g, "valid"), rtol=0, atol=1e-13)


@pytest.mark.parametrize("rectify", [0, 1])
@pytest.mark.parametrize(("n", "segments", "length"), [(6, 1, 1), (12, 3, 5), (18, 7, 21)])
def test_a_product_is_numpys(n: int, segments: int, length: int, rectify: int) -> None:
    rng = np.random.default_rng(n)
    columns, step = 2 * COLUMNS, length + 2
    a = rng.standard_normal(4000).astype(np.float32)
    b = rng.standard_normal((segments * length, columns)).astype(np.float32)
    bias = rng.standard_normal(columns).astype(np.float32)
    c = np.full(3 + n * columns, 9, np.float32)
    a_rows, c_rows = rng.permutation(n) * 11, rng.permutation(n) * columns
    panels = np.concatenate([np.zeros(5, np.float32), *(b[:, j : j + COLUMNS].ravel() for j in (0, COLUMNS))])
    multiply(a, a_rows, 2, n, segments, step, length, panels, 5, bias, c, c_rows, 3, columns, rectify)
    windows = a_rows[:, None, None] + 2 + np.arange(segments)[:, None] * step + np.arange(length)
    expected = a[windows].reshape(n, -1).astype(np.float64) @ b + bias
    expected = np.maximum(expected, 0) if rectify else expected
    np.testing.assert_allclose(c[3:].reshape(n, columns)[c_rows // columns], expected, rtol=0, atol=1e-4)
    np.testing.assert_array_equal(c[:3], 9)


def test_moments_survive_a_large_mean() -> None:
    x = np.random.default_rng(0).standard_normal((7, 9, 8)).astype(np.float32) + np.float32(1e4)
    mean, sd = np.empty(8), np.empty(8)
    moments(x.ravel(), 72 + 8, 72, 5, mean, sd)
    inside = x[1:6, 1:6].reshape(25, 8).astype(np.float64)
    np.testing.assert_allclose(mean, inside.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(sd, inside.std(axis=0), rtol=1e-9)


def test_the_compiled_loops_are_those_of_the_files_they_are_built_from() -> None:
    """numba would go on with the old ones: write the new digest into kernels.py."""
    sources = [Path(module.__file__ or "").read_bytes() for module in (winograd_lanes, winograd_tiles)]
    assert hashlib.sha256(b"".join(sources)).hexdigest().startswith(BUILT_FROM)
    assert len(BUILT_FROM) == 12


def test_a_folder_that_may_not_be_written_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit

    def refusing(**options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function 'double': no locator available for file")
        return njit(**options)

    monkeypatch.setattr(numba, "njit", refusing)

    def double(x: np.ndarray) -> None:
        x *= 2

    x = np.ones(3)
    compiled(double)(x)
    np.testing.assert_array_equal(x, 2)
