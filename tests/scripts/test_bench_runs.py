"""Who takes part in the benchmark, and how a run is measured."""

from __future__ import annotations

import importlib
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from styleid.data.views.crops import center_view

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
contenders = importlib.import_module("bench.contenders")
command = importlib.import_module("bench.command")
energy = importlib.import_module("bench.energy")
machine = importlib.import_module("bench.machine")
measure = importlib.import_module("bench.measure")
preset = importlib.import_module("bench.peers.preset")
rounds = importlib.import_module("bench.rounds")
workplace = importlib.import_module("bench.workplace")


# Who takes part.


def test_a_peer_that_is_not_installed_is_told() -> None:
    found, missing = contenders.installed_peers(installed=lambda name: name not in ("vyntri", "onnx"))
    assert missing == {
        "vyntri FeatureExtractor": "not installed: vyntri",
        "onnxruntime script": "not installed: onnx",
        "openvino script": "not installed: onnx",
    }
    assert len(found) + len(missing) == len(contenders.PEERS)


def test_peers_can_be_chosen() -> None:
    found, missing = contenders.installed_peers(["timm,", "2 workers"], installed=lambda name: True)
    assert [one.title for one in found] == ["torchvision, DataLoader, 2 workers", "timm, DataLoader"]
    assert missing == {}


def test_variants_that_cannot_run_are_told_once() -> None:
    variants = {"a/fp32": "", "b/fp32": "needs b", "a/int8": "only b", "b/int8": "needs b"}
    found, missing = contenders.styleid_contenders(variants)
    assert [one.variant for one in found] == ["a/fp32"]
    assert missing == {"styleid b/fp32": "needs b", "styleid a/int8": "only b", "styleid b/int8": "needs b"}
    found, missing = contenders.styleid_contenders(variants | {"b/int8": ""})
    assert [one.variant for one in found] == ["a/fp32", "b/int8"]
    assert missing == {"styleid b/fp32": "needs b"}  # that a has no int8 is no news


def test_an_older_styleid_has_one_variant() -> None:
    found, _ = contenders.styleid_contenders({})
    assert workplace.styleid_command(found[0], Path("p"), Path("s"))[-1] == os.path.join("s", "vectors")
    assert found[0].network is None


def test_a_variant_is_asked_for_by_its_options() -> None:
    found, _ = contenders.styleid_contenders({"openvino/int8": ""})
    words = workplace.styleid_command(found[0], Path("p"), Path("s"))
    asked = {"runtime": "openvino", "precision": "int8", "descriptor": "avgpool", "views": "center"}
    assert {name: words[words.index(f"--{name}") + 1] for name in asked} == asked
    assert words[words.index("--backbone") + 1] == "resnet18-style"


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(SystemExit, match="expects some of a/fp32; found c/fp32"):
        contenders.styleid_contenders({"a/fp32": ""}, ["c/fp32"])


def test_counts_are_whole_batches() -> None:
    assert command.counts(command.arguments(["--2mp", "0", "--12mp", "64"])) == {"small": 128, "12mp": 64}
    assert command.counts(command.arguments(["--quick"])) == {"small": 32, "2mp": 32}
    with pytest.raises(SystemExit, match="multiple of 32, found 33"):
        command.counts(command.arguments(["--small", "33"]))


# How a run is measured.


def test_a_run_is_measured_with_its_children() -> None:
    busy = "t = time.process_time()\nwhile time.process_time() - t < .4: pass"
    child = f"import time; a = bytearray(90_000_000); {busy}"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print('done')"
    cost = measure.run([sys.executable, "-c", parent], dict(os.environ))
    assert cost.output == "done\n"
    assert cost.cpu > 0.4
    assert cost.wall > 0.4
    assert (cost.peak_mb is not None) == (find_spec("psutil") is not None)
    assert cost.peak_mb is None or cost.peak_mb > 90


def test_a_run_that_fails_says_its_last_words() -> None:
    with pytest.raises(measure.RunFailed, match="status 3: no such weights"):
        measure.run(
            [sys.executable, "-c", "import sys; print('no such weights', file=sys.stderr); sys.exit(3)"],
            dict(os.environ),
        )


def test_a_run_that_hangs_is_ended_and_told() -> None:
    with pytest.raises(measure.RunFailed, match="did not end within 0.5 s"):
        measure.run([sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ), limit=0.5)


def test_threads_and_caches_are_the_benchmarks_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    found = workplace.Workplace(tmp_path).environment()
    assert "OMP_NUM_THREADS" not in found
    assert found["XDG_CACHE_HOME"].startswith(str(tmp_path))
    assert found["HF_HUB_OFFLINE"] == "1"


def test_energy_counts_over_the_turn_of_a_meter(tmp_path: Path) -> None:
    for name in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text("9000000")
        (tmp_path / name / "max_energy_range_uj").write_text("10000000")
    meter = energy.Energy(tmp_path)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("9500000")
    (tmp_path / "intel-rapl:1" / "energy_uj").write_text("2000000")
    assert meter.used() == pytest.approx(0.5 + 3.0)


def test_energy_is_not_told_where_there_is_no_meter(tmp_path: Path) -> None:
    assert energy.Energy(tmp_path).used() is None


def test_the_processor_is_read_from_the_system(tmp_path: Path) -> None:
    core = (
        "cpu family\t: 6\nmodel\t\t: 85\nmodel name\t: A Processor\nflags\t\t: fpu avx2 avx512f avx512_vnni\n"
    )
    (tmp_path / "cpuinfo").write_text(f"{core}\n{core}")
    told = machine.cpu_facts(tmp_path / "cpuinfo")
    assert told == {"model": "A Processor (family 6, model 85)", "flags": ["avx2", "avx512f", "avx512_vnni"]}


@pytest.mark.parametrize("size", [(300, 500), (640, 256), (231, 618)])
def test_scripts_look_at_what_styleid_looks_at(tmp_path: Path, size: tuple[int, int]) -> None:
    chance = np.random.default_rng(0)
    small = Image.fromarray(chance.integers(0, 256, (9, 9, 3), dtype=np.uint8))
    image = small.resize(size, Image.Resampling.BICUBIC)
    image.save(tmp_path / "a.png")
    ours = center_view(image, 256, 224).astype(int)
    assert np.abs(preset.center_crop(tmp_path / "a.png").astype(int) - ours).max() <= 1


# Rounds.


class Place:
    """A workplace in which every run costs what it is told."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self.walls = {"one": 2.0, "first": 6.0, "double": 9.0}

    def told(self, *words: Any) -> dict[str, float]:
        self.done.append(("told", words[0]))
        return {"torch": 100.0, "pictures_per_second": 50.0}

    def styleid(self, contender: Any, folder: Path, name: str) -> Any:
        self.done.append((contender.name, str(folder)))
        wall = self.walls[str(folder)]
        return measure.Cost(wall, 2 * wall, 100.0, None, "")

    def peer(self, contender: Any, folder: Path, name: str) -> Any:
        self.done.append((contender.name, str(folder)))
        if "img2vec" in contender.name:
            raise measure.RunFailed("status 1: no")
        return measure.Cost(7.0, 9.0, 100.0, None, ""), {"startup": 3.0, "n": 32, "seconds": 4.0, "cpu": 8.0}


@pytest.fixture
def field() -> list[Any]:
    ours, _ = contenders.styleid_contenders({"torch/fp32": ""})
    peers, _ = contenders.installed_peers(["img2vec", "vyntri"], installed=lambda name: True)
    return [*ours, *peers]


def rounds_of(place: Place, field: list[Any], repeats: int) -> tuple[list[dict[str, Any]], list[str]]:
    folders = rounds.Folders(32, Path("first"), Path("double"), Path("one"))
    said: list[str] = []
    kept: list[int] = []
    keep = lambda records: kept.append(len(records))  # noqa: E731
    records = rounds.measure(place, field, {"small": folders}, False, repeats, said.append, keep)
    assert len(kept) == repeats
    return records, said


def test_the_steady_rate_of_styleid_is_that_of_the_second_half(field: list[Any]) -> None:
    records, _ = rounds_of(Place(), field, 1)
    ours = next(one for one in records if one["contender"].startswith("styleid"))
    assert ours["startup"] == 2.0
    assert ours["whole_rate"] == pytest.approx(32 / 6)
    assert ours["steady_rate"] == pytest.approx(32 / 3)
    assert ours["steady_cpu"] == pytest.approx(6 / 32)


def test_a_styleid_that_fails_at_once_is_left_out_and_told(tmp_path: Path) -> None:
    found, _ = contenders.styleid_contenders({"a/fp32": "", "b/fp32": ""})

    def embed(one: Any, folder: Path, name: str) -> None:
        if one.variant == "b/fp32":
            raise measure.RunFailed("status 2: no b")

    able, unable = command.warm(SimpleNamespace(styleid=embed), found, tmp_path)
    assert [one.variant for one in able] == ["a/fp32"]
    assert unable == {"styleid b/fp32": "status 2: no b"}
    with pytest.raises(SystemExit, match="no styleid runs here: status 2: no b"):
        command.warm(SimpleNamespace(styleid=embed), found[1:], tmp_path)


def test_noise_makes_no_negative_rate(field: list[Any]) -> None:
    place = Place()
    place.walls["double"] = 5.0
    records, _ = rounds_of(place, field, 1)
    ours = next(one for one in records if one["contender"].startswith("styleid"))
    assert ours["steady_rate"] is None


def test_a_peer_times_itself(field: list[Any]) -> None:
    records, _ = rounds_of(Place(), field, 1)
    theirs = next(one for one in records if one["contender"].startswith("vyntri"))
    assert (theirs["startup"], theirs["steady_rate"], theirs["steady_cpu"]) == (3.0, 8.0, 0.25)
    assert theirs["whole_rate"] == pytest.approx(32 / 7)


def test_everyone_begins_a_round_in_turn_and_who_failed_is_told_once(field: list[Any]) -> None:
    place = Place()
    records, said = rounds_of(place, field, 3)
    order = [name for name, folder in place.done if folder == "first"]
    ours, img2vec, vyntri = (one.name for one in field)
    assert order == [ours, img2vec, vyntri, vyntri, ours, vyntri, ours]
    assert [one["error"] for one in records if "error" in one] == ["status 1: no"]
    assert sum("FAILED" in line for line in said) == 1
    assert sum(one["contender"] == "gemm" for one in records) == 3


def test_the_last_line_is_the_answer() -> None:
    assert workplace.last_json(f"a library says hello\n{json.dumps({'n': 1})}\n") == {"n": 1}


def test_the_load_is_that_of_the_last_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "os", SimpleNamespace(getloadavg=lambda: (1.0, 2.0, 3.0)))
    assert machine.load() == 1.0
