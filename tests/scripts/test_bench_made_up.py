"""A made-up store is one that a fit can start from, and the same for the same seed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from styleid import FitOptions, fit

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
made_up = importlib.import_module("bench.made_up")


def test_a_fit_starts_from_it(tmp_path: Path) -> None:
    for name in ("one", "other"):
        made_up.make(tmp_path / name, n_labels=3, each=8, dim=24)
    assert (tmp_path / "one/manifest.csv").read_bytes() == (tmp_path / "other/manifest.csv").read_bytes()
    one = tmp_path / "one"
    run = fit(FitOptions(head="centroid"), one / "manifest.csv", one / "vectors", one / "reports", n_jobs=1)
    assert (run.result["n_images"], run.result["n_groups"], len(run.result["labels"])) == (24, 12, 3)
    assert not any("left out" in note for note in run.result["notes"])
