"""Compare heads on the same repeated folds: who is better, and who cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from styleid.errors import InputError
from styleid.evaluate.bootstrap import effective_sizes
from styleid.evaluate.crossval import Predictions
from styleid.evaluate.metrics import counted_metrics
from styleid.evaluate.paired import STILL, McNemar, MeanTest, corrected_mean, holm, mcnemar
from styleid.evaluate.resample import Measured, wilson_interval

#: What heads are compared by; the first decides.
COMPARED = ("balanced_accuracy", "accuracy", "macro_f1")

#: Adjusted p-values below tell two heads apart.
LEVEL = 0.05

#: A simpler head may cost this much of the first of `COMPARED`: the region of practical equivalence of
#: A. Benavoli et al., "Time for a change: a tutorial for comparing multiple classifiers through Bayesian
#: analysis", JMLR 18 (2017).
WORTH = 0.01


@dataclass(frozen=True)
class Pair:
    """Two heads, the better first; p-values named ``holm`` are adjusted over all pairs."""

    a: str
    b: str
    difference: MeanTest  # of balanced accuracy, a less b, fold by fold
    p_holm: float
    mcnemar: McNemar  # their mistakes in the first repeat
    mcnemar_p_holm: float
    mcnemar_p_groups_holm: float

    @property
    def told_apart(self) -> bool:
        """Whether the t-test tells the two apart."""
        return self.p_holm < LEVEL


@dataclass(frozen=True, eq=False)
class Comparison:
    """How heads did on the same folds; mappings have the head's name as key, then the metric's."""

    heads: tuple[str, ...]  # the highest mean balanced accuracy first; equals in the order given
    scores: Mapping[str, Mapping[str, NDArray[np.float64]]]  # (j,) one a fold, repeat after repeat
    means: Mapping[str, Mapping[str, Measured]]  # with corrected intervals
    mean_ranks: Mapping[str, float]  # over folds, by balanced accuracy: 1 is best, equals share
    pairs: tuple[Pair, ...]
    alike: tuple[tuple[str, ...], ...]  # largest sets with no two told apart; may overlap


def compare_heads(
    predictions: Mapping[str, Sequence[Predictions]], components: NDArray[np.int64]
) -> Comparison:
    """Compare heads by their out-of-fold predictions, one `Predictions` of all n rows a repeat.

    Raises `InputError` for fewer than two heads, or heads that were not scored on the same folds.
    """
    if len(predictions) < 2:
        raise InputError(f"expected at least 2 heads to compare, found {len(predictions)}; name another")
    first, *others = predictions.values()
    if any(not _same_folds(first, other) for other in others):
        raise InputError("the heads were scored on different folds; score all of them on the same ones")
    scores = {head: _fold_scores(repeats) for head, repeats in predictions.items()}
    runs = [run for repeat in first for run in repeat.runs]
    # Folds differ a little in size: the ratio of sums is the ratio of the means.
    ratio = sum(run.n_test for run in runs) / sum(run.n_train for run in runs)
    means = {
        head: _means(fold_scores, predictions[head][0], components, ratio)
        for head, fold_scores in scores.items()
    }
    heads = tuple(sorted(predictions, key=lambda head: -round(means[head][COMPARED[0]].value, 12)))
    pairs = _pairs(heads, predictions, scores, components, ratio)
    return Comparison(heads, scores, means, _mean_ranks(heads, scores), pairs, _alike(heads, pairs))


def choose_head(comparison: Comparison, complexity: Mapping[str, int]) -> tuple[str, tuple[str, ...]]:
    """Return the simplest head that is as good as the best, and all heads not told apart from the best.

    The chosen head is not told apart from the best and lies at most `WORTH` behind it; the first alone is not
    enough, since on few pictures nothing can be told apart. The second list is without the best.
    """
    best = comparison.heads[0]
    beside = {pair.b: pair for pair in comparison.pairs if pair.a == best}
    equals = tuple(head for head in comparison.heads[1:] if not beside[head].told_apart)
    near = [best, *(head for head in equals if beside[head].difference.mean.value <= WORTH)]
    return min(near, key=lambda head: complexity[head]), equals


def tied_with_best(comparison: Comparison) -> list[str]:
    """List the heads whose mean is that of the first but for rounding, so that none of them is the best."""
    behind = {
        pair.b: pair.difference.mean.value for pair in comparison.pairs if pair.a == comparison.heads[0]
    }
    return [head for head, value in behind.items() if abs(value) < STILL]


def _same_folds(one: Sequence[Predictions], other: Sequence[Predictions]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a.rows, b.rows) and np.array_equal(a.folds, b.folds)
        for a, b in zip(one, other, strict=True)
    )


def _fold_scores(repeats: Sequence[Predictions]) -> dict[str, NDArray[np.float64]]:
    """Score each fold by itself: metric -> (j,)."""
    k = len(repeats[0].labels)
    confusions = []
    for repeat in repeats:
        for run in repeat.runs:
            tested = repeat.folds == run.name
            cells = repeat.true[tested] * k + repeat.predicted[tested]
            confusions.append(np.bincount(cells, minlength=k * k).reshape(k, k))
    metrics = counted_metrics(np.array(confusions, dtype=np.float64))  # (j, k, k) -> (j,) each
    return {name: metrics[name] for name in COMPARED}


def _means(
    scores: Mapping[str, NDArray[np.float64]], first: Predictions, components: NDArray[np.int64], ratio: float
) -> dict[str, Measured]:
    """Average each metric; a score that is the same in every fold has Wilson's interval."""
    sizes = effective_sizes(first.true, first.predicted, components[first.rows], len(first.labels))[0]
    means = {}
    for name, values in scores.items():
        test = corrected_mean(values, ratio)
        value, low, high = test.mean[:3]
        if test.t is None:
            low, high = wilson_interval(min(max(value, 0.0), 1.0), sizes[name])
        means[name] = test.mean._replace(low=max(low, 0.0), high=min(high, 1.0))
    return means


def _mean_ranks(
    heads: Sequence[str], scores: Mapping[str, Mapping[str, NDArray[np.float64]]]
) -> dict[str, float]:
    table = np.array([scores[head][COMPARED[0]] for head in heads])  # (n_heads, j)
    above = (table[:, None] < table[None] - 1e-12).sum(axis=1)
    level = (np.abs(table[:, None] - table[None]) <= 1e-12).sum(axis=1)
    return dict(zip(heads, (above + (level + 1) / 2).mean(axis=1).tolist(), strict=True))


def _pairs(
    heads: Sequence[str],
    predictions: Mapping[str, Sequence[Predictions]],
    scores: Mapping[str, Mapping[str, NDArray[np.float64]]],
    components: NDArray[np.int64],
    ratio: float,
) -> tuple[Pair, ...]:
    names = list(combinations(heads, 2))
    differences = [corrected_mean(scores[a][COMPARED[0]] - scores[b][COMPARED[0]], ratio) for a, b in names]
    firsts = {head: repeats[0] for head, repeats in predictions.items()}
    right = {head: first.predicted == first.true for head, first in firsts.items()}
    component = components[firsts[heads[0]].rows]
    mistakes = [mcnemar(right[a], right[b], component) for a, b in names]
    adjusted = zip(
        holm([difference.p for difference in differences]),
        holm([test.p for test in mistakes]),
        holm([test.p_groups for test in mistakes]),
        strict=True,
    )
    return tuple(
        Pair(*pair, difference, p, test, *others)
        for pair, difference, test, (p, *others) in zip(names, differences, mistakes, adjusted, strict=True)
    )


def _alike(heads: Sequence[str], pairs: Sequence[Pair]) -> tuple[tuple[str, ...], ...]:
    """List the maximal sets without a pair that is told apart; heads are few, so all subsets are tried."""
    apart = {frozenset((pair.a, pair.b)) for pair in pairs if pair.told_apart}
    sets: list[tuple[str, ...]] = []
    for size in range(len(heads), 1, -1):
        for chosen in combinations(heads, size):
            alike = not any(frozenset(pair) in apart for pair in combinations(chosen, 2))
            if alike and not any(set(chosen) <= set(larger) for larger in sets):
                sets.append(chosen)
    return tuple(sorted(sets, key=lambda group: heads.index(group[0])))
