from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from styleid.errors import InputError
from styleid.evaluate.crossval import FoldRun, Predictions
from styleid.runs.compare.judge import Comparison, _alike, choose_head, compare_heads, tied_with_best

N, K = 120, 5


def repeat(wrong: np.ndarray, seed: int) -> Predictions:
    """Predictions of two labels that are wrong on given rows."""
    true = np.arange(N) % 2
    predicted = np.where(wrong, 1 - true, true)
    fold = np.random.default_rng(seed).permutation(np.arange(N) // 2 % K)
    names = np.array([f"fold-{i}" for i in fold])
    runs = tuple(
        FoldRun(f"fold-{i}", int((fold != i).sum()), int((fold == i).sum()), {}, (), (), 0.1, 0.1, 0.1)
        for i in range(K)
    )
    return Predictions(("a", "b"), np.arange(N), true, predicted, np.eye(2)[predicted], names, runs)


def heads(**shares: float) -> dict[str, list[Predictions]]:
    made = {}
    for number, (name, share) in enumerate(shares.items()):
        rng = np.random.default_rng(number)
        made[name] = [repeat(rng.random(N) < share, seed) for seed in range(3)]
    return made


def test_heads_are_ordered_by_their_means_and_told_apart_where_they_differ() -> None:
    found = compare_heads(heads(poor=0.5, good=0.1, fair=0.12), np.arange(N))
    assert found.heads == ("good", "fair", "poor")
    by_name = {(pair.a, pair.b): pair for pair in found.pairs}
    assert set(by_name) == {("good", "fair"), ("good", "poor"), ("fair", "poor")}
    assert by_name["good", "poor"].told_apart
    assert by_name["good", "poor"].mcnemar_p_holm < 0.001
    assert not by_name["good", "fair"].told_apart
    assert found.alike == (("good", "fair"),)
    assert found.mean_ranks["poor"] == 3
    assert sum(found.mean_ranks.values()) == pytest.approx(6), "equals share their places"
    assert all(pair.p_holm >= pair.difference.p for pair in found.pairs)


def test_fold_scores_are_scikit_learns() -> None:
    from sklearn.metrics import balanced_accuracy_score, f1_score

    made = heads(one=0.3, two=0.2)
    found = compare_heads(made, np.arange(N))
    second = made["one"][1]
    own = second.folds == "fold-2"
    at = K + 2
    assert found.scores["one"]["balanced_accuracy"][at] == pytest.approx(
        balanced_accuracy_score(second.true[own], second.predicted[own])
    )
    assert found.scores["one"]["macro_f1"][at] == pytest.approx(
        f1_score(second.true[own], second.predicted[own], average="macro")
    )
    mean = found.means["one"]["balanced_accuracy"]
    assert mean.value == pytest.approx(found.scores["one"]["balanced_accuracy"].mean())
    assert 0 < mean.low < mean.value < mean.high < 1


def test_equal_heads_share_everything_and_the_simpler_is_taken() -> None:
    same = [repeat(np.arange(N) % 7 == 0, seed) for seed in range(3)]
    found = compare_heads({"heavy": same, "light": same}, np.arange(N))
    (pair,) = found.pairs
    assert (pair.p_holm, pair.mcnemar.p, pair.told_apart) == (1.0, 1.0, False)
    assert found.mean_ranks == {"heavy": 1.5, "light": 1.5}
    assert choose_head(found, {"heavy": 2, "light": 1}) == ("light", ("light",))
    assert choose_head(found, {"heavy": 1, "light": 2}) == ("heavy", ("light",))


def test_a_perfect_score_is_not_a_point() -> None:
    perfect = [repeat(np.zeros(N, dtype=bool), seed) for seed in range(3)]
    found = compare_heads({"perfect": perfect, "half": heads(half=0.5)["half"]}, np.arange(N) // 4)
    mean = found.means["perfect"]["balanced_accuracy"]
    assert mean.high == 1.0
    assert 0.8 < mean.low < 0.95, "thirty groups, all right"


def test_a_score_and_a_difference_that_never_vary_have_no_interval_of_no_width() -> None:
    wrong = [np.arange(N) // 2 % 2 == 0, np.arange(N) // 2 % 2 == 1]  # each is half right in every fold
    rows = np.arange(N) // 2 % (2 * K)
    fold = rows // 2
    made = {}
    for name, mistakes in zip(("one", "two"), wrong, strict=True):
        one = repeat(mistakes, 0)
        made[name] = [replace(one, folds=np.array([f"fold-{i}" for i in fold]))]
    found = compare_heads(made, np.arange(N))
    (pair,) = found.pairs
    assert pair.difference.mean.value == 0.0
    assert np.isnan([pair.difference.mean.low, pair.difference.mean.high]).all()
    assert tied_with_best(found) == ["two"]
    half = found.means["one"]["balanced_accuracy"]
    assert half.value == 0.5
    assert 0.35 < half.low < 0.45 < 0.55 < half.high < 0.65, "Wilson, 120 pictures"
    apart = compare_heads(heads(good=0.1, fair=0.12), np.arange(N))
    assert tied_with_best(apart) == []


def made_up(difference: float, told_apart: bool) -> Comparison:
    from styleid.evaluate.paired import McNemar, MeanTest
    from styleid.evaluate.resample import Measured
    from styleid.runs.compare.judge import Pair

    p = 0.01 if told_apart else 0.5
    test = MeanTest(Measured(difference, 0.0, 0.0), 1.0, p)
    pair = Pair("best", "plain", test, p, McNemar(1, 1, 1.0, 1.0), 1.0, 1.0)
    return Comparison(("best", "plain"), {}, {}, {}, (pair,), ())


@pytest.mark.parametrize(
    ("difference", "told_apart", "expected"),
    [
        (0.005, False, ("plain", ("plain",))),
        (0.05, False, ("best", ("plain",))),  # not told apart on few pictures, yet far behind
        (0.005, True, ("best", ())),
    ],
)
def test_a_simpler_head_must_be_near_and_not_told_apart(difference, told_apart, expected) -> None:
    assert choose_head(made_up(difference, told_apart), {"best": 5, "plain": 1}) == expected


def test_sets_that_overlap() -> None:
    """a and c are told apart, b from neither: two sets, and d alone."""
    from types import SimpleNamespace

    apart = {("a", "c"), ("a", "d"), ("b", "d"), ("c", "d")}
    names = [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]
    pairs = [SimpleNamespace(a=a, b=b, told_apart=(a, b) in apart) for a, b in names]
    assert _alike(("a", "b", "c", "d"), pairs) == (("a", "b"), ("b", "c"))


def test_what_cannot_be_compared_is_refused() -> None:
    made = heads(one=0.3, two=0.2)
    with pytest.raises(InputError, match="at least 2 heads"):
        compare_heads({"one": made["one"]}, np.arange(N))
    with pytest.raises(InputError, match="different folds"):
        compare_heads({"one": made["one"], "two": made["two"][::-1]}, np.arange(N))
