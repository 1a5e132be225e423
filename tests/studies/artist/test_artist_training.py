"""The trainings of the replay: what is frozen stays, what is trainable moves, the recipe is theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from styleid.backbones.base import get_backbone
from styleid.backbones.weights_file import load_tensors
from styleid.data.views.augment import ARTIST, Augmentation
from styleid.evaluate.table import Fold
from styleid.heads import mlp_training
from styleid.studies.artist import training as artist_training
from styleid.studies.artist.replay import NORMALISED, STEPS
from styleid.studies.artist.training import (
    Material,
    Step,
    Trained,
    as_input,
    build_network,
    frozen_vectors,
    train_step,
)

BACKBONE = get_backbone("resnet18-style")
FOLD = Fold("holdout", np.arange(0, 12), np.arange(16, 20), np.arange(12, 16))
CODES = (np.arange(20) % 2).astype(np.int64)
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
PIXELS[CODES == 1] //= 2


@pytest.fixture(scope="module")
def tensors() -> Any:
    return load_tensors(BACKBONE.on_disk().path)


def run(tensors: Any, step: Step, epochs: int = 2, seed: int = 0, pixels: np.ndarray = PIXELS) -> Trained:
    return train_step(step, FOLD, Material(pixels, CODES, tensors, BACKBONE.preset, epochs, seed))


def state(network: torch.nn.Module) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in network.state_dict().items()}


def test_the_network_is_the_one_that_embeds(tensors: Any) -> None:
    """Batch normalisation alive or folded away: the same vectors."""
    ours, folded = build_network(tensors), BACKBONE.build(tensors)
    x = as_input(PIXELS[:3], BACKBONE.preset, normalise=True)
    with torch.no_grad():
        expected = folded(x).numpy()
    np.testing.assert_allclose(ours(x).detach().numpy(), expected, atol=1e-4 * np.abs(expected).max())
    assert {m.momentum for m in ours.modules() if isinstance(m, torch.nn.BatchNorm2d)} == {0.01}


def test_raw_pixels_are_divided_by_255_and_no_more() -> None:
    raw, ready = (as_input(PIXELS[:2], BACKBONE.preset, normalise) for normalise in (False, True))
    expected = PIXELS[:2].transpose(0, 3, 1, 2) / 255.0
    np.testing.assert_allclose(raw.numpy(), expected, atol=1e-6)
    mean, std = (np.array(v)[None, :, None, None] for v in (BACKBONE.preset.mean, BACKBONE.preset.std))
    np.testing.assert_allclose(ready.numpy(), (expected - mean) / std, atol=1e-5)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[torch.nn.Module]:
    """Collect the networks that trainings build and learn with."""
    networks: list[torch.nn.Module] = []

    def remembered(tensors: Any) -> torch.nn.Module:
        networks.append(build_network(tensors))
        return networks[-1]

    monkeypatch.setattr(artist_training, "build_network", remembered)
    return networks


def test_a_frozen_step_leaves_the_backbone_as_it_was_to_the_bit(
    tensors: Any, built: list[torch.nn.Module]
) -> None:
    before = state(build_network(tensors))
    for step in STEPS[1:]:
        run(tensors, step, epochs=1)
        assert state(built.pop()) == before, step.name
        assert not built
    assert any("running_mean" in name for name in before)
    assert any("running_var" in name for name in before)


def test_a_trainable_step_changes_weights_and_statistics(tensors: Any, built: list[torch.nn.Module]) -> None:
    run(tensors, STEPS[0], epochs=1)
    before, after = state(build_network(tensors)), state(built.pop())
    same = {name for name in before if before[name] == after[name]}
    assert not same, "weights, statistics and counters of all layers moved"


def test_vectors_of_a_frozen_network_do_not_depend_on_their_batch(tensors: Any) -> None:
    network = build_network(tensors).train()
    alone = frozen_vectors(network, PIXELS[:1], BACKBONE.preset, False)
    among = frozen_vectors(network, PIXELS, BACKBONE.preset, False)
    np.testing.assert_allclose(alone[0], among[0], atol=1e-4 * float(among.abs().max()))
    assert network.training, "its mode is given back"


def test_the_story_is_the_projects() -> None:
    told = [(s.name, s.version, s.trainable, s.refined, s.normalise) for s in (*STEPS, *NORMALISED)]
    assert told == [
        ("trainable", "v1", True, False, False),
        ("frozen", "v1", False, False, False),
        ("refined", "v2", False, True, False),
        ("frozen, normalised", "v1", False, False, True),
        ("refined, normalised", "v2", False, True, True),
    ]
    assert Augmentation(rotation=20, shift=0.2, zoom=(0.8, 1.2), horizontal_flip=True) == ARTIST


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_the_recipe_of_each_step(tensors: Any, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    real = mlp_training.train_from

    def spy(part: Any, dim: int, classes: int, validation: Any, recipe: Any, **rest: Any) -> Any:
        asked.update(recipe=recipe, dim=dim, classes=classes, n=len(part.codes), **rest)
        return real(part, dim, classes, validation, recipe, **rest)

    monkeypatch.setattr(mlp_training, "train_from", spy)
    run(tensors, step, epochs=1)
    recipe = asked["recipe"]
    assert (recipe.hidden_units, recipe.learning_rate, recipe.batch_size) == (512, 1e-3, 32)
    assert (recipe.l2, recipe.dropout) == ((0.01, 0.5) if step.refined else (0, 0))
    assert recipe.keep_best is step.refined
    assert len(asked["trained_along"]) == (20 + 20 * 2 if step.trainable else 0), (
        "convolutions, scales, shifts"
    )
    assert (asked["dim"], asked["classes"], asked["n"]) == (512, 2, len(FOLD.train))


def test_pictures_are_changed_anew_in_each_epoch_and_only_those_learned_from(
    tensors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed: list[bytes] = []
    given: list[np.ndarray] = []
    real = Augmentation.apply

    def spy(self: Augmentation, pixels: np.ndarray, rng: Any) -> np.ndarray:
        assert self is ARTIST
        changed.append(pixels.tobytes())
        given.append(real(self, pixels, rng))
        return given[-1]

    monkeypatch.setattr(Augmentation, "apply", spy)
    run(tensors, STEPS[2], epochs=3)
    assert sorted(changed) == sorted(3 * [PIXELS[i].tobytes() for i in FOLD.train])
    assert len({picture.tobytes() for picture in given}) == 3 * len(FOLD.train), "no two changes are alike"
    changed.clear()
    run(tensors, STEPS[1], epochs=1)
    assert changed == []


def test_test_pictures_do_not_change_what_is_learned(tensors: Any) -> None:
    """Pictures of the test part may be anything: curves and the scores of others stay."""
    other = PIXELS.copy()
    other[FOLD.test[0]] = 255
    for step in STEPS[1:]:
        one, two = run(tensors, step), run(tensors, step, pixels=other)
        assert one.curve == two.curve
        np.testing.assert_allclose(one.scores[1:], two.scores[1:], rtol=1e-5)
        assert one.scores[0] != two.scores[0]


@pytest.mark.parametrize("step", [STEPS[0], STEPS[2]], ids=lambda step: step.name)
def test_one_seed_one_training(tensors: Any, step: Step) -> None:
    one, same, other = run(tensors, step), run(tensors, step), run(tensors, step, seed=1)
    np.testing.assert_array_equal(one.scores, same.scores)
    assert one.curve == same.curve
    assert np.abs(one.scores - other.scores).max() > 0


def test_the_refined_step_keeps_the_best_epoch_and_the_others_the_last(
    tensors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in STEPS[1:]:
        curve = run(tensors, step, epochs=4).curve
        best = int(np.argmax(curve["val_accuracy"])) + 1
        assert curve["best_epoch"] == (best if step.refined else 4)
        assert len(curve["loss"]) == len(curve["val_loss"]) == 4
    assert artist_training.BATCH_SIZE == 32
    assert artist_training.BATCH_NORM_MOMENTUM == 0.01
