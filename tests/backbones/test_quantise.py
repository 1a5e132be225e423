"""Eight bits from weights alone: spans that hold what the network puts out, whole numbers near weights."""

from __future__ import annotations

import numpy as np
import pytest

from styleid.backbones.base import get_backbone
from styleid.backbones.quantise import DEVIATIONS, LARGEST, in_eight_bits, spans
from styleid.backbones.resnet import expected_shapes
from styleid.backbones.weights_file import load_tensors
from styleid.errors import WeightsError

Tensors = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def shipped() -> Tensors:
    return dict(load_tensors(get_backbone("resnet18-style").fetch().path))


def drawn(seed: int = 0) -> Tensors:
    """Normalisations drawn at random; the convolutions do not matter here."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(0, 1, shape).astype(np.float32)
        for name, shape in expected_shapes().items()
        if len(shape) == 1
    }


def test_a_span_is_so_many_deviations_of_the_channel_that_reaches_farthest() -> None:
    tensors = drawn()
    found = spans(tensors)
    for name in ("bn1", "layer3.0.bn1", "layer4.1.bn1"):
        mean, gamma = tensors[f"{name}.bias"].astype(float), tensors[f"{name}.weight"].astype(float)
        assert found[name] == pytest.approx((mean + DEVIATIONS * np.abs(gamma)).max())


@pytest.mark.parametrize("block", ["layer1.0", "layer1.1", "layer2.0", "layer2.1"])
def test_the_span_of_a_sum_equals_a_simulation(block: str) -> None:
    """The oracle draws what enters and adds it up, ReLU after ReLU."""
    tensors = drawn(1)
    rng = np.random.default_rng(2)

    def normal(norm: str) -> np.ndarray:
        mean, gamma = tensors[f"{norm}.bias"], tensors[f"{norm}.weight"]
        return mean + np.abs(gamma) * rng.normal(size=(200_000, len(mean)))

    stream = np.maximum(normal("bn1"), 0)
    for name in ("layer1.0", "layer1.1", "layer2.0", "layer2.1"):
        changed = f"{name}.downsample.1.weight" in tensors
        total = normal(f"{name}.bn2") + (normal(f"{name}.downsample.1") if changed else stream)
        if name == block:
            break
        stream = np.maximum(total, 0)
    expected = (total.mean(0) + DEVIATIONS * total.std(0)).max()
    assert spans(tensors)[block] == pytest.approx(expected, rel=0.01)


def test_every_map_that_is_rounded_has_a_span(shipped: Tensors) -> None:
    found = spans(shipped)
    assert len(found) == 1 + 8 + 8  # the stem, and two a block
    assert all(0 < span < 100 for span in found.values())
    dead = {name: np.zeros_like(array) for name, array in shipped.items()}
    assert all(span > 0 for span in spans(dead).values())


def test_whole_numbers_are_within_half_a_step_and_two_products_fit_sixteen_bits(shipped: Tensors) -> None:
    weight = shipped["layer2.0.conv1.weight"].copy()
    weight[3] = 0  # a channel that says nothing
    weight[4] *= 1e4
    whole, scale = in_eight_bits(weight, "here")
    assert whole.dtype == np.int8
    assert scale.shape == (128, 1, 1, 1)
    assert (np.abs(whole * scale - weight) <= scale * 0.5001).all()
    reach = np.abs(whole.astype(int)).max(axis=(1, 2, 3))
    assert (np.delete(reach, 3) == LARGEST).all()
    assert not whole[3].any()
    assert 2 * 255 * LARGEST < 2**15


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_damaged_weights_are_one_line(shipped: Tensors, bad: float) -> None:
    gamma = shipped["layer2.1.bn1.weight"].copy()
    gamma[7] = bad
    with pytest.raises(
        WeightsError, match=r"cannot be computed in int8: layer2\.1\.bn1 holds NaN or infinity"
    ):
        spans({**shipped, "layer2.1.bn1.weight": gamma})
    weight = shipped["conv1.weight"].copy()
    weight[0, 0, 0, 0] = bad
    with pytest.raises(WeightsError, match="cannot be computed in int8: conv1 holds NaN or infinity"):
        in_eight_bits(weight, "conv1")
