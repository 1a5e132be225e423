"""Contexts that questions are measured in, made of drawn vectors and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from checked import Checked

from styleid import FitOptions
from styleid.data.facts import read_facts
from styleid.data.hash_memory import HashMemory
from styleid.data.manifest.table import Manifest, Row, read_manifest
from styleid.evaluate.resample import plain
from styleid.heads.base import get_head
from styleid.questions.audit import CheckContext, CheckData
from styleid.questions.base import Answer
from styleid.questions.context import FitContext
from styleid.questions.run_data import Projection, RunData
from styleid.rows.training_set import TrainingSet, find_duplicates, training_set
from styleid.runs.check.scores import score_together
from styleid.runs.fit.run import fit_shipped, score

DIM = 6
LABELS = ("ann", "bob", "cy")


def training(n: int, k: int, seed: int = 0) -> TrainingSet:
    """Vectors of k labels, n pictures each, two in a component, by two sources."""
    rng = np.random.default_rng(seed)
    y = np.repeat(LABELS[:k], n)
    X = rng.normal(size=(n * k, DIM)) + 2.0 * np.eye(DIM)[np.repeat(np.arange(k), n)]
    components = np.arange(n * k) // 2 if n > 2 else np.arange(n * k)
    rows = tuple(
        Row(f"{label}/{i}.png", f"{label}/{i}.png", label, source=f"s{i % 2}", sha256=f"{i:064x}")
        for i, label in enumerate(y)
    )
    return TrainingSet(
        manifest=Manifest(rows, Path("nowhere")),
        X=X.astype(np.float32),
        y=y,
        own_labels=y,
        components=components,
        labels=LABELS[:k],
        n_excluded=0,
        notes=(),
    )


def fit_context(n: int, k: int) -> FitContext:
    """Score and fit the nearest centroid, which is quick."""
    data, options = training(n, k), FitOptions(head="centroid", folds=2 if n < 6 else 3)
    head = get_head("centroid")
    scored = score(head, data, options, 1, _quiet)
    shipped = fit_shipped(head, data, options, scored.measured, 1)
    plane = Projection(data.X[:, :2].astype(np.float64), "pca", None, "too few pictures for UMAP")
    return FitContext(head, data, options, scored, shipped, lambda: plane, 1, _quiet)


def show_fit(context: FitContext, answers: dict[str, Answer]) -> RunData:
    """What the page of a fit is made from."""
    predictions, data = context.scored.predictions, context.data
    result: dict[str, Any] = {
        "head": "centroid",
        "labels": list(data.labels),
        "n_images": len(data.y),
        "n_groups": len(np.unique(data.components)),
        "protocol": "cv",
        "target": None,
    }
    for answer in answers.values():
        result |= plain(answer.record)
    rows = [data.manifest.rows[i] for i in predictions.rows]
    return RunData(
        result=result,
        image_ids=[row.image_id for row in rows],
        paths=[Path(row.path) for row in rows],
        true=predictions.true,
        predicted=predictions.predicted,
        scores=predictions.scores,
        off_centre=np.zeros(len(rows)),
        folds=predictions.folds.tolist(),
        projection=answers["projection"].kept,
    )


class CheckedSet:
    """A set with a twin under another label; its files may have gone since it was embedded."""

    def __init__(self, root: Path, gone: bool) -> None:
        made = Checked(root, n=8)
        made.twin(0, label="bob", group="bob/9")
        made.write()
        data = training_set(
            read_manifest(made.manifest), made.store, FitOptions(skip_small=True), 1, near_duplicates=False
        )
        paths = [data.manifest.file(row) for row in data.manifest.rows]
        if gone:
            for path in paths:
                path.unlink()
        facts = read_facts(paths, 1, lambda done, total: None)
        memory = HashMemory(root / "hashes.json")
        memory.learn(facts)
        duplicates = find_duplicates(
            data, data.vectors, memory.of([row.sha256 for row in data.manifest.rows])
        )
        scored = score_together(data.table, duplicates, (2, 0, 1))
        self.scores = {"as_is": scored.as_is, "together": scored.together, "left_out": scored.together}
        self.paths = {row.image_id: data.manifest.file(row) for row in data.manifest.rows}
        self.context = CheckContext(
            data, data.manifest, facts, duplicates, scored.table, scored.predictions, 2, 0, 1
        )

    def show(self, answers: dict[str, Answer]) -> CheckData:
        """What the page of an audit is made from."""
        data = self.context.data
        result: dict[str, Any] = {
            "n_images": len(data.y),
            "options": {"folds": 2},
            "labels": {label: {"n_images": 8, "n_groups": 4} for label in data.labels},
            "labels_left_out": ["dee"],
            "scores": self.scores,
        }
        for answer in answers.values():
            result |= plain(answer.record)
        return CheckData(result, self.paths)


def _quiet(stage: str, done: int, total: int) -> None:
    pass
