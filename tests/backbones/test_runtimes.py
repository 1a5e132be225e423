"""The contract of every runtime: the vectors of torch in single precision, whatever executes the network."""

from __future__ import annotations

from dataclasses import replace
from pkgutil import resolve_name

import numpy as np
import pytest
import torch

from styleid.backbones.base import get_backbone
from styleid.backbones.resnet import build_resnet18
from styleid.backbones.runtimes.base import REGISTRY, Runtime, RuntimeOptions, open_runtime
from styleid.backbones.weights_file import load_tensors
from styleid.errors import InputError

BACKBONE = get_backbone("resnet18-style")
BOTH = ("style", "avgpool")


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    return dict(load_tensors(BACKBONE.fetch().path))


@pytest.fixture(scope="module", params=REGISTRY)
def runtime(request: pytest.FixtureRequest, tensors: dict[str, np.ndarray]) -> Runtime:
    reason = resolve_name(REGISTRY[request.param]).unusable(RuntimeOptions(device="cpu"))
    if reason is not None:
        pytest.skip(str(reason))
    return open_runtime(BACKBONE, tensors, BOTH, options(request.param))


def options(name: str, **more: object) -> RuntimeOptions:
    return RuntimeOptions(name, device="cpu", batch_size=4, **more)  # type: ignore[arg-type]


def pictures() -> np.ndarray:
    """Noise, flat colours, a drawing of few lines and a smooth one: 11 of them."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)
    flat = np.stack([np.full((224, 224, 3), grey, np.uint8) for grey in (0, 128, 255)])
    lines = np.full((3, 224, 224, 3), 255, np.uint8)
    for i, of in enumerate(lines):
        of[20 * i + 5 :: 31, :, i] = 0
        of[:, 9 :: 40 + i] //= 2
    ramp = np.linspace(0, 255, 224)
    smooth = np.stack([np.stack([ramp[None] * k + ramp[:, None] * (1 - k)] * 3, -1) for k in (0.2, 0.7)])
    return np.concatenate([noise, flat, lines, smooth.astype(np.uint8)])


def oracle(tensors: dict[str, np.ndarray], pixels: np.ndarray) -> np.ndarray:
    """Torch in single precision, one picture at a time, contiguous."""
    network = build_resnet18(tensors, BOTH)
    mean, std = (torch.tensor(of).view(3, 1, 1) for of in (BACKBONE.preset.mean, BACKBONE.preset.std))
    with torch.inference_mode():
        rows = [
            network(((torch.from_numpy(p).permute(2, 0, 1).float() / 255 - mean) / std)[None].contiguous())
            for p in pixels
        ]
    return torch.cat(rows).numpy()


def side_by_side(found: dict[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([found[name] for name in BOTH], axis=1)


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    for part in (slice(0, 896), slice(896, None)):  # each descriptor for itself
        a, b = found[:, part].astype(np.float64), expected[:, part].astype(np.float64)
        norms = np.linalg.norm(b, axis=1)
        cosine = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * norms)
        assert cosine.min() >= 1 - 1e-6
        assert (np.abs(a - b).max(axis=1) / norms).max() <= 1e-4


def test_the_vectors_are_those_of_torch_in_single_precision(
    runtime: Runtime, tensors: dict[str, np.ndarray]
) -> None:
    pixels = pictures()
    found = runtime.vectors(pixels)
    assert {name: of.shape for name, of in found.items()} == {"style": (11, 896), "avgpool": (11, 512)}
    assert all(of.dtype == np.float32 and of.flags.c_contiguous for of in found.values())
    assert_same(side_by_side(found), oracle(tensors, pixels))


def test_batches_are_filled_only_where_that_makes_a_difference(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = runtime._batch
    monkeypatch.setattr(runtime, "_batch", lambda pixels: sizes.append(len(pixels)) or real(pixels))
    assert len(runtime.vectors(pictures()[:1])["avgpool"]) == 1
    assert sizes == [runtime.batch_size if runtime.fills else 1]
    assert runtime.fills == (runtime.name != "winograd")


def test_a_picture_has_one_vector_alone_or_among_others(runtime: Runtime) -> None:
    pixels = pictures()
    together = side_by_side(runtime.vectors(pixels))
    order = np.random.default_rng(1).permutation(len(pixels))
    assert_same(side_by_side(runtime.vectors(pixels[order])), together[order])
    assert_same(np.concatenate([side_by_side(runtime.vectors(p[None])) for p in pixels]), together)
    assert runtime.vectors(pixels[:0])["style"].shape == (0, 896)


def test_the_pictures_are_not_changed(runtime: Runtime) -> None:
    pixels = pictures()
    runtime.vectors(pixels)
    np.testing.assert_array_equal(pixels, pictures())


def test_one_descriptor_equals_its_part_of_both(runtime: Runtime, tensors: dict[str, np.ndarray]) -> None:
    pixels = pictures()[:4]
    both = runtime.vectors(pixels)
    for name in BOTH:
        alone = open_runtime(BACKBONE, tensors, [name], options(runtime.name)).vectors(pixels)
        assert list(alone) == [name]
        norms = np.linalg.norm(both[name], axis=1)
        assert (np.abs(alone[name] - both[name]).max(axis=1) / norms).max() <= 1e-5


def test_other_weights_give_other_vectors(runtime: Runtime, tensors: dict[str, np.ndarray]) -> None:
    """Also badly scaled ones: some channels a thousand times as large as others."""
    rng = np.random.default_rng(2)
    scales = 10.0 ** rng.uniform(-1.5, 1.5, 64)
    changed = {**tensors, "bn1.weight": (tensors["bn1.weight"] * scales).astype(np.float32)}
    pixels = pictures()[::2]
    other = open_runtime(BACKBONE, changed, BOTH, options(runtime.name))
    found = side_by_side(other.vectors(pixels))
    assert_same(found, oracle(changed, pixels))
    assert np.abs(found - side_by_side(runtime.vectors(pixels))).max() > 1e-2


def test_the_style_descriptor_is_the_statistics_of_the_stages(tensors: dict[str, np.ndarray]) -> None:
    """The oracle: numpy on feature maps of torchvision's own network."""
    from torchvision.models import resnet18
    from torchvision.models.feature_extraction import create_feature_extractor

    network = resnet18(weights=None)
    network.load_state_dict({k: torch.from_numpy(v) for k, v in tensors.items()}, strict=False)
    reader = create_feature_extractor(network.eval(), ["layer1", "layer2", "layer3"])
    pixels = pictures()[:4]
    mean, std = (torch.tensor(of).view(3, 1, 1) for of in (BACKBONE.preset.mean, BACKBONE.preset.std))
    with torch.inference_mode():
        maps = reader((torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255 - mean) / std)
    parts = [of(m.numpy().astype(float), (2, 3)) for m in maps.values() for of in (np.mean, np.std)]
    expected = np.concatenate(parts, axis=1)
    found = open_runtime(BACKBONE, tensors, ["style"], options("torch")).vectors(pixels)["style"]
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.linalg.norm(expected, axis=1).max())


def test_what_is_not_read_is_not_computed(tensors: dict[str, np.ndarray]) -> None:
    assert len(build_resnet18(tensors, ["style"]).stages) == 3  # type: ignore[arg-type]
    assert len(build_resnet18(tensors, ["avgpool"]).stages) == 4  # type: ignore[arg-type]


def test_bfloat16_is_near_and_another(tensors: dict[str, np.ndarray]) -> None:
    pixels = pictures()[:4]
    single = open_runtime(BACKBONE, tensors, BOTH, options("torch")).vectors(pixels)["avgpool"]
    half = open_runtime(BACKBONE, tensors, BOTH, options("torch", precision="bf16")).vectors(pixels)
    assert half["avgpool"].dtype == np.float32
    cosine = (half["avgpool"] * single).sum(1) / np.linalg.norm(half["avgpool"], axis=1)
    cosine /= np.linalg.norm(single, axis=1)
    assert cosine.min() > 0.99
    assert np.abs(half["avgpool"] - single).max() > 1e-4


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (RuntimeOptions("tensorflow"), "--runtime expects one of auto, .*torch.*; found 'tensorflow'"),
        (RuntimeOptions(precision="fp8"), "--precision expects one of fp32, fp16, bf16, int8; found 'fp8'"),
        (RuntimeOptions("torch", "int8"), "--precision int8 expects the runtime openvino, found torch"),
        (RuntimeOptions("torch", "fp16", "cpu"), "--precision fp16 expects a GPU, found none"),
        (RuntimeOptions("torch", device="tpu"), "--device expects one of auto, cpu, cuda, mps; found 'tpu'"),
    ],
)
def test_what_cannot_be_is_one_line(tensors: dict[str, np.ndarray], asked: RuntimeOptions, line: str) -> None:
    with pytest.raises(InputError, match=line) as caught:
        open_runtime(BACKBONE, tensors, ["avgpool"], asked)
    assert "\n" not in str(caught.value)


def test_a_network_of_another_kind_is_left_to_the_runtime_that_has_it(
    tensors: dict[str, np.ndarray],
) -> None:
    other = replace(BACKBONE, architecture="resnet50")
    assert open_runtime(other, tensors, BOTH, options("auto")).name == "torch"
    with pytest.raises(InputError, match="winograd expects one of the networks resnet18; found resnet50"):
        open_runtime(other, tensors, BOTH, options("winograd"))
