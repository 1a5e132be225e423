"""The dense head that goes on from its weights."""

from __future__ import annotations

import numpy as np
import pytest

from styleid.errors import InputError
from styleid.heads import mlp_network, mlp_training
from styleid.heads.mlp import MLPHead
from styleid.studies.forgetting.warm_mlp import WarmMLP


def rows(n: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2 == 0
    return rng.normal(size=(n, 6)) + 2.0 * y[:, None], y


def test_its_recipe_is_the_mlp_heads() -> None:
    own, head = WarmMLP().get_params(), MLPHead().get_params()
    assert {name: own[name] for name in own if name != "random_state"} == {
        name: head[name] for name in own if name != "random_state"
    }
    assert own["hidden_units"], own["l2"] == (512, 0.01)


def test_going_on_starts_from_the_former_weights_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = rows()
    head = WarmMLP(epochs=2).fit(X, y)
    former, began = (head.coefs_, head.intercepts_), []
    further = mlp_training._further

    def spy(initial: tuple[mlp_network.Weights, mlp_network.Weights]) -> list[object]:
        weights = further(initial)
        began.append([w.detach().numpy().copy() for w in weights])
        return weights

    monkeypatch.setattr(mlp_training, "_further", spy)
    kept = [array.copy() for pair in former for array in pair]
    head.fit_further(X, y)
    assert np.array_equal(began[0][0], former[0][0])
    assert np.array_equal(began[0][1], former[1][0])
    assert np.array_equal(began[0][2], former[0][1])
    assert np.array_equal(began[0][3], former[1][1])
    assert not np.array_equal(head.coefs_[0], former[0][0])
    # What was given stays as it was.
    assert all(np.array_equal(a, b) for a, b in zip(kept, [*former[0], *former[1]], strict=True))


def test_first_weights_can_be_drawn_without_training_and_decide_what_comes() -> None:
    X, y = rows()
    first = WarmMLP(epochs=3, random_state=1).prepare(X, y)
    assert first.coefs_[0].shape == (6, 512)
    assert not first.intercepts_[0].any()
    again = WarmMLP(epochs=3, random_state=1).fit(X, y)
    other = WarmMLP(epochs=3, random_state=2).fit(X, y)
    assert np.array_equal(first.fit_further(X, y).coefs_[0], again.coefs_[0])
    assert not np.array_equal(other.coefs_[0], again.coefs_[0])


def test_it_learns_two_labels_and_more() -> None:
    X, y = rows(120)
    assert (WarmMLP().fit(X, y).predict(X) == y).mean() > 0.9
    names = np.array(["a", "b", "c"])[np.arange(120) % 3]
    X = X + 3 * np.eye(6)[np.arange(120) % 3]
    assert (WarmMLP().fit(X, names).predict(X) == names).mean() > 0.9


def test_without_first_weights_a_training_is_what_it_was() -> None:
    X, y = rows()
    recipe = mlp_training.Recipe(16, 0.01, 0.5, 1e-3, 8, 2, seed=4)
    plain = mlp_training.train(X, y.astype(int), 2, None, recipe)
    coefs, intercepts = mlp_network.initial_weights((6, 16, 1), 4)
    given = mlp_training.train(X, y.astype(int), 2, None, recipe, initial=(coefs, intercepts))
    assert np.array_equal(plain.coefs[0], given.coefs[0])


def test_labels_it_does_not_know_are_refused_and_change_nothing() -> None:
    X, y = rows()
    head = WarmMLP(epochs=1).fit(X, np.where(y, "b", "d"))
    before = head.coefs_
    for unknown in ("a", "c", "z"):  # before, between and after those it knows
        with pytest.raises(InputError, match=f"found 40, unknown: {unknown}; give all labels"):
            head.fit_further(X, np.where(y, "b", unknown))
    with pytest.raises(InputError, match="expected 40 labels that the network knows, found 39"):
        head.fit_further(X, ["b"] * 39)
    assert head.coefs_ is before
    assert head.n_trainings_ == 1
    with pytest.raises(InputError, match="at least 2 classes"):
        WarmMLP().fit(X, ["b"] * 40)
