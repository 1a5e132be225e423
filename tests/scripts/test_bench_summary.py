"""Medians, ratios and limits of the benchmark, and how they are written down."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
summary = importlib.import_module("bench.summary")
table = importlib.import_module("bench.table")
plot = importlib.import_module("bench.plot")
limits = importlib.import_module("bench.limits")
agreement = importlib.import_module("bench.agreement")

OURS, FAST, SLOW = "styleid torch/fp32", "fast", "slow"
#: The machine halves its speed in the second round.
RATES = {OURS: (60.0, 30.0, 66.0), FAST: (40.0, 20.0, 40.0), SLOW: (10.0, 5.0, 80.0)}


def record(turn: int, name: str, rate: float, **more: Any) -> dict[str, Any]:
    told = {"round": turn, "set": "small", "contender": name, "load": 0.0, "n": 32}
    return told | {"steady_rate": rate, "whole_rate": rate / 2, "startup": 1.0, "peak_mb": 500.0} | more


@pytest.fixture
def records() -> list[dict[str, Any]]:
    found = [record(turn, name, rate) for name, rates in RATES.items() for turn, rate in enumerate(rates)]
    found += [{"round": 0, "set": "limits", "contender": "gemm", "load": 0.0, "torch": 363.0, "numpy": 360.0}]
    found += [
        {"round": t, "set": "small", "contender": "limit", "load": 0.0, "pictures_per_second": rate}
        for t, rate in enumerate((100.0, 50.0, 300.0))
    ]
    return found


@pytest.fixture
def results(records: list[dict[str, Any]]) -> dict[str, Any]:
    named = [
        {
            "name": name,
            "title": name.capitalize(),
            "note": "squeezes" if name == SLOW else "",
            "ours": name == OURS,
        }
        for name in RATES
    ]
    machine = {
        "cpu": "A Processor",
        "cores": 2,
        "flags": ["avx2"],
        "memory_gb": 8.0,
        "python": "3.11",
        "versions": {},
    }
    return {
        "date": "2000-01-01",
        "machine": machine | {"versions": {"torch": "2"}},
        "repeats": 3,
        "missing": {"vyntri": "not installed: vyntri"},
        "contenders": named,
        "records": records,
        "agreement": {"small": {SLOW: {"median": 0.75, "lowest": 0.5}, OURS: {"median": 1.0, "lowest": 1.0}}},
        "summary": summary.summarise(records, [OURS]),
    }


def test_a_ratio_is_taken_within_each_round(records: list[dict[str, Any]]) -> None:
    told = summary.summarise(records, [OURS])["small"]
    rows = {row["contender"]: row for row in told["rows"]}
    # By the median the fastest peer; that another had one lucky round makes it no fastest.
    assert told["fastest_peer"] == {"steady_rate": FAST, "whole_rate": FAST}
    assert rows[OURS]["steady_rate"] == {"median": 60.0, "low": 30.0, "high": 66.0}
    assert rows[OURS]["steady_rate_ratio"] == {"median": 1.5, "low": 1.5, "high": pytest.approx(1.65)}
    assert rows[FAST]["steady_rate_ratio"] == {"median": 1.0, "low": 1.0, "high": 1.0}
    assert [row["contender"] for row in told["rows"]] == [OURS, FAST, SLOW]


def test_styleid_is_never_its_own_peer(records: list[dict[str, Any]]) -> None:
    alone = [one for one in records if one["contender"] not in (FAST, SLOW)]
    told = summary.summarise(alone, [OURS])["small"]
    assert told["fastest_peer"] == {}
    assert "steady_rate_ratio" not in told["rows"][0]


def test_limits_are_those_of_the_machine(records: list[dict[str, Any]]) -> None:
    told = summary.summarise(records, [OURS])["small"]
    assert told["limits"]["network"] == pytest.approx(100.0)  # 363 GFLOP/s over 3.63 GFLOP
    assert told["limits"]["decode"] == 100.0
    assert told["limits"]["both"] == pytest.approx(50.0)  # half of the time each
    assert told["rows"][0]["of_limit"] == pytest.approx(60 / 50)


def test_a_round_that_failed_or_told_nothing_is_left_out(records: list[dict[str, Any]]) -> None:
    records[0]["steady_rate"] = None
    records.append({"round": 3, "set": "small", "contender": OURS, "load": 0.0, "error": "status 1"})
    rows = {row["contender"]: row for row in summary.summarise(records, [OURS])["small"]["rows"]}
    assert rows[OURS]["steady_rate"] == {"median": 48.0, "low": 30.0, "high": 66.0}
    assert rows[OURS]["steady_rate_ratio"]["median"] == pytest.approx((1.5 + 1.65) / 2)
    assert rows[OURS]["repeats"] == 3


def test_the_rate_counts_two_operations_a_multiplication(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(float(number) for number in range(100))
    monkeypatch.setattr(limits.time, "perf_counter", lambda: next(clock))
    assert limits.rate(lambda: None) == pytest.approx(2 * 2048**3 / 1e9)


def test_cosines_are_of_rows() -> None:
    a = np.array([[1, 0], [0, 2], [3, 4]], dtype=np.float32)
    b = np.array([[5, 0], [1, 0], [-3, -4]], dtype=np.float32)
    np.testing.assert_allclose(agreement.cosines(a, b), [1, 0, -1], atol=1e-12)


def test_the_table_says_all_of_it(results: dict[str, Any]) -> None:
    text = table.page(results)
    lines = text.splitlines()
    ours = next(line for line in lines if line.startswith("| **Styleid"))
    assert "60.0 (30.0 to 66.0) | 1.50 (1.50 to 1.65) | 1.20" in ours
    assert ours.endswith("| 1.0 | 500 | 1.000000 |")
    assert "Not measured: vyntri (not installed: vyntri)." in text
    assert "- Slow: squeezes." in text
    assert "Small PNGs (drawings, 160 to 618 px), 32 of them" in text
    assert "Energy: not told by this machine." in text
    assert "A Processor, 2 cores (avx2), 8 GB" in text
    assert "Load when runs began: 0.0 (median)." in text
    widths = {line.count("|") for line in lines if line.startswith("|")}
    assert len(widths) == 1


def test_what_failed_is_told(results: dict[str, Any]) -> None:
    results["records"].append(
        {"round": 0, "set": "12mp", "contender": "greedy", "load": 0.0, "error": "status -9: killed"}
    )
    assert "Failed: greedy on 12mp (status -9: killed)." in table.page(results)


def test_energy_is_a_picture(results: dict[str, Any]) -> None:
    results["records"][0]["joules"] = 64.0
    results["summary"] = summary.summarise(results["records"], [OURS])
    text = table.page(results)
    assert "J a picture" in text
    assert "| 2.0 |" in text
    assert "Energy: not told" not in text


def test_growth_is_told(results: dict[str, Any]) -> None:
    size = {"n": 20_000, "wall": 400.0, "cpu": 800.0, "peak_mb": 812.0, "again": 1.5}
    unchanged = {"n": 100_000, "first_scan": 30.0, "scan": 3.0, "embed": 4.5, "peak_mb": 300.0}
    text = table.page(results | {"growth": {"sizes": [size], "unchanged": unchanged}})
    assert "| 20,000 | 400 | 50.0 | 812 | 1.5 |" in text
    assert "100,000 pictures" in text
    assert "3.0 s" in text
    assert "4.5 s" in text


def test_only_what_stands_between_the_markers_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"method\n{table.BEGIN}\nold\n{table.END}\nend\n", encoding="utf-8")
    table.rewrite(page, "new")
    table.rewrite(page, "newer")
    assert page.read_text(encoding="utf-8") == f"method\n{table.BEGIN}\nnewer\n{table.END}\nend\n"


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("method\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="expected the markers"):
        table.rewrite(page, "new")
    assert page.read_text(encoding="utf-8") == "method\n"


def test_the_plot_is_drawn(results: dict[str, Any], tmp_path: Path) -> None:
    plot.plot(results, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").stat().st_size > 5_000


def test_the_repository_page_has_the_markers() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "performance.md").read_text(encoding="utf-8")
    assert text.index(table.BEGIN) < text.index(table.END)


def test_a_later_run_replaces_its_sets_and_keeps_its_own_rounds(results: dict[str, Any]) -> None:
    command = importlib.import_module("bench.command")
    first = results | {"records": [record(0, OURS, 10.0), {**record(0, FAST, 5.0), "set": "2mp"}]}
    second = results | {"records": [record(0, OURS, 30.0), record(0, FAST, 15.0)], "growth": None}
    first["growth"] = {"sizes": []}
    found = command.joined([first, second])
    assert [(r["set"], r["contender"], r["steady_rate"]) for r in found["records"]] == [
        *(("small", OURS, 30.0), ("small", FAST, 15.0), ("2mp", FAST, 5.0))
    ]
    assert len({r["round"] for r in found["records"]}) == 2
    assert found["growth"] == {"sizes": []}
    assert command.joined([first]) == first
