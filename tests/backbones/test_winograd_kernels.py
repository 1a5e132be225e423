from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from styleid.backbones.runtimes.winograd import native
from styleid.backbones.runtimes.winograd.native import load_loops
from styleid.backbones.runtimes.winograd.sizes import COLUMNS
from styleid.backbones.runtimes.winograd.tiles import into_tile, out_of_tile
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
    load_loops().multiply(
        a, a_rows, 2, n, segments, step, length, panels, 5, bias, c, c_rows, 3, columns, rectify
    )
    windows = a_rows[:, None, None] + 2 + np.arange(segments)[:, None] * step + np.arange(length)
    expected = a[windows].reshape(n, -1).astype(np.float64) @ b + bias
    expected = np.maximum(expected, 0) if rectify else expected
    np.testing.assert_allclose(c[3:].reshape(n, columns)[c_rows // columns], expected, rtol=0, atol=1e-4)
    np.testing.assert_array_equal(c[:3], 9)


def test_moments_survive_a_large_mean() -> None:
    x = np.random.default_rng(0).standard_normal((7, 9, 8)).astype(np.float32) + np.float32(1e4)
    mean, sd = np.empty(8), np.empty(8)
    load_loops().moments(x.ravel(), 72 + 8, 72, 5, mean, sd)
    inside = x[1:6, 1:6].reshape(25, 8).astype(np.float64)
    np.testing.assert_allclose(mean, inside.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(sd, inside.std(axis=0), rtol=1e-9)


def test_an_array_of_another_type_is_refused() -> None:
    """Compiled code would read it as what it is not."""
    x = np.zeros(8 * 49, np.float32)
    with pytest.raises(TypeError, match="takes arrays of float64 in one piece, found float32"):
        load_loops().moments(x, 0, 56, 5, np.empty(8, np.float32), np.empty(8))
    with pytest.raises(TypeError, match="in one piece"):
        load_loops().moments(x[::2], 0, 56, 5, np.empty(8), np.empty(8))


#: Judges a mean in a process of its own, and says whether numba was there.
_PROGRAM = """
import sys, numpy as np
from styleid.backbones.runtimes.winograd.native import load_loops
mean, sd = np.empty(8), np.empty(8)
load_loops().moments(np.full(8 * 49, 3, np.float32), 0, 56, 5, mean, sd)
print(mean.sum(), 'numba' in sys.modules)
"""


def _run(cache: Path) -> list[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run([sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_loops_are_compiled_once_and_loaded_without_numba(tmp_path: Path) -> None:
    assert _run(tmp_path) == ["24.0", "True"]
    assert _run(tmp_path) == ["24.0", "False"]
    (kept,) = (tmp_path / "styleid").glob("winograd-*.o")
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(bytes(content))
    assert _run(tmp_path) == ["24.0", "True"]  # damaged: compiled again, and mended
    assert _run(tmp_path) == ["24.0", "False"]


def test_what_is_kept_is_of_this_processor_these_sources_and_this_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code of another machine that shares the home would crash, that of other sources be wrong."""
    for name in native._SOURCES:
        shutil.copy(Path(native.__file__).with_name(name), tmp_path)
    monkeypatch.setattr(native, "__file__", str(tmp_path / "native.py"))
    names = [native._made_from()]
    for name in native._SOURCES:
        (tmp_path / name).write_text((tmp_path / name).read_text(encoding="utf-8") + "\n", encoding="utf-8")
        names.append(native._made_from())
    for where, name, value in (
        (native.llvmlite, "__version__", "0"),
        (native, "version", lambda name: {"numba": "0"}[name]),
        (native.llvm, "get_host_cpu_name", lambda: "z80"),
        (native.llvm, "get_host_cpu_features", lambda: native.llvm.FeatureMap(sse9=True)),
    ):
        monkeypatch.setattr(where, name, value)
        names.append(native._made_from())
    assert len(set(names)) == len(names) == 10
    imported = re.findall(r"^(?:from|import) .*winograd\.(\w+)", (tmp_path / "kernels.py").read_text(), re.M)
    assert {f"{name}.py" for name in imported} <= {*native._SOURCES}, "all that the loops are made from"


def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "styleid").write_text("a file in its place", encoding="utf-8")
    assert _run(tmp_path) == ["24.0", "True"]
