"""Put the demo's numbers into the README, from the runs themselves.

Usage: python scripts/readme_numbers.py [reports] [README.md]

Replaces what stands between the two markers by a table of the runs that are named by their head.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- numbers: scripts/readme_numbers.py -->", "<!-- end of numbers -->"
METRICS = ("accuracy", "macro_f1", "roc_auc")


def cell(metric: dict[str, float]) -> str:
    """Return a metric with its interval."""
    return "{value:.2f} ({low:.2f} to {high:.2f})".format(**metric)


def table(runs: list[dict[str, Any]]) -> str:
    """Return the runs, best first, and the baselines they are compared with, as Markdown."""
    runs = sorted(runs, key=lambda run: -run["metrics"]["accuracy"]["value"])
    titles = ["head", *(name.replace("_", " ") for name in METRICS), "accuracy random folds would claim"]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for run in runs:
        cells = [f"`{run['head']}`", *(cell(run["metrics"][name]) for name in METRICS)]
        lines.append("| " + " | ".join([*cells, cell(run["naive"]["accuracy"])]) + " |")
    majority = runs[0]["baselines"]["majority"]
    lines.append("| commonest label | " + " | ".join(cell(majority[name]) for name in METRICS) + " | |")
    return "\n".join(lines)


def main() -> None:
    """Rewrite the README's table."""
    arguments = [Path(argument) for argument in sys.argv[1:]]
    reports, readme = (arguments + [Path("reports"), Path("README.md")][len(arguments) :])[:2]
    found = [json.loads(path.read_bytes()) for path in sorted(reports.glob("*/result.json"))]
    plain = [run for run in found if run["run"] == run["head"]]
    if not plain:
        sys.exit(f"error: no runs in {reports}; run `styleid fit --head svm` and its kin first")
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    first = plain[0]
    facts = (
        f"{first['n_images']:,} pictures, {len(first['labels'])} labels, {first['n_groups']} subjects, "
        f"backbone `{first['backbone']}`, seed {first['seed']}, {first['created'][:10]}."
    )
    numbers = f"{BEGIN}\n{table(plain)}\n\n{facts}\n{END}"
    readme.write_text(before + numbers + after, encoding="utf-8")


if __name__ == "__main__":
    main()
