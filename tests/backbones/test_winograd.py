from __future__ import annotations

import numpy as np
import pytest
import torch

from styleid.backbones.base import Preset, Tensors, get_backbone
from styleid.backbones.resnet import expected_shapes
from styleid.backbones.runtimes.winograd.network import WinogradNetwork
from styleid.backbones.weights_file import load_tensors
from styleid.errors import InputError

BOTH = ("avgpool", "style")


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return load_tensors(get_backbone("resnet18-style").fetch().path)


@pytest.fixture(scope="module")
def network(tensors: Tensors) -> WinogradNetwork:
    return WinogradNetwork(tensors, BOTH, threads=2)


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 224, 224, 3), dtype=np.uint8)


def pictures() -> np.ndarray:
    """Noise, flat colours, one bright corner, stripes of one pixel."""
    x = np.zeros((6, 224, 224, 3), np.uint8)
    x[0] = noise(1)[0]
    x[1], x[2] = 255, (200, 30, 128)
    x[3, 200:, 200:] = 255
    x[4, ::2], x[5, :, ::2] = 255, (255, 0, 0)
    return x


def torchvisions(tensors: Tensors, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """The oracle: nothing folded, nothing transformed, statistics in double precision."""
    from torchvision.models import resnet18

    network = resnet18(weights=None)
    network.fc = torch.nn.Identity()
    network.load_state_dict({k: torch.from_numpy(v) for k, v in tensors.items()}, strict=False)
    style: list[torch.Tensor] = []

    def read(module: object, given: object, maps: torch.Tensor) -> None:
        maps = maps.double()
        style.extend([maps.mean((2, 3)), maps.std((2, 3), unbiased=False)])

    for layer in (network.layer1, network.layer2, network.layer3):
        layer.register_forward_hook(read)
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    preset = Preset()
    x = (x - torch.tensor(preset.mean).view(3, 1, 1)) / torch.tensor(preset.std).view(3, 1, 1)
    with torch.inference_mode():
        vectors = network.eval()(x).numpy()
    return {"avgpool": vectors, "style": torch.cat(style, 1).numpy()}


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name in found:
        f, e = found[name].astype(np.float64), expected[name].astype(np.float64)
        length = np.linalg.norm(e, axis=1)
        assert length.min() > 0
        assert (np.abs(f - e).max(axis=1) <= 1e-5 * length).all(), name
        assert ((f * e).sum(axis=1) >= (1 - 1e-9) * length * np.linalg.norm(f, axis=1)).all(), name


def ill_scaled(seed: int) -> Tensors:
    """Random weights whose channels differ a thousandfold, and channels that are nearly always or never 0."""
    rng = np.random.default_rng(seed)
    tensors = {}
    for name, shape in expected_shapes().items():
        if len(shape) == 4:
            fan = np.prod(shape[1:])
            scale = 10 ** rng.uniform(-1.5, 1.5, (shape[0], 1, 1, 1))
            tensors[name] = (rng.standard_normal(shape) * scale / np.sqrt(fan)).astype(np.float32)
        elif name.endswith("running_var"):
            tensors[name] = (10 ** rng.uniform(-2, 2, shape)).astype(np.float32)
        else:
            tensors[name] = rng.standard_normal(shape).astype(np.float32)
    return tensors


def test_vectors_and_statistics_are_torchvisions(tensors: Tensors, network: WinogradNetwork) -> None:
    assert_same(network(pictures()), torchvisions(tensors, pictures()))


@pytest.mark.parametrize("seed", [1, 2])
def test_ill_scaled_weights_cost_no_digits(seed: int) -> None:
    tensors = ill_scaled(seed)
    assert_same(WinogradNetwork(tensors, BOTH, 1)(pictures()), torchvisions(tensors, pictures()))


def test_company_order_and_threads_do_not_change_a_bit(tensors: Tensors, network: WinogradNetwork) -> None:
    batch = noise(27)
    together = network(batch)
    assert together["avgpool"].shape == (27, 512)
    assert together["style"].shape == (27, 896)
    order = np.random.default_rng(1).permutation(27)
    shuffled = network(batch[order])
    five = WinogradNetwork(tensors, BOTH, threads=5)(batch)
    one = WinogradNetwork(tensors, BOTH, threads=1)(batch)
    for name, rows in together.items():
        assert rows.dtype == np.float32
        assert len(np.unique(rows, axis=0)) == 27
        np.testing.assert_array_equal(shuffled[name], rows[order])
        np.testing.assert_array_equal(five[name], rows)
        np.testing.assert_array_equal(one[name], rows)
        for i in (0, 1, 13, 26):
            np.testing.assert_array_equal(network(batch[i : i + 1])[name], rows[i : i + 1])


def test_what_came_before_leaves_no_trace(tensors: Tensors) -> None:
    network = WinogradNetwork(tensors, BOTH, threads=1)
    flat = np.full((3, 224, 224, 3), 7, np.uint8)
    before = network(flat)
    network(noise(9))
    after = network(flat)
    for name in BOTH:
        np.testing.assert_array_equal(before[name], after[name])


def test_pixels_may_be_read_only_or_strided(network: WinogradNetwork) -> None:
    batch = noise(6)
    expected = network(batch[::2].copy())["avgpool"]
    batch.flags.writeable = False
    np.testing.assert_array_equal(network(batch[::2])["avgpool"], expected)


def test_style_alone_needs_no_last_stage(tensors: Tensors, network: WinogradNetwork) -> None:
    without = {name: array for name, array in tensors.items() if not name.startswith("layer4")}
    style = WinogradNetwork(without, ("style",), threads=1)
    found = style(noise(27))
    assert list(found) == ["style"]
    np.testing.assert_array_equal(found["style"], network(noise(27))["style"])


def test_another_preset_changes_the_vectors(tensors: Tensors, network: WinogradNetwork) -> None:
    other = WinogradNetwork(tensors, threads=1, preset=Preset(mean=(0.5, 0.5, 0.5)))
    assert np.abs(other(noise(1))["avgpool"] - network(noise(1))["avgpool"]).max() > 1e-3


def test_no_pictures_give_no_vectors(network: WinogradNetwork) -> None:
    found = network(noise(0))
    assert found["avgpool"].shape == (0, 512)
    assert found["style"].shape == (0, 896)


def test_what_does_not_fit_is_refused(network: WinogradNetwork) -> None:
    with pytest.raises(
        InputError, match=r"expected pixels \(n, 224, 224, 3\) of uint8; found \(1, 32, 32, 3\)"
    ):
        network(np.zeros((1, 32, 32, 3), np.uint8))
    with pytest.raises(InputError, match="of float32"):
        network(np.zeros((1, 224, 224, 3), np.float32))
