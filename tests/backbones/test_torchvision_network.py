"""Further networks by torchvision's names: what is read off them, and where their weights are looked for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from place import Place

from styleid import load_model, predict
from styleid.backbones import hub
from styleid.backbones.base import Weights, get_backbone
from styleid.backbones.runtimes.base import RuntimeOptions
from styleid.backbones.runtimes.torch.runtime import TorchRuntime
from styleid.backbones.torchvision_network import find_network
from styleid.backbones.weights_file import load_tensors, load_weights
from styleid.errors import BundleError, InputError, WeightsError

SMALL = "mobilenet_v3_small"
OPTIONS = RuntimeOptions(device="cpu", batch_size=2)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random numbers in the form of mobilenet_v3_small's weights, none of them what it is made with."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = torchvision.models.get_model(SMALL, weights=None)
        state = {
            name: value + 0.01 if value.is_floating_point() else value
            for name, value in network.state_dict().items()
        }
    path = tmp_path_factory.mktemp("weights") / "small.pth"
    torch.save(state, path)
    return path


def pixels(n: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 224, 224, 3), dtype=np.uint8)


def test_what_is_read_off_a_known_network_is_what_we_read_off_it() -> None:
    ours, theirs = get_backbone("resnet18-style"), find_network("resnet18")
    assert theirs is not None
    tensors = load_tensors(ours.fetch().path)
    both = ("avgpool", "style")
    expected = TorchRuntime(ours, tensors, both, OPTIONS).vectors(pixels())
    found = TorchRuntime(theirs, tensors, both, OPTIONS).vectors(pixels())
    for name in both:
        assert ours.descriptors[name].dim == theirs.descriptors[name].dim
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-4)
    assert ours.descriptors["style"].layer == theirs.descriptors["style"].layer
    assert theirs.preset == ours.preset


def test_the_vectors_are_those_of_the_given_weights(weights: Path) -> None:
    backbone = get_backbone(SMALL)
    assert {name: read.dim for name, read in backbone.descriptors.items()} == {"avgpool": 1024, "style": 176}
    runtime = TorchRuntime(backbone, load_weights(weights, backbone), ("style", "avgpool"), OPTIONS)
    found = runtime.vectors(pixels())
    network = torchvision.models.get_model(SMALL, weights=None).eval()
    network.load_state_dict(torch.load(weights, weights_only=True))
    mean, std = (torch.tensor(part).view(1, 3, 1, 1) for part in (backbone.preset.mean, backbone.preset.std))
    x = (torch.from_numpy(pixels()).permute(0, 3, 1, 2) / 255 - mean) / std
    with torch.inference_mode():
        maps = network.features[:9](x)
        end = network.classifier[:3](network.avgpool(network.features(x)).flatten(1))
    np.testing.assert_allclose(found["avgpool"], end.numpy(), rtol=0, atol=1e-4)
    np.testing.assert_allclose(found["style"][:, -96:-48], maps.mean((2, 3)).numpy(), rtol=0, atol=1e-4)
    alone = np.concatenate([runtime.vectors(pixels()[[i]])["style"] for i in range(3)])
    np.testing.assert_allclose(alone, found["style"], rtol=0, atol=1e-5)


def test_weights_of_another_network_are_refused(weights: Path) -> None:
    backbone = get_backbone("resnet50")
    with pytest.raises(WeightsError, match=r"no weights of resnet50: bn1.bias should be \(64,\), is absent"):
        TorchRuntime(backbone, load_weights(weights, backbone), ("style",), OPTIONS)


def test_a_network_that_attends_has_its_end_alone() -> None:
    backbone = get_backbone("vit_b_32")
    assert {name: read.dim for name, read in backbone.descriptors.items()} == {"avgpool": 768}
    with pytest.raises(InputError, match="--descriptor expects one or more of avgpool"):
        backbone.check_descriptors(["style"])


@pytest.mark.parametrize("name", ["googlenet", "squeezenet1_1", "nonsense"])
def test_what_cannot_serve_is_no_backbone(name: str) -> None:
    with pytest.raises(InputError, match=f"no backbone called '{name}'.*mobilenet_v3_small, resnet18, "):
        get_backbone(name)


def test_missing_weights_say_where_they_are_looked_for(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, monkeypatch)
    asked = ("--manifest", "m.csv", "--store", "v", "--backbone", "resnet18-style", "--backbone", SMALL)
    said = place.run("embed", str(pictures), *asked, code=1)
    assert "weights of mobilenet_v3_small are not on this machine" in said
    assert "put mobilenet_v3_small-047dcff4.pth into " in said
    assert not list(Path("v").glob("*/space.json")), "nothing is embedded before both can be"
    said = place.run("embed", str(pictures), *asked, "--weights", "w.pth", code=2)
    assert "--weights w.pth is of one network, found 2 backbones" in said


def test_two_networks_in_one_command_and_one_model(
    pictures: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, monkeypatch)
    there = {"mobilenet_v3_small-047dcff4.pth": Weights(weights, "a download")}
    monkeypatch.setattr(hub, "on_disk", lambda file, origin: there.get(file))
    places = ("--manifest", "m.csv", "--store", "v")
    said = place.run(
        "embed", str(pictures), *places, "--backbone", "resnet18-style", "--backbone", SMALL, "--json"
    )
    run = json.loads(said[said.index("{") :])
    assert (run["backbone"], run["n_embedded"]) == ("resnet18-style", 24)
    assert [(other["backbone"], other["n_embedded"]) for other in run["others"]] == [(SMALL, 24)]
    current = [line for line in place.run("info", "--store", "v").splitlines() if "in use" in line]
    assert "resnet18-style" in current[0], "the first named is the one that a fit takes"
    spaces = ("--space", "resnet18-style", "--space", SMALL)
    place.run("fit", "--head", "centroid", "--folds", "2", *places, *spaces)
    model = load_model(next(Path("reports").iterdir()))
    assert model.dim == 896 + 176
    picture = next(pictures.rglob("*.png"))
    with_cache = predict(model, picture)[0]
    monkeypatch.undo()  # from here on, the weights have to be given
    monkeypatch.chdir(tmp_path)
    given = predict(model, picture, weights=weights)[0]
    assert given.scores == pytest.approx(with_cache.scores, abs=1e-6)
    other = tmp_path / "other.pth"
    state = torch.load(weights, weights_only=True)
    torch.save({name: value * 2 for name, value in state.items()}, other)
    with pytest.raises(
        BundleError, match="weights of one of the model's spaces, found others in .*other.pth"
    ):
        predict(model, picture, weights=other)
