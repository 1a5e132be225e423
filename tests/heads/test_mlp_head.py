from __future__ import annotations

import dataclasses
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from heads_cases import rows

from styleid import cross_validate, grouped_folds, make_head, make_table
from styleid.errors import InputError
from styleid.heads import mlp, mlp_network, mlp_training
from styleid.heads.base import get_head
from styleid.heads.mlp import MLPHead
from styleid.heads.mlp_training import Recipe, Trained, train

torch = pytest.importorskip("torch")


def _keras(
    X: np.ndarray, codes: np.ndarray, weights: list[np.ndarray], l2: float, batch: int, epochs: int
) -> tuple[list[np.ndarray], list[float], list[float]]:
    """Train the same network in float64 numpy by the formulas of Keras, rows in order, no dropout."""
    weights = [w.astype(np.float64) for w in weights]
    m, v, t = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights], 0
    losses, accuracies = [], []
    binary = weights[3].size == 1
    targets = codes[:, None].astype(float) if binary else np.eye(weights[3].size)[codes]
    for _ in range(epochs):
        loss_sum = right = 0.0
        for start in range(0, len(X), batch):
            x, target = X[start : start + batch], targets[start : start + batch]
            before = x @ weights[0] + weights[1]
            hidden = np.maximum(before, 0)
            logits = hidden @ weights[2] + weights[3]
            if binary:
                p = 1 / (1 + np.exp(-logits))
                loss = -np.log(np.where(target == 1, p, 1 - p)).mean()
                right += ((p > 0.5) == (target == 1)).sum()
            else:
                p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
                loss = -(target * np.log(p)).sum(axis=1).mean()
                right += (p.argmax(axis=1) == target.argmax(axis=1)).sum()
            loss_sum += (loss + l2 * (weights[0] ** 2).sum()) * len(x)
            slope = (p - target) / len(x)
            back = (slope @ weights[2].T) * (before > 0)
            gradients = [x.T @ back + 2 * l2 * weights[0], back.sum(0), hidden.T @ slope, slope.sum(0)]
            t += 1
            rate = 1e-3 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            for i, g in enumerate(gradients):
                m[i] += (g - m[i]) * (1 - 0.9)
                v[i] += (g**2 - v[i]) * (1 - 0.999)
                weights[i] = weights[i] - rate * m[i] / (np.sqrt(v[i]) + 1e-7)
        losses.append(loss_sum / len(X))
        accuracies.append(right / len(X))
    return weights, losses, accuracies


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("scale", [1.0, 1e-5])  # small gradients show where epsilon stands
def test_training_follows_keras_step_by_step(monkeypatch: pytest.MonkeyPatch, k: int, scale: float) -> None:
    X, y, _ = rows(n=70, k=k)
    X = X.astype(np.float64) * scale
    codes = np.unique(y, return_inverse=True)[1]
    first: list[np.ndarray] = []
    initial = mlp_training.draw_weights

    def remembered(sizes: Any, chance: Any) -> Any:
        weights = initial(sizes, chance)
        first.extend(w.detach().numpy().copy() for w in weights)
        return weights

    monkeypatch.setattr(mlp_training, "draw_weights", remembered)
    monkeypatch.setattr(torch, "randperm", lambda n, generator: torch.arange(n))
    trained = train(X, codes, k, None, Recipe(16, 0.01, 0.0, 1e-3, 32, 8, seed=0))
    weights, losses, accuracies = _keras(X, codes, first, 0.01, 32, 8)
    for got, expected in zip((trained.coefs[0], trained.intercepts[0]), weights[:2], strict=True):
        np.testing.assert_allclose(got, expected, atol=2e-5)
    for got, expected in zip((trained.coefs[1], trained.intercepts[1]), weights[2:], strict=True):
        np.testing.assert_allclose(got, expected, atol=2e-5)
    np.testing.assert_allclose(trained.history["loss"], losses, rtol=1e-5)
    np.testing.assert_allclose(trained.history["accuracy"], accuracies, atol=1e-9)
    assert trained.best_epoch == 8
    assert trained.history["val_loss"] == []


def test_first_weights_are_glorot_uniform_and_biases_zero() -> None:
    kernel, bias, out, out_bias = mlp_network.draw_weights((300, 200, 5), torch.Generator().manual_seed(0))
    limit = (6 / 500) ** 0.5
    assert kernel.abs().max() <= limit
    assert kernel.abs().max() > 0.999 * limit
    assert abs(kernel.std().item() - limit / 3**0.5) < 1e-3 * limit * 10
    assert out.abs().max() <= (6 / 205) ** 0.5
    assert not bias.any()
    assert not out_bias.any()


def test_dropout_zeroes_its_share_and_keeps_the_mean() -> None:
    weights = [torch.eye(400), torch.zeros(400), torch.eye(400), torch.zeros(400)]
    ones = torch.ones(50, 400)
    out = mlp_network.forward(weights, ones, 0.25, torch.Generator().manual_seed(0))
    np.testing.assert_allclose(out.unique(), [0, 1 / 0.75], rtol=1e-6)
    assert abs((out == 0).float().mean().item() - 0.25) < 0.02
    assert torch.equal(mlp_network.forward(weights, ones), ones)


@pytest.mark.parametrize("k", [2, 3])
def test_scores_in_numpy_are_those_of_torch(k: int) -> None:
    X, y, _ = rows(n=80, k=k)
    head = MLPHead(random_state=0, epochs=3).fit(X, y)
    weights = [torch.from_numpy(w) for pair in zip(head.coefs_, head.intercepts_, strict=True) for w in pair]
    logits = mlp_network.forward(weights, torch.from_numpy(X))
    if k == 2:
        assert logits.shape == (80, 1)
        expected = torch.hstack([1 - torch.sigmoid(logits), torch.sigmoid(logits)])
    else:
        expected = torch.softmax(logits, dim=1)
    np.testing.assert_allclose(head.predict_proba(X), expected.numpy(), rtol=0, atol=1e-6)
    assert all(w.dtype == np.float32 for w in (*head.coefs_, *head.intercepts_))


def test_scoring_needs_no_torch(tmp_path: Path) -> None:
    import joblib

    X, y, _ = rows()
    head = MLPHead(random_state=0, epochs=2, standardize=True).fit(X, y)
    joblib.dump((head, X, head.predict_proba(X)), tmp_path / "case")
    code = (
        "import sys\n"
        "class NoTorch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'torch': raise ImportError('torch is not there')\n"
        "sys.meta_path.insert(0, NoTorch())\n"
        "import joblib, numpy\n"
        f"head, X, scores = joblib.load({str(tmp_path / 'case')!r})\n"
        "assert numpy.array_equal(head.predict_proba(X), scores)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_first_of_the_best_epochs_is_used() -> None:
    X, y, _ = rows(n=150, distance=0.4)
    head = MLPHead(random_state=1, epochs=12).fit(X, y)
    accuracy = head.history_["val_accuracy"]
    assert {len(values) for values in head.history_.values()} == {12}
    assert head.best_epoch_ == 1 + accuracy.index(max(accuracy))
    assert head.validated_


def test_ties_keep_the_weights_of_the_first_epoch() -> None:
    X, y, _ = rows()
    same = (X[:1], y[:1])  # one row: accuracy is 0 or 1, and soon the same for good
    long = MLPHead(random_state=0, epochs=10).fit(X, y, validation=same)
    assert long.best_epoch_ < 10
    short = MLPHead(random_state=0, epochs=long.best_epoch_).fit(X, y, validation=same)
    assert np.array_equal(long.coefs_[0], short.coefs_[0])


def test_validation_given_is_measured_and_nothing_is_split_off(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def spy(X: Any, codes: Any, n_classes: int, validation: Any, recipe: Recipe) -> Trained:
        seen.update(n=len(X), validation=validation)
        return train(X, codes, n_classes, validation, recipe)

    monkeypatch.setattr(mlp_training, "train", spy)
    X, y, _ = rows()
    MLPHead(random_state=0, epochs=1).fit(X[:60], y[:60], validation=(X[60:], y[60:]))
    assert seen["n"] == 60
    assert np.array_equal(seen["validation"][0], X[60:].astype(np.float64))
    assert np.array_equal(np.unique(y)[seen["validation"][1]], y[60:])


def test_the_part_split_off_keeps_groups_whole_and_out_of_the_scaler(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def spy(X: Any, codes: Any, n_classes: int, validation: Any, recipe: Recipe) -> Trained:
        seen.extend([X, validation[0]])
        return train(X, codes, n_classes, validation, recipe)

    monkeypatch.setattr(mlp_training, "train", spy)
    X, y, groups = rows(n=120)
    X[:, 0] = [int(group[1:]) for group in groups]  # the first column tells the group
    head = MLPHead(random_state=0, epochs=1, standardize=True).fit(X, y, groups=groups)
    assert head.scaler_ is not None
    fitted, held = (head.scaler_.inverse_transform(part)[:, 0].round().astype(int) for part in seen)
    assert not set(fitted) & set(held)
    assert len(held) == 24
    np.testing.assert_allclose(head.scaler_.mean_[0], fitted.mean(), rtol=1e-6)


def test_too_few_rows_to_split_uses_the_last_epoch_and_says_so() -> None:
    head = MLPHead(random_state=0, epochs=4).fit(np.eye(3), ["a", "b", "c"])
    assert not head.validated_
    assert head.best_epoch_ == 4
    assert head.history_["val_accuracy"] == []
    assert len(head.history_["loss"]) == 4


def test_the_seeds_head_is_as_it_was() -> None:
    assert make_head("mlp", seed=3).get_params() == {
        "hidden_units": 512,
        "l2": 0.01,
        "dropout": 0.5,
        "learning_rate": 1e-3,
        "batch_size": 32,
        "epochs": 20,
        "standardize": False,
        "whiten": 0.0,
        "validation_fraction": 0.2,
        "random_state": 3,
    }
    assert mlp.SEED_GRID == {"standardize": [False, True], "l2": [0.01, 0.001]}


def test_where_nothing_is_split_off_all_rows_are_learned_and_the_last_epoch_is_kept() -> None:
    X, y, _ = rows(n=90, distance=0.5)
    head = MLPHead(random_state=0, epochs=3, validation_fraction=0.0).fit(X, y)
    assert (head.validated_, head.best_epoch_, head.history_["val_loss"]) == (False, 3, [])
    part = MLPHead(random_state=0, epochs=3, validation_fraction=0.0).fit(X[:89], y[:89])
    assert not np.allclose(head.coefs_[0], part.coefs_[0])


@pytest.mark.parametrize("k", [2, 3])
def test_whitening_is_that_of_the_rows_trained_on_and_is_in_the_hidden_layer(k: int) -> None:
    X, y, _ = rows(n=120, k=k, distance=0.5)
    learn, held = (X[:80], y[:80]), (X[80:], y[80:])
    head = MLPHead(random_state=0, epochs=3, whiten=0.3).fit(*learn, validation=held)
    Z = X.astype(np.float64)
    Z = (Z - Z[:80].mean(axis=0)) / Z[:80].std(axis=0)
    labels = np.unique(y)
    covariance = sum(
        np.cov(Z[:80][y[:80] == label].T, bias=True) * (y[:80] == label).mean() for label in labels
    )
    scale = np.trace(covariance) / len(covariance)
    factor = np.linalg.cholesky(0.7 * covariance + 0.3 * scale * np.eye(len(covariance)))
    white = np.linalg.solve(factor, Z.T).T
    white /= white[:80].std()
    plain = MLPHead(random_state=0, epochs=3).fit(white[:80], y[:80], validation=(white[80:], y[80:]))
    np.testing.assert_allclose(head.predict_proba(X), plain.predict_proba(white), atol=1e-4)
    assert head.history_["val_loss"] == pytest.approx(plain.history_["val_loss"], rel=1e-4)


def test_the_search_finds_hands_among_what_they_all_vary_in() -> None:
    """Pictures of all hands vary most in what tells none of them: the seed's search was lost there."""
    rng = np.random.default_rng(0)
    n, dim, k = 240, 60, 6
    y = np.arange(n) % k
    X = rng.normal(0, 0.5, (k, dim))[y] + rng.normal(0, 0.6, (n, dim))
    X += rng.normal(0, 3, (n, 12)) @ rng.normal(0, 1, (12, dim)) + 40
    table = make_table(X.astype(np.float32), [f"hand {one}" for one in y], np.arange(n) // k)
    folds, _ = grouped_folds(table.y, table.components, 3)
    head = get_head("mlp")
    lda, now, before = (
        cross_validate(one, table, folds).metrics.overall["balanced_accuracy"]
        for one in ("lda", head, dataclasses.replace(head, grid=mlp.SEED_GRID))
    )
    assert now > lda
    assert now > before + 0.4


def test_validation_with_an_unknown_label_is_refused() -> None:
    X, y, _ = rows(k=3)
    with pytest.raises(InputError, match="labels that training lacks: anna;"):
        MLPHead().fit(X[y != "anna"], y[y != "anna"], validation=(X, y))


def test_validation_of_another_width_is_refused() -> None:
    X, y, _ = rows()
    with pytest.raises(ValueError, match="features"):
        MLPHead().fit(X, y, validation=(X[:, 1:], y))


def test_threads_and_random_numbers_of_torch_are_left_alone_and_do_not_matter() -> None:
    X, y, _ = rows(n=120, dim=64)
    before = torch.get_num_threads()
    try:
        scores = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            torch.manual_seed(threads)
            state = torch.get_rng_state()
            with torch.no_grad():
                scores.append(MLPHead(random_state=0, epochs=2).fit(X, y).predict_proba(X))
            assert torch.get_num_threads() == threads
            assert torch.equal(state, torch.get_rng_state())
        assert np.array_equal(*scores)
    finally:
        torch.set_num_threads(before)


def test_another_seed_trains_another_network() -> None:
    X, y, _ = rows()
    one, other = (MLPHead(random_state=seed, epochs=1).fit(X, y) for seed in (0, 1))
    assert not np.allclose(one.coefs_[0], other.coefs_[0])


def test_regularisation_shrinks_the_hidden_layer_only() -> None:
    X, y, _ = rows(n=150)
    codes = np.unique(y, return_inverse=True)[1]
    free, held = (train(X, codes, 3, None, Recipe(64, l2, 0.5, 1e-3, 32, 40, seed=0)) for l2 in (0.0, 1.0))
    assert np.square(held.coefs[0]).sum() < 0.1 * np.square(free.coefs[0]).sum()
    assert np.square(held.coefs[1]).sum() > 0.5 * np.square(free.coefs[1]).sum()


def test_numbers_beyond_float32_end_in_one_line() -> None:
    X, y, _ = rows()
    with pytest.raises(InputError, match=r"not finite \(inputs up to .*e\+3"):
        MLPHead(random_state=0, epochs=2).fit(X.astype(np.float64) * 1e38, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"dropout": 1.0}, "dropout of the mlp head must be at least 0 and less than 1, not 1.0"),
        ({"epochs": 0}, "epochs of the mlp head must be 1 or more, not 0"),
        ({"validation_fraction": 0.6}, "validation_fraction .* at most 0.5, not 0.6"),
        ({"validation_fraction": -0.1}, "validation_fraction .* at least 0 and at most 0.5, not -0.1"),
        ({"whiten": 1.5}, "whiten .* at least 0 and at most 1, not 1.5"),
        ({"l2": -1}, "l2 .* 0 or more"),
    ],
)
def test_impossible_parameters_are_named(params: dict[str, Any], message: str) -> None:
    X, y, _ = rows()
    with pytest.raises(InputError, match=message):
        MLPHead(**params).fit(X, y)


def test_the_head_searches_what_it_can_set() -> None:
    assert mlp.HEAD.takes_validation
    assert set(mlp.HEAD.grid) <= set(MLPHead().get_params())


def test_weights_too_small_to_compute_with_are_zero_and_the_processor_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Columns of zeros say nothing: only the penalty moves their weights, down and down.
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(64, 8)), np.arange(64) % 3
    X[:, :4] = 0
    tiny = np.finfo(np.float32).tiny
    recipe = Recipe(
        hidden_units=16, l2=0.1, dropout=0.5, learning_rate=1e-2, batch_size=8, epochs=300, seed=0
    )

    def too_small() -> int:
        weights = np.abs(mlp_training.train(X, codes, 3, None, recipe).coefs[0])
        return int(((weights > 0) & (weights < tiny)).sum())

    if not torch.set_flush_denormal(False):
        pytest.skip("this processor has no such setting")
    assert too_small() == 0
    assert np.float32(tiny) / np.float32(2) > 0
    torch.set_flush_denormal(True)
    try:
        too_small()
        assert np.float32(tiny) / np.float32(2) == 0
    finally:
        torch.set_flush_denormal(False)
    monkeypatch.setattr(mlp_training, "tiny_as_zero", nullcontext)
    assert too_small() > 0  # what the setting is for


def test_what_is_trained_along_is_not_kept_of_the_best_epoch() -> None:
    import torch

    along = torch.zeros(3, requires_grad=True)
    part = mlp_training.Part(lambda batch: torch.ones(len(batch), 3) * along, np.zeros(4, np.int64))
    recipe = Recipe(2, 0.0, 0.0, 1e-3, 2, 1, seed=0)
    with pytest.raises(InputError, match="set keep_best=False"):
        mlp_training.train_from(part, 3, 2, part, recipe, trained_along=[along])
    last = dataclasses.replace(recipe, keep_best=False)
    assert mlp_training.train_from(part, 3, 2, part, last, trained_along=[along]).best_epoch == 1
