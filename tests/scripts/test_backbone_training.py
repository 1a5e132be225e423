"""The student is the network that styleid runs; loss and retrieval are those of the textbook."""

from __future__ import annotations

import io
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

from backbone import crops, train
from backbone.audit import CHANGES, TURN, scores
from backbone.changes import turned
from backbone.crops import SHARES, Crops, Shape
from backbone.imagenet import ImageNet, load_imagenet
from backbone.judge import map_at, table
from backbone.losses import TEMPERATURE, Agreement, contrast
from backbone.schedule import Schedule, read_sides
from backbone.shelves import Picture, write_list
from backbone.student import Student, save_weights, statistics
from backbone.teachers import TEACHERS, Network, Taught, Teacher, _mobilenet_name
from backbone.watching import Watch
from safetensors.torch import save_file
from torchvision.models import resnet18

from styleid import StyleIdError
from styleid.backbones.base import get_backbone
from styleid.backbones.runtimes.base import RuntimeOptions, open_runtime
from styleid.backbones.weights_file import load_tensors, load_weights


def test_what_is_saved_is_what_styleid_runs(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = Student([3, 4, 5, 6, 7], None)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)
    maps, guesses, z = student(torch.from_numpy(pixels))  # moves the running means, too
    assert [tuple(x.shape) for x in maps] == [(2, 64, 56, 56), (2, 128, 28, 28), (2, 256, 14, 14)]
    assert [tuple(g.shape) for g in guesses] == [
        (2, 3, 56, 56),
        (2, 4, 28, 28),
        (2, 5, 14, 14),
        (2, 6, 7, 7),
        (2, 7),
        (2, 24),
    ]
    np.testing.assert_allclose(z.norm(dim=1).detach(), 1, rtol=1e-5)
    save_weights(student.network.state_dict(), tmp_path / "w.safetensors")
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


def test_sides_follow_each_other_and_fill_the_steps() -> None:
    sides = read_sides("96:0.7,128:0.2,160:0.1")
    schedule = Schedule(100, 1.0, sides)
    assert [schedule.side_at(step) for step in (0, 69, 71, 89, 91, 99)] == [96, 96, 128, 128, 160, 160]
    with pytest.raises(SystemExit, match=r"add up to 1, found 0\.9$"):
        read_sides("96:0.7,128:0.2")


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    schedule = Schedule(1000, 2.0, read_sides("96:1"), falls_from=0.5, warm=10)
    rates = [schedule.rate_at(step) for step in range(1001)]
    assert rates[0] == pytest.approx(0.2)
    assert set(rates[9:501]) == {2.0}
    assert (np.diff(rates[501:]) < 0).all()
    assert rates[1000] == pytest.approx(0, abs=1e-9)


def folded(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    """torchvision's weights up to layer3, each normalisation in its convolution."""
    state, made = network.state_dict(), {}
    for name, weight in state.items():
        if weight.ndim == 4 and not name.startswith("layer4"):
            conv = name.removesuffix(".weight")
            norm = conv[:-1] + "1" if conv.endswith("downsample.0") else conv.replace("conv", "bn")
            scale = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + 1e-5).sqrt()
            made[name] = weight * scale[:, None, None, None]
            made[f"{conv}.bias"] = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
    return made


def used(seed: int) -> torch.nn.Module:
    """A ResNet-18 whose normalisation has seen something."""
    torch.manual_seed(seed)
    network = resnet18(weights=None)
    for name, buffer in network.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    return network.eval()


def without_last(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value for name, value in network.state_dict().items() if not name.startswith("fc.")}


@pytest.fixture
def imagenet(tmp_path: Path) -> Path:
    save_file(folded(used(0)), tmp_path / "teacher.safetensors")
    return tmp_path / "teacher.safetensors"


def test_the_folded_teacher_is_torchvisions_network(imagenet: Path) -> None:
    network, pixels = used(0), np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3), dtype=np.uint8)
    student = Student([], None).eval()
    student.network.load_state_dict(without_last(network))
    with torch.no_grad():
        expected = student.maps(torch.from_numpy(pixels))
        found = load_imagenet(imagenet)(torch.from_numpy(pixels))
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)
    agreement = Agreement((64, 128, 256))
    for errors in agreement(expected, found):
        assert errors.max() < 1e-6


def test_openvino_answers_what_torch_does(imagenet: Path) -> None:
    pytest.importorskip("openvino")
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), dtype=np.uint8))
    network = load_imagenet(imagenet)
    expected = network(pixels)
    for ours, theirs in zip(Taught(network)(pixels), expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-2, atol=1e-2)


def test_a_block_alone_sees_what_the_teachers_block_before_puts_out(imagenet: Path) -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8))
    teacher, student = load_imagenet(imagenet, every_block=True), Student([], None).eval()
    maps = teacher(pixels)
    assert [x.shape[1] for x in maps] == [64, 64, 64, 128, 128, 256, 256]
    torch.testing.assert_close(maps[2::2], load_imagenet(imagenet)(pixels))
    student.network.load_state_dict(without_last(used(0)))
    student.network.layer1[0].conv1.weight.data.zero_()  # those after it do not notice
    with torch.no_grad():
        alone, together = student.blocks(pixels, maps), student.blocks(pixels)
    same = [torch.allclose(x, y, rtol=1e-3, atol=1e-3) for x, y in zip(alone, maps, strict=True)]
    assert same == [True, False, True, True, True, True, True]
    same = [torch.allclose(x, y, rtol=1e-3, atol=1e-3) for x, y in zip(together, maps, strict=True)]
    assert same == [True, *[False] * 6]


def test_a_file_that_is_no_such_teacher_is_named(tmp_path: Path) -> None:
    save_file({"conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "x.safetensors")
    with pytest.raises(StyleIdError, match=r"x\.safetensors.*conv1\.bias"):
        load_imagenet(tmp_path / "x.safetensors")


def drawn_maps(seed: int, scale: float = 1.0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(8, width, 9, 9, generator=generator) * scale + 1 for width in (64, 128, 256)]


def test_errors_are_in_units_of_each_channels_variance() -> None:
    agreement, targets = Agreement((64, 128, 256)), drawn_maps(0)
    for x in targets:
        x[:, ::2] *= 10  # a loud channel counts as much as a quiet one, down to a hundredth of the mean
    guesses = [x.mean((0, 2, 3), keepdim=True).expand_as(x) for x in targets]
    errors, of_statistics = agreement(guesses, targets)
    torch.testing.assert_close(errors, torch.ones(3), rtol=1e-3, atol=1e-3)  # the mean explains nothing
    assert (of_statistics > 1).all(), "the mean has no deviation within a picture"
    quiet = [x.clone() for x in targets]
    for x in quiet:
        x[:, 1] += 1
    errors, _ = agreement(quiet, targets)
    torch.testing.assert_close(errors, 1 / torch.tensor([64.0, 128.0, 256.0]), rtol=0.1, atol=0)


def test_a_channel_that_never_answers_does_not_outweigh_the_rest() -> None:
    agreement, targets = Agreement((64, 128, 256)), drawn_maps(0)
    for x in targets:
        x[:, 0] = 0
    guesses = [x + 0.1 for x in targets]
    errors, _ = agreement(guesses, targets)
    assert (errors < 0.05).all()  # a hundredth in each channel, one in the silent ones


def test_the_measure_is_a_running_mean_and_stands_still_when_judged() -> None:
    agreement = Agreement((64, 128, 256))
    for seed in range(5):
        agreement(drawn_maps(seed), drawn_maps(seed))
    before = agreement.state_dict()["maps_0"].clone()
    torch.testing.assert_close(before[1] - before[0] ** 2, torch.ones(64), rtol=0.2, atol=0.1)
    agreement.eval()(drawn_maps(9, 50.0), drawn_maps(9, 50.0))
    torch.testing.assert_close(agreement.state_dict()["maps_0"], before)


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


def shelved(home: Path, pictures: dict[tuple[str, str, str], int], kind: str = "files") -> Path:
    """A corpus of noise: (set, hand, subject) -> seed."""
    (home / "shelves").mkdir(parents=True, exist_ok=True)
    rows, offset = [], 0
    with (home / "shelves" / "p.bin").open("wb") as out:
        for (kept_for, hand, subject), seed in pictures.items():
            pixels = np.random.default_rng(seed).integers(0, 256, (17, 20, 3), dtype=np.uint8)
            file = io.BytesIO()
            Image.fromarray(pixels).resize((200, 170)).save(file, "PNG", compress_level=1)
            rows.append(Picture("p", offset, file.tell(), kept_for, "p", kind, hand, subject, ""))
            offset += out.write(file.getvalue())
    write_list(rows, home / "corpus.csv")
    return home


def test_crops_are_repeatable_and_hold_several_of_each(tmp_path: Path) -> None:
    drawn = {("train", hand, str(n)): n for hand in "abc" for n in range(3)} | {("clipart", "d", "s"): 9}
    shelved(tmp_path, drawn)
    first, again = (Crops(tmp_path, Shape(3, 2, 2), lambda _: 64, seed=5) for _ in range(2))
    batches = [next(first) for _ in range(3)]
    assert batches[0].clean.shape == batches[0].seen.shape == (12, 64, 64, 3)
    np.testing.assert_array_equal(batches[0].seen, next(again).seen)
    assert np.unique(batches[0].hand, return_counts=True)[1].tolist() == [4, 4, 4]
    # Whoever goes on at a step sees what would have come.
    np.testing.assert_array_equal(
        batches[2].seen, next(Crops(tmp_path, Shape(3, 2, 2), lambda _: 64, seed=5, first=2)).seen
    )
    assert not np.array_equal(batches[1].clean, batches[2].clean)


def test_teachers_see_the_crop_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelved(tmp_path, {("train", hand, "s"): at for at, hand in enumerate("abcd")})
    monkeypatch.setattr(crops, "CHANGED", 0.0)
    plain = Crops(tmp_path, Shape(4, 1, 8), lambda _: 64, seed=0).drawn(0)
    np.testing.assert_array_equal(plain.clean, plain.seen)
    monkeypatch.setattr(crops, "CHANGED", 1.0)
    found = Crops(tmp_path, Shape(4, 1, 8), lambda _: 64, seed=0).drawn(0)
    np.testing.assert_array_equal(found.clean[0], plain.clean[0])
    assert all(not np.array_equal(clean, seen) for clean, seen in zip(found.clean, found.seen, strict=True))
    for clean, seen in zip(found.clean, found.seen, strict=True):  # of the same place in the picture
        assert np.corrcoef(clean.mean(2).ravel(), seen.mean(2).ravel())[0, 1] > 0.7


def test_a_batch_with_a_subject_shows_it_by_every_hand_that_drew_it(tmp_path: Path) -> None:
    drawn = {
        ("train", hand, subject): 0
        for hand in "abcdefgh"
        for subject in ("cat", "dog", f"only {hand}")
        if hand in "abcdef" or subject != "cat"
    }
    made = Crops(shelved(tmp_path, drawn, "icons"), Shape(7, 2, 1, subjects=1.0), lambda _: 32, seed=0)
    seen = set()
    for number in range(20):
        chosen = list(made.chosen(np.random.default_rng(number)))
        assert len({hand for hand, _ in chosen}) == 7
        subjects = [picture.subject for _, picture in chosen]
        cats, dogs = subjects[::2].count("cat"), subjects[::2].count("dog")
        assert cats == 6 or dogs == 7
        seen.add(cats >= 6)
    assert seen == {True, False}


def test_kinds_are_shown_by_their_shares_and_a_hand_by_the_root_of_its_works() -> None:
    def works(kind: str, n: int) -> list[Picture]:
        return [Picture("s", 0, 0, "train", "p", kind, "h", "", "")] * n

    chances = crops._chances([works("files", 1), works("files", 9), works("icons", 4000)])
    assert chances[1] / chances[0] == pytest.approx(3)
    assert (chances[0] + chances[1]) / chances[2] == pytest.approx(SHARES["files"] / SHARES["icons"])
    assert sum(SHARES.values()) == pytest.approx(1)
    assert SHARES["icons"] + SHARES["themes"] < 1 / 3


def test_what_is_watched_is_never_learned_from_and_a_teacher_is_no_error_from_itself(
    tmp_path: Path, imagenet: Path
) -> None:
    shelved(tmp_path, {("watched", "x", "s"): 0, ("clipart", "y", "s"): 1, ("train", "z", "s"): 2})
    watch = Watch(tmp_path, "cpu")
    assert {name: len(pixels) for name, pixels in watch.sets.items()} == {"drawn": 1, "paint": 1}
    student, teacher = Student([], None), Stub(load_imagenet(imagenet))
    assert all(min(errors) > 0.5 for errors in watch.errors(student, teacher).values())
    student.network.load_state_dict(without_last(used(0)))
    assert all(max(errors) < 0.01 for errors in watch.errors(student, teacher).values())
    assert student.training


class Stub:
    """A teacher of four maps and a last layer that are colours."""

    def __init__(self, network: object, *_: object) -> None:
        self.imagenet = isinstance(network, ImageNet)
        self.network = network

    def __call__(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        if self.imagenet:
            return list(self.network(pixels))  # type: ignore[operator]
        shrunk = [pixels[:, ::stride, ::stride].permute(0, 3, 1, 2) / 255 for stride in (4, 8, 16, 32)]
        return [*shrunk, pixels.float().mean((1, 2))]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", *map(str, arguments)])
    train.main()


def notes(out: Path, key: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, (out / "log.jsonl").read_text().splitlines()) if key in line]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(train, "SAY_STEPS", 1)
    monkeypatch.setattr(train, "WATCH_STEPS", 2)
    monkeypatch.setattr(train, "Taught", Stub)
    monkeypatch.setattr(train, "load_network", lambda *_: None)
    pictures = {("train", hand, str(n)): n for hand in "abcd" for n in range(2)} | {("watched", "w", "s"): 5}
    return shelved(tmp_path / "corpus", pictures)


def test_training_that_was_ended_goes_on_as_if_it_had_not_been(
    corpus: Path, tmp_path: Path, imagenet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = (corpus, "--imagenet", imagenet, "--hands", 4, "--sides", "32:0.5,64:0.5")
    common = (*common, "--precision", "float32")
    run(monkeypatch, *common[:1], tmp_path / "whole", *common[1:], "--steps", 4)
    halves, whole = tmp_path / "halves", Crops.__next__

    def ends(self: Crops) -> Any:
        if self._next == 4:  # two drawn, two ahead
            raise KeyboardInterrupt("in the middle")
        return whole(self)

    monkeypatch.setattr(train, "SAVE_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(Crops, "__next__", ends)
        with pytest.raises(KeyboardInterrupt, match="in the middle"):
            run(patch, *common[:1], halves, *common[1:], "--steps", 4)
    assert torch.load(halves / "state.pt", weights_only=True)["step"] == 2
    run(monkeypatch, *common[:1], halves, *common[1:], "--steps", 4)
    one, two = (torch.load(tmp_path / name / "state.pt", weights_only=True) for name in ("whole", "halves"))
    assert one["step"] == two["step"] == 4
    for name, value in one["mean"].items():
        torch.testing.assert_close(two["mean"][name], value, rtol=1e-3, atol=1e-4)
    assert [line["side"] for line in notes(halves, "maps")] == [32, 32, 64, 64]
    rates = [[line["rate"] for line in notes(tmp_path / name, "maps")] for name in ("whole", "halves")]
    assert rates[0] == rates[1]
    assert [line["step"] for line in notes(halves, "kept")] == [2, 4]
    weights = halves / "resnet18-style.safetensors"
    load_weights(weights, get_backbone("resnet18-style"))


def test_the_second_stage_holds_the_maps_and_adds_the_rest(
    corpus: Path, tmp_path: Path, imagenet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = ("--imagenet", imagenet, "--hands", 3, "--sides", "32:1", "--steps", 1)
    more = ("--pictures", 2, "--teachers", "one,two", "--contrast", 0.5, "--subjects", 0.5)
    run(monkeypatch, corpus, tmp_path / "first", *held)
    run(
        monkeypatch, corpus, tmp_path / "second", *held, *more, "--start", tmp_path / "first" / train._WEIGHTS
    )
    (first,), (second,) = (notes(tmp_path / name, "maps") for name in ("first", "second"))
    assert set(second) - set(first) == {"others", "contrast"}
    assert len(second["others"]) == 6


def test_blocks_learn_alone_at_first_and_then_together(
    corpus: Path, tmp_path: Path, imagenet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = ("--steps", 9, "--alone", 7, "--hands", 4, "--sides", "32:1")
    run(monkeypatch, corpus, tmp_path / "o", "--imagenet", imagenet, *some)
    assert [line["step"] for line in notes(tmp_path / "o", "blocks")] == [1, 2, 3, 4, 5, 6, 7]
    assert [line["step"] for line in notes(tmp_path / "o", "maps")] == [8, 9]
    errors = [line["blocks"] for line in notes(tmp_path / "o", "blocks")]
    assert len(errors[0]) == 7
    assert sum(errors[-1]) < 0.9 * sum(errors[0])


def test_training_makes_the_distance_small(
    corpus: Path, tmp_path: Path, imagenet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = ("--steps", 12, "--hands", 4, "--sides", "32:1")
    run(monkeypatch, corpus, tmp_path / "o", "--imagenet", imagenet, *some)
    errors = [sum(line["maps"]) for line in notes(tmp_path / "o", "maps")]
    assert errors[-1] < 0.9 * errors[0]
