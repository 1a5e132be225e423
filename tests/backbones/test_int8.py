"""``--precision int8``: near single precision, its scheme to the last step, a space of its own."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from styleid import DecodePolicy
from styleid.backbones.base import get_backbone
from styleid.backbones.choose import choose_backbone
from styleid.backbones.quantise import in_eight_bits, spans
from styleid.backbones.resnet import fold
from styleid.backbones.runtimes.base import Runtime, RuntimeOptions, open_runtime
from styleid.backbones.runtimes.openvino import runtime as module
from styleid.backbones.weights_file import load_tensors
from styleid.errors import InputError, MissingExtraError, WeightsError
from styleid.vectors.store.space import space_of

BACKBONE = get_backbone("resnet18-style")
BOTH = ("style", "avgpool")
EIGHT = RuntimeOptions(precision="int8", device="cpu", batch_size=4)
REASON = module.OpenvinoRuntime.unusable(EIGHT)
needs_openvino = pytest.mark.skipif(REASON is not None, reason=str(REASON))
Tensors = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return dict(load_tensors(BACKBONE.fetch().path))


@pytest.fixture(scope="module")
def runtime(tensors: Tensors) -> Runtime:
    return open_runtime(BACKBONE, tensors, BOTH, EIGHT)


def drawings() -> np.ndarray:
    """Blank paper with strokes, a photograph of sorts, noise and black."""
    rng = np.random.default_rng(0)
    out = np.full((6, 224, 224, 3), 255, np.uint8)
    for i, of in enumerate(out[:3]):
        for x, y, side in rng.integers(10, 180, (12, 3)):
            of[y : y + side // 4, x : x + 4 + i] = rng.integers(0, 256, 3)
    ramp = np.linspace(0, 255, 224)
    out[3] = (ramp[:, None, None] * [0.9, 0.5, 0.2] + ramp[None, :, None] * [0.1, 0.5, 0.8]).astype(np.uint8)
    out[4] = rng.integers(0, 256, (224, 224, 3))
    out[5] = 0
    return out


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a.astype(float), b.astype(float)
    return np.asarray((a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)))


def oracle(tensors: Tensors, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Whole weights and rounded maps in torch, in double precision, nowhere cut off at 16 bits."""
    span = spans(tensors)
    mean, std = 255 * np.array(BACKBONE.preset.mean), 255 * np.array(BACKBONE.preset.std)

    def steps(x: torch.Tensor, name: str) -> torch.Tensor:
        step = span[name] / 255
        return (x / step).round().clamp(0, 255) * step

    def convolve(x: torch.Tensor, conv: str, norm: str, stride: int, padding: int) -> torch.Tensor:
        weight, bias = fold(tensors, conv, norm)
        if conv == "conv1":
            weight = weight / std[:, None, None]
        whole, scale = in_eight_bits(weight, conv)
        rounded = whole.astype(float) * scale
        if conv == "conv1":
            bias = bias - rounded.sum((2, 3)) @ mean
        return F.conv2d(x, torch.tensor(rounded), torch.tensor(bias, dtype=torch.float64), stride, padding)

    frame = np.pad(pixels.astype(float), ((0, 0), (3, 3), (3, 3), (0, 0)))
    inside = np.zeros(frame.shape[1:3], bool)
    inside[3:-3, 3:-3] = True
    frame[:, ~inside] = np.rint(mean)
    x = convolve(torch.tensor(frame).permute(0, 3, 1, 2), "conv1", "bn1", 2, 0)
    x = F.max_pool2d(steps(x.relu(), "bn1"), 3, 2, 1)
    style = []
    for stage in (1, 2, 3, 4):
        for block in (0, 1):
            name, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            y = steps(convolve(x, f"{name}.conv1", f"{name}.bn1", stride, 1).relu(), f"{name}.bn1")
            y = convolve(y, f"{name}.conv2", f"{name}.bn2", 1, 1)
            if stride == 2:
                down = f"{name}.downsample"
                x = convolve(x, f"{down}.0", f"{down}.1", 2, 0)
            x = (x + y).relu()
            x = x if name == "layer4.1" else steps(x, name)
        if stage < 4:
            style += [x.mean((2, 3)), x.std((2, 3), correction=0)]
    return {"style": torch.cat(style, 1).numpy(), "avgpool": x.mean((2, 3)).numpy()}


@needs_openvino
def test_the_vectors_are_those_of_the_scheme_on_whatever_processor(
    runtime: Runtime, tensors: Tensors
) -> None:
    """White paper under large weights is where 16 bits would overflow; a step may still round either way."""
    pixels = drawings()
    found, expected = runtime.vectors(pixels), oracle(tensors, pixels)
    single = open_runtime(BACKBONE, tensors, BOTH, RuntimeOptions("torch", device="cpu")).vectors(pixels)
    for name in BOTH:
        assert found[name].dtype == np.float32
        to_scheme, to_single = cosines(found[name], expected[name]), cosines(found[name], single[name])
        assert to_scheme.min() > 0.99998
        # What single precision is away is the scheme's doing, not the processor's.
        assert np.median(1 - to_scheme) < np.median(1 - to_single) / 4


@needs_openvino
def test_the_vectors_are_near_single_precision_and_others(runtime: Runtime, tensors: Tensors) -> None:
    pixels = drawings()
    found = runtime.vectors(pixels)
    single = open_runtime(BACKBONE, tensors, BOTH, RuntimeOptions("torch", device="cpu")).vectors(pixels)
    for name in BOTH:
        cosine = cosines(found[name], single[name])
        assert np.median(cosine) > 0.999
        assert cosine.min() > 0.995
        assert np.abs(found[name] - single[name]).max() > 1e-3


@needs_openvino
def test_order_company_and_descriptors_change_no_vector(runtime: Runtime, tensors: Tensors) -> None:
    pixels = drawings()
    together = runtime.vectors(pixels)
    order = np.random.default_rng(1).permutation(len(pixels))
    shuffled = runtime.vectors(pixels[order])
    for name in BOTH:
        np.testing.assert_array_equal(shuffled[name], together[name][order])
        np.testing.assert_array_equal(runtime.vectors(pixels[4:5])[name], together[name][4:5])
        alone = open_runtime(BACKBONE, tensors, [name], EIGHT).vectors(pixels)[name]
        assert cosines(alone, together[name]).min() > 1 - 1e-6


@needs_openvino
def test_the_convolutions_are_computed_in_eight_bits(runtime: Runtime) -> None:
    graph = runtime._queue[0].get_compiled_model().get_runtime_model()  # type: ignore[attr-defined]
    told = [node.get_rt_info() for node in graph.get_ordered_ops()]
    kinds = [info["runtimePrecision"].astype(str) for info in told if "runtimePrecision" in info]
    layers = [info["layerType"].astype(str) for info in told if "runtimePrecision" in info]
    eight = [kind for kind, layer in zip(kinds, layers, strict=True) if layer == "Convolution"]
    assert len(eight) == 20
    assert set(eight) <= {"u8", "i8"}


@needs_openvino
def test_other_weights_give_other_vectors(runtime: Runtime, tensors: Tensors) -> None:
    scales = np.random.default_rng(2).uniform(0.5, 2, 128)
    changed = {**tensors, "layer2.0.bn1.weight": (tensors["layer2.0.bn1.weight"] * scales).astype(np.float32)}
    pixels = drawings()
    other = open_runtime(BACKBONE, changed, BOTH, EIGHT).vectors(pixels)
    assert cosines(other["style"], oracle(changed, pixels)["style"]).min() > 0.99998
    assert cosines(other["style"], runtime.vectors(pixels)["style"]).min() < 0.9999


@needs_openvino
def test_damaged_weights_are_one_line(tensors: Tensors) -> None:
    variance = tensors["layer1.0.bn1.running_var"].copy()
    variance[0] = -1  # no such spread: what is folded then is no number
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(WeightsError, match=r"int8: layer1\.0\.conv1 holds NaN or infinity"),
    ):
        open_runtime(BACKBONE, {**tensors, "layer1.0.bn1.running_var": variance}, BOTH, EIGHT)


@pytest.mark.parametrize(
    ("machine", "needed"),
    [("x86_64", "AVX2"), ("AMD64", "AVX2"), ("aarch64", "DOTPROD"), ("arm64", "DOTPROD")],
)
def test_a_cpu_without_what_it_needs_is_refused(
    monkeypatch: pytest.MonkeyPatch, machine: str, needed: str
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: object())
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: machine)
    features = {"avx2": False, "dotprod": False}
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", lambda: features)
    line = f"--precision int8 expects a CPU with {needed}, found {machine.lower()} without it; use fp32"
    for asked in ("openvino", "auto"):
        with pytest.raises(InputError, match=line):
            open_runtime(BACKBONE, {}, BOTH, RuntimeOptions(asked, "int8"))
    features[needed.lower()] = True
    assert module.OpenvinoRuntime.unusable(EIGHT) is None
    features.clear()
    monkeypatch.setattr("platform.machine", lambda: "riscv64")  # nothing is known of it: OpenVINO may try
    assert module.OpenvinoRuntime.unusable(EIGHT) is None


def test_without_openvino_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(
        MissingExtraError, match=r'--precision int8 needs .*pip install "styleid\[openvino\]"'
    ):
        open_runtime(BACKBONE, {}, BOTH, RuntimeOptions(precision="int8"))
    with pytest.raises(MissingExtraError, match=r'--runtime openvino needs .*"styleid\[openvino\]"'):
        open_runtime(BACKBONE, {}, BOTH, RuntimeOptions("openvino"))


def test_a_gpu_comes_first_except_in_eight_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: object())
    monkeypatch.setattr(module, "_too_old", lambda machine: None)
    monkeypatch.setattr("styleid.backbones.runtimes.torch.cuda.gpu_is_there", lambda: True)
    assert "this machine has a GPU" in str(module.OpenvinoRuntime.unusable(RuntimeOptions()))
    for usable in (
        RuntimeOptions("openvino"),
        RuntimeOptions(device="cpu"),
        RuntimeOptions(precision="int8"),
    ):
        assert module.OpenvinoRuntime.unusable(usable) is None
    for precision in ("fp32", "int8"):
        reason = module.OpenvinoRuntime.unusable(RuntimeOptions(precision=precision, device="cuda"))
        assert "--device cuda expects the runtime torch, found openvino" in str(reason)


def test_the_space_is_another_and_names_the_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    choice, policy = choose_backbone("resnet18-style"), DecodePolicy()
    eight = space_of(choice, policy, "style", "int8")
    single = space_of(choice, policy, "style")
    assert eight.id != single.id
    assert "quantisation" not in single.identity
    assert eight.folder.startswith("resnet18-style-style-int8-")
    monkeypatch.setattr("styleid.vectors.store.space.SCHEME", "another")
    assert space_of(choice, policy, "style", "int8").id != eight.id


@pytest.mark.skipif(find_spec("openvino") is None, reason="openvino is not installed")
@pytest.mark.parametrize(
    ("batch", "cores", "piece"), [(32, 2, 4), (32, 8, 2), (32, 64, 1), (6, 1, 3), (1, 2, 1)]
)
def test_a_batch_is_cut_into_whole_pieces(batch: int, cores: int, piece: int) -> None:
    assert module._piece(batch, cores) == piece
