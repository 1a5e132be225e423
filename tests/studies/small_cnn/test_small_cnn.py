"""The small network: its layers, its weights, its training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch.nn import functional

from styleid.data.views.augment import ACTORS, Augmentation
from styleid.errors import InputError
from styleid.studies.small_cnn import training
from styleid.studies.small_cnn.network import SmallCNN

SIDE = 24


def stripes(n: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pictures with bright left or right halves, and which."""
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 60, (n, SIDE, SIDE)).astype(np.uint8)
    labels = np.array(["left", "right"] * (n // 2))
    for picture, label in zip(pictures, labels, strict=True):
        picture[:, slice(0, SIDE // 2) if label == "left" else slice(SIDE // 2, SIDE)] += 150
    return pictures, labels


def quick(**params: object) -> SmallCNN:
    return SmallCNN(**{"epochs": 2, "batch_size": 8, **params})


def test_layers_shrink_a_picture_of_100_as_derived_by_hand() -> None:
    shapes, values = {}, torch.zeros(2, 1, 100, 100)
    for name, layer in training.network(100, 1).named_children():
        values = layer(values)
        shapes[name] = tuple(values.shape[1:])
    # A valid convolution of 3 takes 2 from a side, a pool halves it and drops an odd last row.
    assert shapes["conv1"] == (32, 98, 98)
    assert shapes["pool1"] == (32, 49, 49)
    assert shapes["conv2"] == (64, 47, 47)
    assert shapes["pool2"] == (64, 23, 23)
    assert shapes["conv3"] == (128, 21, 21)
    assert shapes["pool3"] == (128, 10, 10)
    assert shapes["flatten"] == (12_800,)
    assert shapes["dense"] == (250,)
    assert shapes["out"] == (1,)


@pytest.mark.parametrize(("outputs", "last"), [(1, 251), (7, 1757)])
def test_parameters_are_as_many_as_derived_by_hand(outputs: int, last: int) -> None:
    net = training.network(100, outputs)
    counts = {name: sum(p.numel() for p in layer.parameters()) for name, layer in net.named_children()}
    by_hand = {
        "conv1": 3 * 3 * 1 * 32 + 32,  # 320
        "conv2": 3 * 3 * 32 * 64 + 64,  # 18,496
        "conv3": 3 * 3 * 64 * 128 + 128,  # 73,856
        "dense": 10 * 10 * 128 * 250 + 250,  # 3,200,250
        "out": last,  # 250 a unit and its bias
    }
    assert {name: count for name, count in counts.items() if count} == by_hand
    assert sum(counts.values()) == 3_292_922 + last
    weights = training.initial_weights(100, outputs, 0)
    assert sum(array.size for array in weights) == 3_292_922 + last


def test_first_weights_are_glorot_uniform_with_zero_biases() -> None:
    weights = training.initial_weights(SIDE, 1, 3)
    fans = [(9 * 1, 9 * 32), (9 * 32, 9 * 64), (9 * 64, 9 * 128), (128, 250), (250, 1)]
    for (inputs, outputs), kernel, bias in zip(fans, weights[0::2], weights[1::2], strict=True):
        limit = (6 / (inputs + outputs)) ** 0.5
        assert 0.9 * limit < np.abs(kernel).max() <= limit * (1 + 1e-6)
        assert kernel.std() == pytest.approx(limit / 3**0.5, rel=0.1)
        assert not bias.any()
    assert not np.array_equal(weights[0], training.initial_weights(SIDE, 1, 4)[0])


def test_scores_are_those_of_the_layers_written_out() -> None:
    pictures, labels = stripes()
    network = quick(augmentation=None).fit(pictures, labels)
    w = [torch.from_numpy(array) for array in network.weights_]
    x = torch.from_numpy(pictures).float()[:, None] / 255
    for i in (0, 2, 4):
        x = functional.max_pool2d(functional.relu(functional.conv2d(x, w[i], w[i + 1])), 2)
    x = functional.relu(functional.linear(x.flatten(1), w[6], w[7]))
    right = torch.sigmoid(functional.linear(x, w[8], w[9]))[:, 0].numpy()
    assert np.allclose(network.predict_proba(pictures)[:, 1], right, atol=1e-5)


def test_half_of_what_enters_the_dense_layer_is_dropped_and_the_rest_doubled() -> None:
    pictures, _ = stripes(64)
    net = training._filled(SIDE, training.initial_weights(SIDE, 1, 0))
    seen = []
    net.dense.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0].detach()))
    training._forward(net, pictures)
    training._forward(net, pictures, 0.5, torch.Generator().manual_seed(0))
    whole, dropped = seen
    alive = whole > 0
    kept = dropped[alive] > 0
    assert 0.45 < kept.float().mean() < 0.55
    assert torch.allclose(dropped[alive][kept], 2 * whole[alive][kept])


def test_it_learns_and_the_default_recipe_is_the_notebooks() -> None:
    pictures, labels = stripes(32)
    network = SmallCNN(epochs=12, augmentation=None, batch_size=8).fit(pictures, labels)
    assert (network.predict(stripes(16, seed=1)[0]) == stripes(16)[1]).mean() > 0.9
    assert network.losses_[-1] < network.losses_[0]
    params = SmallCNN().get_params()
    del params["random_state"]
    assert params == {
        "epochs": 60,
        "batch_size": 32,
        "learning_rate": 1e-3,
        "dropout": 0.5,
        "augmentation": ACTORS,
    }
    flips = {"horizontal_flip": True, "vertical_flip": True}
    assert Augmentation(rotation=30, shift=0.2, shear=15, zoom=(0.7, 1.4), **flips) == ACTORS


def test_each_picture_is_changed_anew_in_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    def seen(self: Augmentation, pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        given.append(pixels.copy())
        return pixels

    monkeypatch.setattr(Augmentation, "apply", seen)
    pictures, labels = stripes(10)
    quick(epochs=3).fit(pictures, labels)
    for epoch in range(3):
        shown = np.array(given[10 * epoch : 10 * epoch + 10])
        assert sorted(picture.tobytes() for picture in shown) == sorted(p.tobytes() for p in pictures)
    assert not np.array_equal(given[:10], given[10:20])  # shuffled
    assert len(given) == 30


def test_augmentation_changes_training_and_never_scoring() -> None:
    pictures, labels = stripes(8)
    plain, changed = (quick(augmentation=of).fit(pictures, labels) for of in (None, ACTORS))
    assert not np.array_equal(plain.weights_[0], changed.weights_[0])
    assert np.array_equal(changed.predict_proba(pictures), changed.predict_proba(pictures))


def test_going_on_starts_from_the_former_weights_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, labels = stripes(8)
    network = quick().fit(pictures, labels)
    former = [array.copy() for array in network.weights_]
    began = []
    filled = training._filled

    def spy(side: int, weights: training.Weights) -> torch.nn.Sequential:
        net = filled(side, weights)
        began.append([p.detach().contiguous().numpy().copy() for p in net.parameters()])
        return net

    monkeypatch.setattr(training, "_filled", spy)
    network.fit_further(pictures, labels)
    assert all(np.array_equal(a, b) for a, b in zip(former, began[0], strict=True))
    assert not np.array_equal(former[0], network.weights_[0])
    assert network.n_trainings_ == 2
    assert len(network.losses_) == 4


def test_a_state_can_be_copied_out_and_put_back() -> None:
    pictures, labels = stripes(8)
    network = quick().fit(pictures, labels)
    state, scores = network.weights_, network.predict_proba(pictures)
    network.fit_further(pictures, labels)
    assert not np.array_equal(network.predict_proba(pictures), scores)
    network.weights_ = state
    assert np.array_equal(network.predict_proba(pictures), scores)


def test_a_seed_gives_the_same_bits_on_one_core_and_on_two() -> None:
    pictures, labels = stripes(16)
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(clone(quick(random_state=5)).fit(pictures, labels).weights_)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
    other = quick(random_state=6).fit(pictures, labels).weights_
    assert not np.array_equal(found[0][0], other[0])


def test_more_labels_have_a_softmax_in_their_sorted_order() -> None:
    pictures, _ = stripes(9 * 2)
    labels = np.array(["c", "a", "b"] * 6)
    network = quick().fit(pictures, labels)
    scores = network.predict_proba(pictures)
    assert list(network.classes_) == ["a", "b", "c"]
    assert scores.shape == (18, 3)
    assert np.allclose(scores.sum(axis=1), 1)
    assert len(network.weights_[-1]) == 3


def test_the_step_is_keras_adams() -> None:
    # One step from zero moments moves each weight by rate * g / (|g| + eps): almost the rate itself.
    pictures, labels = stripes(8)
    network = quick(epochs=1, augmentation=None, dropout=0.0).prepare(pictures, labels)
    before = network.weights_
    after = network.fit_further(pictures, labels).weights_
    assert np.abs(after[8] - before[8]).max() == pytest.approx(1e-3, rel=1e-3)
    assert np.array_equal(before[0], network.prepare(pictures, labels).weights_[0])


@pytest.mark.parametrize(
    "pictures",
    [
        np.zeros((4, 20, 20), np.uint8),
        np.zeros((4, 30, 24), np.uint8),
        np.zeros((4, 24, 24), np.float32),
        np.zeros((0, 24, 24), np.uint8),
    ],
)
def test_pictures_of_another_kind_are_refused(pictures: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected grey pictures as uint8"):
        SmallCNN().fit(pictures, ["a", "b"] * (len(pictures) // 2))


def test_labels_it_does_not_know_are_refused() -> None:
    pictures, labels = stripes(8)
    network = quick().prepare(pictures, labels)
    with pytest.raises(InputError, match="unknown: middle"):
        network.fit_further(pictures, ["middle"] * 8)
    with pytest.raises(InputError, match="at least 2 classes"):
        SmallCNN().fit(pictures, ["left"] * 8)
