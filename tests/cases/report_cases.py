"""Made-up runs, with made-up pictures where pictures are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from trust_cases import metric, trust

from styleid.questions.run_data import Projection, RunData
from styleid.report.palette import COLOURS

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "$\\frac{1}$ & 50 %",
    "</script><script>alert(2)</script>",
    "北斎 Hokusai",
    "a label that goes on and on and on, far past the edge of any table or plot",
    "\u202egnirts \u2028 \x07",
    "\"quotes\" 'and' {{ braces }} {% x %} <!-- \ud800",
)


def clusters(kinds: int = 3, each: int = 8) -> np.ndarray:
    """Rows in well-parted heaps, heap by heap."""
    rng = np.random.default_rng(0)
    centres = 4 * rng.normal(size=(kinds, 16))
    return (np.repeat(centres, each, axis=0) + rng.normal(size=(kinds * each, 16))).astype(np.float32)


def draw_pictures(folder: Path, true: np.ndarray, rng: np.random.Generator) -> list[Path]:
    """Draw stripes in the colour of the label."""
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


def make_result(labels: Sequence[str], counts: Sequence[Sequence[int]], accuracy: float) -> dict[str, Any]:
    """Make a ``result.json`` whose metrics need not fit its confusion matrix."""
    confusion = np.asarray(counts)
    n = int(confusion.sum())

    def of_label(i: int) -> dict[str, Any]:
        own, used, hit = (int(v) for v in (confusion[i].sum(), confusion[:, i].sum(), confusion[i, i]))
        recall, precision = (hit / total if total else None for total in (own, used))
        both = 2 * hit / (own + used) if own + used else None
        return {
            "recall": metric(recall, 0.08),
            "precision": metric(precision, 0.08),
            "f1": metric(both, 0.07),
            "roc_auc": metric(0.9),
            "average_precision": metric(None),
            "n_images": own,
            "n_groups": max(1, own // 2),
        }

    def overall(level: float) -> dict[str, Any]:
        names = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "roc_auc")
        return {name: metric(level) for name in names} | {"average_precision": metric(None)}

    return {
        "format_version": 1,
        "run": "made-up",
        "created": "2026-11-21T20:15:00Z",
        "head": "svm",
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
        "seed": 0,
        "target": None,
        "one_vs_rest": False,
        "metrics": overall(accuracy),
        "per_label": {label: of_label(i) for i, label in enumerate(labels)},
        "confusion": confusion.tolist(),
        "baselines": {
            "majority": overall(1 / len(labels)),
            "centroid": overall(max(0.0, accuracy - 0.2)),
        },
        "less_baselines": {
            "majority": dict.fromkeys(("accuracy", "balanced_accuracy"), metric(accuracy - 1 / len(labels))),
            "centroid": dict.fromkeys(("accuracy", "balanced_accuracy"), metric(0.2)),
        },
        "leakage_gap": None,
        "groups_given": True,
        "folds": [
            {
                "name": f"fold {i + 1}",
                "n_train": n * 4 // 5,
                "n_test": n // 5,
                "params": {"svc__C": 10.0 ** (i % 3)},
                "balanced_accuracy": accuracy,
            }
            for i in range(5)
        ],
        "timing_seconds": {"evaluate": 12.3, "report": 4.56},
        "versions": {"styleid": "0.1.0", "python": "3.11.2"},
        "notes": ["3 pictures carry two labels and were left out."],
    } | trust(labels)


def make_run(
    folder: Path | None,
    labels: Sequence[str],
    a_label: int = 20,
    *,
    hit: float = 0.8,
    gone: int = 0,
    curves: int = 0,
    one_vs_rest: bool = False,
    projection: bool = True,
    seed: int = 0,
) -> RunData:
    """Make a run; without a folder none of its pictures exists."""
    rng = np.random.default_rng(seed)
    k = len(labels)
    true = np.repeat(np.arange(k), a_label)
    n = len(true)
    noise = rng.normal(0, 1, (n, k))
    noise[np.arange(n), true] += np.where(rng.random(n) < hit, 4.0, 0.0)
    scores = 1 / (1 + np.exp(-noise)) if one_vs_rest else np.exp(noise) / np.exp(noise).sum(1, keepdims=True)
    predicted = scores.argmax(axis=1)
    confusion = np.zeros((k, k), dtype=int)
    np.add.at(confusion, (true, predicted), 1)
    centres = rng.normal(0, 6, (k, 2))
    if folder is None:
        paths = [Path("gone") / f"{i:05d}.jpg" for i in range(n)]
    else:
        paths = draw_pictures(folder, true, rng)
        for path in paths[:gone]:
            path.unlink()
    result = make_result(labels, confusion.tolist(), float((true == predicted).mean()))
    result |= {"one_vs_rest": one_vs_rest, "seed": seed, "head": "mlp" if curves else "svm"}
    plane = centres[true] + rng.normal(0, 1.4, (n, 2))
    epochs = np.arange(1, 31)
    return RunData(
        result=result,
        image_ids=[f"{labels[t]}/{i:05d}.jpg" for i, t in enumerate(true)],
        paths=paths,
        true=true.astype(np.int64),
        predicted=predicted.astype(np.int64),
        scores=scores,
        off_centre=rng.uniform(0, 9, n),
        folds=[f"fold {1 + i % 5}" for i in range(n)],
        projection=Projection(plane, "umap", 0.93, None) if projection else None,
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
