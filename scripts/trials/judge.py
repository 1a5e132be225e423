"""Judge one default by picture sets that the project does not ship, all ways on the same folds.

Usage: python scripts/trials/judge.py DATA --what heads|calibration|strangers|... [--sets NAME,NAME]
       [--ways NAME,NAME] [--seeds 3] [--out FOLDER] [--tables-only]

DATA is what build.py made; the demo is one more set, and SET~uneven is a set with uneven labels. What was
measured is kept in DATA/results/WHAT.jsonl and not measured again: a new way is one function and one line in
its file, and only that is computed. FOLDER [DATA/results] gets WHAT.json and WHAT.md: each set's mean over
seeds, and over sets the mean of the paired differences from today's way with a 95 % interval (Student's t
over sets: a set is one observation, however many folds it was cut into) and in how many sets it is better.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  # the folder has to be found first
from scipy.stats import t as student  # noqa: E402

from trials.trial import Choice, load_table, make_trial  # noqa: E402

#: A choice is one `Choice` in a file of this folder, and one line here.
CHOICES = {
    "heads": "trials.heads:HEADS",
    "calibration": "trials.probabilities:LDA",
    **{
        f"calibration-{head}": f"trials.probabilities:{head.upper()}"
        for head in ("svm", "logreg", "knn", "centroid", "mlp")
    },
    "outsiders": "trials.outsiders:OUTSIDERS",
    "strangers": "trials.strangers:STRANGERS",
    **{
        f"spaces{'' if head == 'lda' else f'-{head}'}": f"trials.spaces:{head.upper()}"
        for head in ("lda", "svm", "knn", "logreg")
    },
    "witnesses": "trials.witnesses:WITNESSES",
    "targets": "trials.targets:TARGET",
    "views": "trials.views:VIEWS",
}
Row = dict[str, Any]


def main() -> None:
    """Measure what is missing and write the tables."""
    parser = argparse.ArgumentParser(description="Judge one default by pictures of strangers.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--what", required=True, choices=tuple(CHOICES))
    parser.add_argument("--sets", help="names, by commas [all that are built, and the demo]")
    parser.add_argument("--ways", help="names of candidates, by commas [all]")
    parser.add_argument("--seeds", type=int, default=3, help="repeats with other folds [3]")
    parser.add_argument("--out", type=Path, help="folder of the tables [DATA/results]")
    parser.add_argument("--tables-only", action="store_true", help="write the tables of what is measured")
    given = parser.parse_args()
    module, _, name = CHOICES[given.what].partition(":")
    choice: Choice = getattr(import_module(module), name)
    results = given.data / "results"
    results.mkdir(parents=True, exist_ok=True)
    file = results / f"{given.what}.jsonl"
    built = sorted(folder.name for folder in (given.data / "pictures").iterdir())
    sets = given.sets.split(",") if given.sets else ["demo", *built]
    ways = given.ways.split(",") if given.ways else list(choice.candidates)
    if not given.tables_only:
        measure(choice, ways, sets, range(given.seeds), given.data, file)
    # A set made uneven is the same pictures: beside its even twin it would count twice.
    shown = (
        sets
        if given.sets
        else [name for name in dict.fromkeys(row["set"] for row in read(file)) if "~" not in name]
    )
    rows = [row for row in read(file) if row["way"] in choice.candidates and row["set"] in shown]
    out = given.out or results
    out.mkdir(parents=True, exist_ok=True)
    summary = summarise(choice, rows)
    (out / f"{given.what}.json").write_text(json.dumps(rounded(summary)) + "\n", encoding="utf-8")
    text = written(choice, summary)
    (out / f"{given.what}.md").write_text(text, encoding="utf-8")
    print(text)


def read(file: Path) -> list[Row]:
    """Return what was measured before, one row a set, seed and way."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def measure(
    choice: Choice, ways: Sequence[str], sets: Sequence[str], seeds: Sequence[int], data: Path, file: Path
) -> None:
    """Run every way on every set and seed that is not there yet; a row is kept as soon as it is measured."""
    done = {(row["set"], row["seed"], row["way"]) for row in read(file)}
    for seed in seeds:
        for name in sets:
            missing = [way for way in ways if (name, seed, way) not in done]
            if not missing:
                continue
            trial = make_trial(load_table(data, name), name, seed, data)
            sizes = {"pictures": len(trial.table.y), "labels": len(trial.table.labels)}
            for way in missing:
                begun = time.perf_counter()
                values = choice.candidates[way](trial)
                row = {"set": name, "seed": seed, "way": way, **sizes, "values": values}
                with file.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(row) + "\n")
                print(f"{name} {seed} {way}: {time.perf_counter() - begun:.0f} s", flush=True)


def summarise(choice: Choice, rows: Sequence[Row]) -> dict[str, Any]:
    """Average over seeds, and pair every way with today's, set by set and seed by seed."""
    sets = list(dict.fromkeys(row["set"] for row in rows))
    kept: dict[tuple[str, str], dict[int, Mapping[str, float]]] = {}
    for row in rows:
        kept.setdefault((row["way"], row["set"]), {})[row["seed"]] = row["values"]
    summary: dict[str, Any] = {"asks": choice.asks, "baseline": choice.baseline, "sets": sets, "metrics": {}}
    for metric, better in choice.metrics.items():
        table: dict[str, Any] = {}
        for way in choice.candidates:
            own = {name: with_metric(kept.get((way, name), {}), metric) for name in sets}
            own = {name: by_seed for name, by_seed in own.items() if by_seed}
            if not own:
                continue
            means = {name: mean([v[metric] for v in by_seed.values()]) for name, by_seed in own.items()}
            standing = {name: with_metric(kept.get((choice.baseline, name), {}), metric) for name in own}
            pairs = {
                name: [
                    (own[name][seed][metric], values[metric])
                    for seed, values in standing[name].items()
                    if seed in own[name]
                ]
                for name in own
            }
            differences = {name: mean([a - b for a, b in pair]) for name, pair in pairs.items() if pair}
            table[way] = {"by_set": means, "mean": mean(list(means.values()))}
            if way != choice.baseline and differences:
                table[way] |= {"differences": differences, **interval(list(differences.values()), better)}
        summary["metrics"][metric] = {"better": better, "ways": table}
    return summary


def rounded(value: Any) -> Any:
    """Return the same with numbers of four decimals, all that a set of some hundred pictures can tell."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def with_metric(by_seed: Mapping[int, Mapping[str, float]], metric: str) -> dict[int, Mapping[str, float]]:
    """Return the seeds that have this number: what was measured before it was thought of lacks it."""
    return {seed: values for seed, values in by_seed.items() if metric in values}


def mean(values: Sequence[float]) -> float:
    """Return the mean as a plain number."""
    return float(np.mean(values))


def interval(values: Sequence[float], better: int) -> dict[str, Any]:
    """Return the mean difference with its 95 % interval over sets, and in how many sets it is better."""
    n, middle = len(values), mean(values)
    wins = sum(value * better > 0 for value in values)
    found: dict[str, Any] = {"difference": middle, "better_in": wins, "n_sets": n}
    if n > 1:
        wide = float(student.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
        found |= {"low": middle - wide, "high": middle + wide}
    return found


def written(choice: Choice, summary: Mapping[str, Any]) -> str:
    """Write the tables as Markdown: one a metric, the judged ones first, then ways by set."""
    lines = [
        f"# {choice.asks}",
        "",
        f"Today: {choice.baseline}. Differences are paired; intervals are over sets.",
    ]
    for metric, found in summary["metrics"].items():
        word = {1: "more is better", -1: "less is better", 0: "for reading, not judged"}[found["better"]]
        lines += ["", f"## {metric} ({word})", ""]
        titles = ["way", "mean", "sets", "difference", "better in", *summary["sets"]]
        lines += [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
        for way, values in found["ways"].items():
            difference, wins = "", ""
            if "difference" in values:
                difference = f"{values['difference']:+.3f}"
                if "low" in values:
                    difference += " ({low:+.3f} to {high:+.3f})".format(**values)
                wins = f"{values['better_in']} of {values['n_sets']}" if found["better"] else ""
            cells = [f"{values['by_set'][s]:.3f}" if s in values["by_set"] else "" for s in summary["sets"]]
            first = [way, format(values["mean"], ".3f"), str(len(values["by_set"])), difference, wins]
            lines.append(f"| {' | '.join([*first, *cells])} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
