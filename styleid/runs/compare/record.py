"""``compare.json``: the numbers of a comparison, as others read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from styleid.evaluate.resample import plain
from styleid.evaluate.table import Fold
from styleid.heads.base import REGISTRY, Head
from styleid.rows.selection import Selection
from styleid.rows.training_set import TrainingSet
from styleid.runs.compare.judge import LEVEL, WORTH, Comparison, Pair, choose_head, tied_with_best
from styleid.runs.compare.repeats import Done, Key
from styleid.runs.compare.words import write_recommendation
from styleid.runs.desk import Desk

#: Heads compared where none are named.
DEFAULT_HEADS = tuple(REGISTRY)


@dataclass(frozen=True, kw_only=True)
class CompareOptions(Selection):
    """Options of `compare`, saved in ``compare.json``.

    Parameters
    ----------
    heads : tuple of str
        Names of the heads, at least two.
    folds : int
        Folds of a repeat; fewer are made where the groups do not allow as many.
    repeats : int
        How often the rows are cut into folds anew.
    seed : int
        Seed of everything random.
    where, target, skip_small, space, views, pool
        As for `FitOptions`.
    """

    JOINS = True

    heads: tuple[str, ...] = DEFAULT_HEADS
    folds: int = 5
    repeats: int = 3
    seed: int = 0

    @property
    def default_name(self) -> str:
        """Name of the run's folder, made from the options."""
        return self.name_run("compare")


def compare_result(
    desk: Desk[CompareOptions],
    data: TrainingSet,
    heads: Sequence[Head],
    repeats: Sequence[Sequence[Fold]],
    done: Mapping[Key, Done],
    comparison: Comparison,
    notes: Sequence[str],
) -> dict[str, Any]:
    """Put a comparison into plain values, as documented in ``docs/formats.md``; timing comes later."""
    options = desk.options
    chosen, equals = choose_head(comparison, {head.name: head.complexity for head in heads})
    result: dict[str, Any] = {
        **desk.record(data, notes),
        **desk.asked(),
        "heads": list(comparison.heads),
        "n_folds": len(repeats[0]),
        "n_repeats": len(repeats),
        "seed": options.seed,
        "options": asdict(options) | {"heads": list(options.heads)},
        "level": LEVEL,
        "worth": WORTH,
        "results": {head: _of_head(head, comparison, repeats, done) for head in comparison.heads},
        "pairs": [_of_pair(pair) for pair in comparison.pairs],
        "alike": [list(group) for group in comparison.alike],
        "recommended": {
            "head": chosen,
            "best": comparison.heads[0],
            "equals": list(equals),
            "tied": tied_with_best(comparison),
        },
    }
    result["recommended"]["words"] = write_recommendation(result)
    return result


def _of_head(
    head: str, comparison: Comparison, repeats: Sequence[Sequence[Fold]], done: Mapping[Key, Done]
) -> dict[str, Any]:
    keys = [Key(head, r, f) for r, folds in enumerate(repeats) for f in range(len(folds))]
    runs = [done[key].result.run for key in keys]
    return {
        "metrics": {name: plain(mean) for name, mean in comparison.means[head].items()},
        "mean_rank": comparison.mean_ranks[head],
        # Medians: the first task of a process also loads libraries.
        "fold_seconds": {
            "search": float(np.median([run.search_seconds for run in runs])),
            "fit": float(np.median([run.fit_seconds for run in runs])),
            "predict": float(np.median([run.predict_seconds for run in runs])),
        },
        "cpu_seconds": sum(done[key].cpu_seconds for key in keys),
        "folds": [
            {
                "repeat": key.repeat + 1,
                "name": run.name,
                "n_train": run.n_train,
                "n_test": run.n_test,
                "params": dict(run.params),
                **{name: float(values[i]) for name, values in comparison.scores[head].items()},
            }
            for i, (key, run) in enumerate(zip(keys, runs, strict=True))
        ],
    }


def _of_pair(pair: Pair) -> dict[str, Any]:
    test = pair.mcnemar
    return {
        "a": pair.a,
        "b": pair.b,
        "difference": plain(pair.difference.mean),
        "t": pair.difference.t,
        "p": pair.difference.p,
        "p_holm": pair.p_holm,
        "told_apart": pair.told_apart,
        "mcnemar": {
            "only_a": test.only_a,
            "only_b": test.only_b,
            "p": test.p,
            "p_holm": pair.mcnemar_p_holm,
            "p_groups": test.p_groups,
            "p_groups_holm": pair.mcnemar_p_groups_holm,
        },
    }
