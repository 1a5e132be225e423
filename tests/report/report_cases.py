"""Made-up runs with made-up pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from styleid.report.palette import COLOURS
from styleid.report.projection import Projection
from styleid.report.summary import RunData

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "$\\frac{1}{0}$ & 50 %",
    "</script><script>alert(2)</script>",
    "北斎 Hokusai",
    "a label that goes on and on and on, far past the edge of any table or plot",
    "\u202egnirts \u2028 \x07",
    "\"quotes\" 'and' {{ braces }} {% x %}",
)


def metric(value: float | None, spread: float = 0.04) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": max(0.0, value - spread), "high": min(1.0, value + spread)}


def draw_pictures(folder: Path, true: np.ndarray, rng: np.random.Generator) -> list[Path]:
    """Stripes and discs in the colour of the label."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    y, x = np.mgrid[0:80, 0:110]
    for i, label in enumerate(true):
        ink = np.array([int(COLOURS[label % 8][k : k + 2], 16) for k in (1, 3, 5)])
        wave = np.sin((x * (1 + label % 5) + y * rng.uniform(0, 3)) / rng.uniform(5, 9))[..., None]
        pixels = np.clip(ink + 60 * wave + rng.normal(0, 9, (80, 110, 3)), 0, 255).astype(np.uint8)
        path = folder / f"{i:05d}.jpg"
        Image.fromarray(pixels).save(path, quality=80)
        paths.append(path)
    return paths


def make_run(
    folder: Path,
    labels: Sequence[str],
    a_label: int = 20,
    *,
    hit: float = 0.8,
    gone: int = 0,
    curves: int = 0,
    one_vs_rest: bool = False,
    projection: bool = True,
    seed: int = 0,
    accuracy: float | None = None,
) -> RunData:
    rng = np.random.default_rng(seed)
    k = len(labels)
    true = np.repeat(np.arange(k), a_label)
    n = len(true)
    noise = rng.normal(0, 1, (n, k))
    lift = np.where(rng.random(n) < hit, 4.0, 0.0)
    noise[np.arange(n), true] += lift
    scores = 1 / (1 + np.exp(-noise)) if one_vs_rest else np.exp(noise) / np.exp(noise).sum(1, keepdims=True)
    predicted = scores.argmax(axis=1)
    confusion = np.zeros((k, k), dtype=int)
    np.add.at(confusion, (true, predicted), 1)
    centres = rng.normal(0, 6, (k, 2))
    paths = draw_pictures(folder, true, rng)
    for path in paths[:gone]:
        path.unlink()
    got = float((true == predicted).mean()) if accuracy is None else accuracy

    def of_label(i: int) -> dict[str, Any]:
        recall = confusion[i, i] / a_label
        used = confusion[:, i].sum()
        precision = confusion[i, i] / used if used else None
        both = (
            None
            if precision is None or recall + precision == 0
            else 2 * recall * precision / (recall + precision)
        )
        return {
            "recall": metric(recall, 0.08),
            "precision": metric(precision, 0.08),
            "f1": metric(both, 0.07),
            "roc_auc": metric(0.9),
            "average_precision": metric(None),
            "n_images": a_label,
            "n_groups": max(1, a_label // 2),
        }

    def all_metrics(level: float) -> dict[str, Any]:
        spread = min(0.1, 1.0 / np.sqrt(n))
        names = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "roc_auc")
        return {name: metric(level, spread) for name in names} | {"average_precision": metric(None)}

    epochs = np.arange(1, 31)
    return RunData(
        result={
            "format_version": 1,
            "run": "made-up",
            "created": "2026-11-21T20:15:00+00:00",
            "head": "mlp" if curves else "svm",
            "head_params": {"C": 1.0, "kernel": "rbf"},
            "labels": list(labels),
            "n_images": n,
            "n_groups": n // 2,
            "n_excluded": 3,
            "space": "5f1d" * 16,
            "backbone": "resnet18",
            "weights_digest": "f37072fd" * 8,
            "descriptor": "avgpool",
            "protocol": "cv",
            "seed": seed,
            "target": None,
            "one_vs_rest": one_vs_rest,
            "metrics": all_metrics(got),
            "per_label": {label: of_label(i) for i, label in enumerate(labels)},
            "confusion": confusion.tolist(),
            "baselines": {"majority": all_metrics(1 / k), "centroid": all_metrics(max(0.0, got - 0.12))},
            "folds": [
                {
                    "name": f"fold {i + 1}",
                    "n_train": n * 4 // 5,
                    "n_test": n // 5,
                    "params": {"C": 10.0 ** (i % 3)},
                    "balanced_accuracy": got + 0.01 * (i - 2),
                }
                for i in range(5)
            ],  # fmt: skip
            "timing_seconds": {"embed": 12.3, "fit": 4.56, "projection": 19.0},
            "versions": {"styleid": "0.1.0", "numpy": np.__version__, "python": "3.11.2"},
            "notes": ["3 pictures carry two labels and were left out."],
        },
        image_ids=[f"{labels[t]}/{i:05d}.jpg" for i, t in enumerate(true)],
        paths=paths,
        true=true.astype(np.int64),
        predicted=predicted.astype(np.int64),
        scores=scores,
        folds=[f"fold {1 + i % 5}" for i in range(n)],
        projection=Projection(centres[true] + rng.normal(0, 1.4, (n, 2)), "umap", 0.93, None)
        if projection
        else None,
        curves=[
            {
                "name": f"fold {c + 1}",
                "loss": (2 * np.exp(-epochs / 5) + 0.02 * c).tolist(),
                "val_loss": (2 * np.exp(-epochs / 4) + 0.3 + 0.012 * epochs + 0.05 * c).tolist(),
                "accuracy": (1 - np.exp(-epochs / 4)).tolist(),
                "val_accuracy": (0.8 - 0.7 * np.exp(-epochs / 4) - 0.02 * c).tolist(),
                "best_epoch": 13 + c,
            }
            for c in range(curves)
        ],
    )
