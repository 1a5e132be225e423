from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from styleid.backbones import choose, resnet18
from styleid.backbones.base import REGISTRY, get_backbone
from styleid.backbones.choose import choose_backbone
from styleid.backbones.resnet import build_resnet18, expected_shapes
from styleid.backbones.runtimes.base import RuntimeOptions
from styleid.backbones.runtimes.torch.runtime import TorchRuntime, choose_device
from styleid.backbones.weights_file import load_tensors, load_weights, tensor_digest, weights_digest
from styleid.errors import InputError, WeightsError

STYLE = get_backbone("resnet18-style")


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    return dict(load_tensors(STYLE.fetch().path))


@pytest.fixture(scope="module")
def runtime(tensors: dict[str, np.ndarray]) -> TorchRuntime:
    return TorchRuntime(STYLE, tensors, ["avgpool"], RuntimeOptions(device="cpu", batch_size=4))


def pixels(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 224, 224, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", REGISTRY)
def test_every_backbone_is_complete(name: str) -> None:
    backbone = get_backbone(name)
    assert backbone.name == name
    assert {of: read.dim for of, read in backbone.descriptors.items()} == {"avgpool": 512, "style": 896}
    assert backbone.summary
    assert backbone.identity("style")["preprocessing"]["crop"] == 224
    with pytest.raises(InputError, match=r"--descriptor expects one or more of avgpool, style .* 'last'"):
        backbone.identity("last")


def test_an_unknown_backbone_lists_those_there_are() -> None:
    with pytest.raises(InputError, match="resnet18, resnet18-style"):
        get_backbone("resnet1")


def test_the_vectors_are_torchvisions(tensors: dict[str, np.ndarray], runtime: TorchRuntime) -> None:
    """The oracle: torchvision's own network and normalisation, nothing folded, not channels_last."""
    from torchvision.models import ResNet18_Weights
    from torchvision.models import resnet18 as torchvisions

    network = torchvisions(weights=None)
    network.fc = torch.nn.Identity()
    network.load_state_dict({k: torch.from_numpy(v) for k, v in tensors.items()}, strict=False)
    preset = ResNet18_Weights.IMAGENET1K_V1.transforms()
    x = torch.from_numpy(pixels(3)).permute(0, 3, 1, 2).float() / 255
    x = (x - torch.tensor(preset.mean).view(3, 1, 1)) / torch.tensor(preset.std).view(3, 1, 1)
    with torch.inference_mode():
        expected = network.eval()(x).numpy()
    found = runtime.vectors(pixels(3))["avgpool"]
    assert np.abs(found - expected).max() <= 1e-4 * np.linalg.norm(expected, axis=1).max()


def test_the_site_asked_is_the_one_torchvision_downloads_from() -> None:
    from torchvision.models import ResNet18_Weights

    assert ResNet18_Weights.IMAGENET1K_V1.url == resnet18.URL


def test_choosing_loads_no_torch() -> None:
    code = "import sys; from styleid.backbones.choose import choose_backbone; "
    code += "print(choose_backbone().reason, 'torch' in sys.modules)"
    told = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert told.strip() == "the ones that ship with styleid (ImageNet's cannot be reached) False"


def test_the_layers_are_torchvisions() -> None:
    from torchvision.models import resnet18 as torchvisions

    theirs = {n: tuple(t.shape) for n, t in torchvisions(weights=None).state_dict().items()}
    ours = expected_shapes()
    assert ours == {n: s for n, s in theirs.items() if not n.startswith("fc.") and "num_batches" not in n}
    assert len(ours) == 100


def test_alone_equals_in_a_batch_and_rows_follow_pictures(runtime: TorchRuntime) -> None:
    batch = pixels(9)
    together = runtime.vectors(batch)["avgpool"]
    assert together.shape == (9, 512)
    assert together.dtype == np.float32
    alone = np.concatenate([runtime.vectors(picture[None])["avgpool"] for picture in batch])
    np.testing.assert_array_equal(together, alone)
    order = np.random.default_rng(1).permutation(9)
    np.testing.assert_array_equal(runtime.vectors(batch[order])["avgpool"], together[order])
    assert len(np.unique(together.round(4), axis=0)) == 9


def test_no_pictures_give_no_vectors(runtime: TorchRuntime) -> None:
    assert runtime.vectors(pixels(0))["avgpool"].shape == (0, 512)


def test_the_digest_follows_the_numbers_and_nothing_else(
    tensors: dict[str, np.ndarray], tmp_path: Path
) -> None:
    digest = tensor_digest(tensors, STYLE.unused)
    assert digest == weights_digest(STYLE.fetch().path, STYLE.unused)
    with_head = {**tensors, "fc.weight": np.ones((10, 512), np.float32)}
    torch.save({k: torch.from_numpy(v) for k, v in with_head.items()}, tmp_path / "w.pth")
    assert weights_digest(tmp_path / "w.pth", STYLE.unused) == digest
    assert weights_digest(tmp_path / "w.pth", STYLE.unused) == digest, "from the cache"
    assert weights_digest(tmp_path / "w.pth") != digest
    name = "layer3.0.conv1.weight"
    changed = tensors[name].copy()
    changed.flat[17] += 1e-3
    assert tensor_digest({**tensors, name: changed}, STYLE.unused) != digest


def test_the_digest_sees_names_and_shapes() -> None:
    flat = np.arange(6, dtype=np.float32)
    digests = {
        tensor_digest({name: flat.reshape(shape)}) for name in "ab" for shape in ((6,), (2, 3), (3, 2))
    }
    assert len(digests) == 6


def test_counters_do_not_matter(tensors: dict[str, np.ndarray], tmp_path: Path) -> None:
    save_file({**tensors, "bn1.num_batches_tracked": np.array(7)}, tmp_path / "w.safetensors")
    assert weights_digest(tmp_path / "w.safetensors") == tensor_digest(tensors)


def test_weights_that_do_not_fit_are_refused(tensors: dict[str, np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"conv1.weight should be \(64, 3, 7, 7\), is absent"):
        build_resnet18({k: v for k, v in tensors.items() if k != "conv1.weight"})
    with pytest.raises(WeightsError, match="extra should be absent"):
        build_resnet18({**tensors, "extra": np.zeros(1, np.float32)})
    path = tmp_path / "w.safetensors"
    save_file({**tensors, "bn1.bias": np.full(64, np.nan, np.float32)}, path)
    with pytest.raises(WeightsError, match="cannot serve resnet18-style: bn1.bias holds NaN or infinity"):
        load_weights(path, STYLE)
    save_file({}, path)
    with pytest.raises(WeightsError, match="no tensor"):
        load_weights(path, STYLE)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
@pytest.mark.parametrize("content", [b"", b"junk" * 100, None])
def test_damaged_weights_are_one_line(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match="cannot read the weights") as caught:
        weights_digest(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_weights_never_run_code(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "sprung",))  # type: ignore[return-value]

    torch.save({"w": Trap()}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="cannot read the weights"):
        load_tensors(tmp_path / "w.pth")
    assert not (tmp_path / "sprung").exists()


def test_auto_falls_back_to_the_shipped_weights_and_says_so() -> None:
    choice = choose_backbone("auto")
    assert choice.backbone.name == "resnet18-style"
    assert choice.automatic
    assert "cannot be reached" in choice.reason


def test_auto_takes_imagenet_when_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = STYLE.fetch()
    there = replace(get_backbone("resnet18"), on_disk=lambda: weights)
    monkeypatch.setattr(choose, "get_backbone", lambda name: there if name == "resnet18" else STYLE)
    assert choose_backbone("auto").backbone.name == "resnet18"
    assert choose_backbone("auto", last_automatic="resnet18-style").backbone.name == "resnet18"


def test_auto_stays_where_it_was_without_asking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "_site_answers", lambda: pytest.fail("asked"))
    assert choose_backbone("auto", last_automatic="resnet18-style").backbone.name == "resnet18-style"


def test_a_name_never_falls_back() -> None:
    with pytest.raises(WeightsError, match="--backbone resnet18-style"):
        choose_backbone("resnet18")


def test_a_cut_download_is_told_from_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    file = tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"half a file")
    for name in ("resnet18", "auto"):
        with pytest.raises(WeightsError, match="is damaged"):
            choose_backbone(name)


def test_given_weights_are_used_under_their_own_digest(
    tensors: dict[str, np.ndarray], tmp_path: Path
) -> None:
    save_file({k: v * np.float32(1.5) for k, v in tensors.items()}, tmp_path / "mine.safetensors")
    choice = choose_backbone("auto", tmp_path / "mine.safetensors")
    assert choice.backbone.name == "resnet18"
    assert choice.digest != choose_backbone("resnet18-style").digest


def test_devices() -> None:
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(InputError, match="expects one of"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="no such device"):
            choose_device("cuda")
