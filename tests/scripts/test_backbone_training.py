"""The student is the network that styleid runs; loss and retrieval are those of the textbook."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from backbone import train
from backbone.audit import CHANGES, TURN, scores
from backbone.changes import turned
from backbone.judge import map_at, table
from backbone.student import Student, save_weights, statistics
from backbone.teachers import TEACHERS, Network, Teacher, _mobilenet_name
from backbone.train import TEMPERATURE, _sides, contrast

from styleid.backbones.base import get_backbone
from styleid.backbones.runtimes.base import RuntimeOptions, open_runtime
from styleid.backbones.weights_file import load_tensors, load_weights


def test_what_is_saved_is_what_styleid_runs(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = Student([3, 4, 5, 6, 7], None)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)
    guesses, z = student(torch.from_numpy(pixels))  # moves the running means, too
    assert [tuple(g.shape) for g in guesses] == [
        (2, 3, 56, 56),
        (2, 4, 28, 28),
        (2, 5, 14, 14),
        (2, 6, 7, 7),
        (2, 7),
        (2, 24),
    ]
    np.testing.assert_allclose(z.norm(dim=1).detach(), 1, rtol=1e-5)
    save_weights(student, tmp_path / "w.safetensors")
    runtime = open_runtime(
        get_backbone("resnet18-style"),
        load_tensors(tmp_path / "w.safetensors"),
        ("avgpool",),
        RuntimeOptions("torch"),
    )
    again = Student([3, 4, 5, 6, 7], tmp_path / "w.safetensors")
    found = runtime.vectors(pixels)["avgpool"]
    for network, rounding in ((again, 1e-3), (student, 1e-2)):  # what is saved is rounded to float16
        with torch.no_grad():
            x = (torch.from_numpy(pixels).permute(0, 3, 1, 2) - network.mean) / network.deviation
            expected = network.eval().network(x).numpy()
        np.testing.assert_allclose(found, expected, atol=rounding * expected.max())


def test_contrast_is_the_mean_over_those_of_the_same_hand() -> None:
    z = torch.nn.functional.normalize(torch.randn(5, 8, generator=torch.Generator().manual_seed(0)))
    hand = [0, 0, 1, 1, 2]  # the last has nobody: it says nothing
    total = 0.0
    for i in range(5):
        others = [j for j in range(5) if j != i]
        shares = {j: float(z[i] @ z[j]) / TEMPERATURE for j in others}
        norm = np.log(sum(np.exp(value) for value in shares.values()))
        same = [norm - shares[j] for j in others if hand[j] == hand[i]]
        total += float(np.mean(same)) if same else 0.0
    assert float(contrast(z, torch.tensor(hand))) == pytest.approx(total / 5, rel=1e-5)


def test_nearest_of_the_same_group_do_not_count() -> None:
    angle = np.array([0.0, 0.01, 1.5, 1.6, 1.7])
    X = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    y = np.array(["a", "a", "b", "b", "b"])
    assert map_at(X, y, np.arange(5)) == pytest.approx(1)
    assert map_at(X, y, np.array([0, 0, 1, 2, 3])) == pytest.approx(3 / 5)


def test_a_hand_like_nobody_else_is_found_always() -> None:
    X = (
        np.repeat(np.eye(3, 4, dtype=np.float32), 12, axis=0)
        + np.linspace(0, 0.01, 36, dtype=np.float32)[:, None]
    )
    assert map_at(X, np.repeat(["a", "b", "c"], 12), np.arange(36)) == pytest.approx(1)


def weights_of(teacher: Teacher) -> dict[str, torch.Tensor]:
    """Random weights by the names of a teacher's own file."""
    generator = torch.Generator().manual_seed(0)
    made: dict[str, torch.Tensor] = {}

    def add(conv: str, norm: str, out: int, into: int, size: int) -> None:
        made[f"{conv}.weight"] = (
            torch.randn(out, into, size, size, generator=generator) / (into * size**2) ** 0.5
        )
        for part, value in (("weight", 1.0), ("bias", 0.1), ("running_mean", 0.0), ("running_var", 1.0)):
            made[f"{norm}.{part}"] = torch.full((out,), value)

    lite = teacher.same
    add(*(("_conv_stem", "_bn0") if lite else ("features.0.0", "features.0.1")), 32, 3, 3)
    number, into = 0, 32
    for group, (repeats, out) in enumerate(zip(teacher.repeats, (16, 24, 32, 64, 96, 160, 320), strict=True)):
        for _ in range(repeats):
            widths = into if number == 0 else 6 * into
            if lite:
                b = f"_blocks.{number}"
                names = [(f"{b}._expand_conv", f"{b}._bn0"), (f"{b}._depthwise_conv", f"{b}._bn1")]
                names.append((f"{b}._project_conv", f"{b}._bn2"))
            else:
                b, at = f"features.{number + 1}.conv", (0, 3, 6) if number else (0, 0, 3)
                names = [(f"{b}.{k}", f"{b}.{k + 1}") for k in at]
            if number:
                add(*names[0], widths, into, 1)
            add(*names[1], widths, 1, teacher.kernels[group])
            add(*names[2], out, widths, 1)
            number, into = number + 1, out
    add(*(("_conv_head", "_bn1") if lite else ("features.18.0", "features.18.1")), 1280, into, 1)
    return made


@pytest.mark.parametrize("name", TEACHERS)
def test_teachers_maps_lie_where_the_students_do(name: str) -> None:
    teacher = TEACHERS[name]
    tensors = weights_of(teacher)
    if teacher.same:
        tensors = {_mobilenet_name(key): value for key, value in tensors.items()}
    network = Network(teacher, tensors).eval()
    pixels = torch.zeros((2, 96, 96, 3), dtype=torch.uint8)
    pixels[1] = 255
    with torch.no_grad():
        found = network(pixels)
    assert [tuple(one.shape) for one in found] == [
        *((2, 24, 24, 24), (2, 32, 12, 12), (2, 96, 6, 6), (2, 320, 3, 3), (2, 1280))
    ]
    assert all(not torch.allclose(one[0], one[1]) for one in found)


def test_statistics_are_those_that_styleid_reads() -> None:
    maps = torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(0)) * 4 + 1
    mean, deviation = statistics(maps)
    np.testing.assert_allclose(mean, maps.numpy().mean((2, 3)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(deviation, maps.numpy().std((2, 3)), rtol=1e-4)


def test_sides_follow_each_other_and_fill_the_time() -> None:
    sides = _sides("96:0.7,128:0.2,160:0.1")
    assert [side for side, _ in sides] == [96, 128, 160]
    assert [until for _, until in sides] == pytest.approx([0.7, 0.9, np.inf])
    with pytest.raises(SystemExit, match=r"add up to 1, found 0\.9$"):
        _sides("96:0.7,128:0.2")


def drawn_by(rng: np.random.Generator, n: int = 40) -> Any:
    """Four hands that columns 0 to 3 tell; nothing in column 4."""
    y = np.repeat(["a", "b", "c", "d"], n)
    X = rng.normal(0, 0.05, (len(y), 5)).astype(np.float32)
    X[np.arange(len(y)), np.repeat(range(4), n)] += 1
    components = np.arange(len(y)) // 2
    return X, SimpleNamespace(y=y, labels=("a", "b", "c", "d"), components=components)


def test_a_change_that_nobody_sees_carries_nothing() -> None:
    X, data = drawn_by(np.random.default_rng(0))
    assert scores(X, X, data) == {"both": 1.0, "asked": 1.0, "with": 1.0, "against": 1.0}


def test_a_change_that_drowns_the_hand_carries_the_label() -> None:
    X, data = drawn_by(np.random.default_rng(0))
    changed = X * 0.2
    changed[:, 4] += 3
    found = scores(X, changed, data)
    assert found["both"] == found["with"] == 1.0
    assert found["against"] < 0.6
    assert found["asked"] < 1.0


def test_changes_change_what_they_say() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    made = {name: np.asarray(change(Image.fromarray(pixels))) for name, change in CHANGES.items()}
    assert all(one.shape == pixels.shape and not np.array_equal(one, pixels) for one in made.values())
    assert np.ptp(made["grey"], axis=2).max() == 0
    assert np.abs(made["turned"].max(2).astype(int) - pixels.max(2)).max() <= 3
    red, yellow, blue = ((255, 0, 0), (255, 255, 0), (0, 0, 255))
    for colour, by, becomes in ((red, TURN, yellow), (red, -86, blue), (blue, 86, red), (yellow, 128, blue)):
        shown = turned(Image.new("RGB", (1, 1), colour), by).getpixel((0, 0))
        assert np.abs(np.subtract(shown, becomes)).max() <= 9, (colour, by, shown)


def test_the_table_takes_the_best_descriptor_of_each_set() -> None:
    scored = {
        ("style", "demo"): 0.9,
        ("style", "icons"): 0.5,
        ("avgpool", "demo"): 0.7,
        ("avgpool", "icons"): 0.6,
    }
    rows = [
        {"backbone": "x", "set": name, "descriptor": descriptor, "map10": value / 2}
        | {"balanced_accuracy": {"value": value, "low": value - 0.1, "high": value + 0.1}}
        for (descriptor, name), value in scored.items()
    ]
    style, avgpool = table(rows, ["demo", "icons"]).splitlines()[2:]
    assert style == "| x | style | 0.900 (0.800 to 1.000) | 0.500 (0.400 to 0.600) | 0.750 | 0.350 |"
    assert avgpool == "|  | avgpool | 0.700 (0.600 to 0.800) | 0.600 (0.500 to 0.700) |  | 0.325 |"


class Stub:
    """A teacher of four maps and a last layer that are colours."""

    def __init__(self, *_: object) -> None:
        pass

    def __call__(self, pixels: np.ndarray) -> list[np.ndarray]:
        shrunk = [pixels[:, ::stride, ::stride].transpose(0, 3, 1, 2) / 255 for stride in (4, 8, 16, 32)]
        return [one.astype(np.float32) for one in (*shrunk, pixels.mean((1, 2)))]


def test_training_is_kept_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    lines = ["file,set,package,kind,hand,subject"]
    for hand in "abcd":
        for number in range(2):
            pixels = rng.integers(0, 256, (170, 170, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"{hand}{number}.png")
            lines.append(f"{hand}{number}.png,train,p,files,{hand},{hand}{number}")
    (tmp_path / "corpus.csv").write_text("\n".join(lines))
    ticks = itertools.count()  # a clock that does not know how busy the machine is
    monkeypatch.setattr(train, "time", SimpleNamespace(perf_counter=lambda: next(ticks) / 10))
    monkeypatch.setattr(train, "Taught", Stub)
    monkeypatch.setattr(train, "SAY_STEPS", 1)
    out = tmp_path / "out"
    told, states = [], []
    for minutes in ("0.02", "0.04"):
        argv = ["train.py", str(tmp_path), str(out), "--minutes", minutes, "--hands", "3"]
        monkeypatch.setattr(sys, "argv", [*argv, "--teachers", "one", "--sides", "32:0.5,64:0.5"])
        train.main()
        told.append([json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()])
        states.append(torch.load(out / "state.pt", weights_only=True))
    again = told[1][len(told[0]) :]
    assert again[0]["minutes"] == "0.04"
    assert again[1]["step"] == states[0]["step"] + 1
    assert [state["seconds"] for state in states] == pytest.approx([1.2, 2.4], abs=0.3)
    assert [line["side"] for line in told[0][1:]] == [32, 32, 64, 64]
    assert {line["side"] for line in again[1:]} == {64}, "half of the time is over"
    weights = out / "resnet18-style.safetensors"
    load_weights(weights, get_backbone("resnet18-style"))
