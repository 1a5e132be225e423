"""Ask of backbones what they must not do: let colours, compression or size carry the hand, or need colour.

Usage: python scripts/backbone/audit.py CORPUS [NAME=FILE ...] [--teachers] [--sets demo,...] [--out JSON]

Every picture of a set is embedded as it is and changed: in grey, with its hues turned, as a poor JPEG, small
and enlarged again. The default head is scored in grouped folds, four times a change:

- both: learned from and asked about changed pictures. A backbone that needs what is taken away falls here.
- asked: learned from pictures as they are, asked about changed ones. One that sees the change and not the
  hand falls here.
- with, against: in training, half of the hands are changed; of those asked about, the same half or the
  other. The distance between the two is what the change carries of the label.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from styleid.evaluate.table import make_table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  # the folder has to be found first
from numpy.typing import NDArray  # noqa: E402
from PIL import Image  # noqa: E402
from sklearn.metrics import balanced_accuracy_score  # noqa: E402

from backbone.changes import compressed, grey, small, turned  # noqa: E402
from backbone.judge import FOLDS, HEAD, SEED, asked_for, contenders, described, judged_sets  # noqa: E402
from styleid.evaluate.fitting import fit_head  # noqa: E402
from styleid.evaluate.splits import grouped_folds  # noqa: E402
from styleid.heads.base import get_head  # noqa: E402
from styleid.rows.training_set import TrainingSet  # noqa: E402

DESCRIPTOR, TURN, QUALITY, SMALL = "style", 43, 30, 96
SCORES = ("both", "asked", "with", "against")


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "grey": grey,
    "turned": partial(turned, by=TURN),
    "compressed": partial(compressed, quality=QUALITY),
    "small": partial(small, side=SMALL),
}


def main() -> None:
    """Audit what was named."""
    given = asked_for("Audit backbones on pictures kept for judgement.")
    sets = judged_sets(given)
    changed = {
        (name, change): np.stack([np.asarray(make(Image.fromarray(one))) for one in pixels])
        for name, (pixels, _) in sets.items()
        for change, make in CHANGES.items()
    }
    rows: list[dict[str, Any]] = []
    for who, describe in contenders(given):
        for name, (pixels, data) in sets.items():
            X = described(describe, pixels)[DESCRIPTOR]
            plain = scores(X, X, data)["both"]
            for change in CHANGES:
                found = scores(X, described(describe, changed[name, change])[DESCRIPTOR], data)
                rows.append({"backbone": who, "set": name, "change": change, "plain": plain, **found})
                shown = "  ".join(f"{score} {found[score]:.3f}" for score in SCORES)
                print(f"{who:<24} {name:<14} {change:<12} plain {plain:.3f}  {shown}", flush=True)
    if given.out:
        given.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def scores(X: NDArray[np.float32], changed: NDArray[np.float32], data: TrainingSet) -> dict[str, float]:
    """Return the balanced accuracies `both`, `asked`, `with` and `against`.

    Parameters
    ----------
    X, changed : NDArray of float32
        (n, dim) of the pictures as they are, and changed.
    data : TrainingSet
        Their hands, and what stays together.
    """
    half = np.isin(data.y, data.labels[::2])[:, None]
    some, others = np.where(half, changed, X), np.where(half, X, changed)
    folds, _ = grouped_folds(data.y, data.components, FOLDS, SEED)
    head = get_head(HEAD)
    asked = {
        "both": (changed, changed),
        "asked": (X, changed),
        "with": (some, some),
        "against": (some, others),
    }
    found = {}
    for score, (learned, shown) in asked.items():
        guess = np.empty_like(data.y)
        for fold in folds:
            fitted = fit_head(head, {}, make_table(learned, data.y, data.components), fold.train, seed=SEED)
            guess[fold.test] = fitted.predict(shown[fold.test])
        found[score] = float(balanced_accuracy_score(data.y, guess))
    return found


if __name__ == "__main__":
    main()
