"""Two looks at one picture: a second space's vectors beside those of `style`, on the same folds.

The second space is `avgpool` of the same network, or `style` of a ResNet-18 of ImageNet, whose weights lie in
DATA/weights/resnet18-imagenet-layer1to3-folded.safetensors, its normalisations
folded in. Vectors are kept in DATA/spaces.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from styleid import EmbedOptions, FitOptions, embed, make_table
from styleid.backbones.base import Tensors
from styleid.backbones.resnet import EPSILON, expected_shapes
from styleid.backbones.weights_file import load_tensors
from styleid.data.manifest.table import read_manifest
from styleid.heads.base import get_head
from styleid.heads.joint import Joint
from styleid.rows.training_set import training_set
from styleid.rules.formulas import TINY, softmax, spaces_of
from styleid.vectors.store.space import find_space
from styleid.vectors.store.store import SpaceStore
from trials.heads import scored
from trials.trial import BACKBONE, DEMO, Choice, Trial, tried_rows

IMAGENET, AVGPOOL = "imagenet", "avgpool"


def unfolded(folded: Tensors) -> dict[str, NDArray[np.float32]]:
    """Return folded weights under torchvision's names; layer4, which they lack, `style` does not read."""
    tensors = {name: np.zeros(shape, dtype=np.float32) for name, shape in expected_shapes().items()}
    for name in tensors:
        if name.endswith("running_var"):
            tensors[name] += 1
        elif ".bn" in f".{name}" or "downsample.1" in name:
            conv = name.replace("bn", "conv").replace("downsample.1", "downsample.0")
            if name.endswith(".weight"):
                tensors[name] += np.float32(np.sqrt(1 + EPSILON))
            elif name.endswith(".bias") and conv in folded:
                tensors[name] = folded[conv]
        elif name in folded:
            tensors[name] = folded[name]
    return tensors


def imagenet_weights(data: Path) -> Path:
    """Return the second network's weights, made once of the folded ones beside them."""
    made = data / "weights" / "imagenet-layer1to3.safetensors"
    if not made.exists():
        folded = load_tensors(made.with_name("resnet18-imagenet-layer1to3-folded.safetensors"))
        save_file(unfolded(folded), made)
    return made


def second_vectors(data: Path, name: str, which: str) -> NDArray[np.float32]:
    """Return the second space's vectors of a set, its pictures in the order of `load_table`."""
    plain, _, uneven = name.partition("~")
    kept = data / "tables" / f"{plain}@{which}.npz"
    if not kept.exists():
        work = data / "spaces" / plain
        options = EmbedOptions(BACKBONE, descriptors=(AVGPOOL,))
        if which == IMAGENET:
            options = EmbedOptions("resnet18", imagenet_weights(data))
        folder = DEMO if plain == "demo" else data / "pictures" / plain
        embed(folder, work / "manifest.csv", work / "vectors", options)
        store = SpaceStore(work / "vectors", find_space(work / "vectors"))
        found = training_set(read_manifest(work / "manifest.csv"), store, FitOptions(skip_small=True))
        part = kept.with_suffix(".part.npz")
        np.savez(part, X=found.X, y=found.y)
        part.replace(kept)
    with np.load(kept) as arrays, np.load(data / "tables" / f"{plain}.npz") as first:
        if not np.array_equal(arrays["y"], first["y"]):
            raise ValueError(f"{plain}: the spaces hold other pictures; delete {kept} and {data / 'spaces'}")
        whole = make_table(arrays["X"], first["y"], first["components"])
    return whole.take(tried_rows(whole, bool(uneven))).X


class Plain(Joint):  # type: ignore[misc]
    """The mean of the heads' scores."""

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of the spaces' scores."""
        mean: NDArray[np.float64] = np.mean(self.scores(X), axis=0)
        return mean

    def scores(self, X: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return each space's scores."""
        parts = spaces_of(self._rows(X), self.dims)
        return [one.predict_proba(part) for one, part in zip(self.estimators_, parts, strict=True)]


class Logs(Plain):
    """The mean of the heads' log-scores."""

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the shares of the geometric means."""
        return softmax(np.mean([np.log(np.maximum(one, TINY)) for one in self.scores(X)], axis=0))


class Leads(Plain):
    """The mean of the heads' log-scores, each in units of its lead on its training rows."""

    def fit(self, X: NDArray[np.float64], y: NDArray[Any], **more: Any) -> Leads:
        """Fit the heads and measure their leads."""
        super().fit(X, y, **more)
        logs = [np.log(np.maximum(one, TINY)) for one in self.scores(X)]
        self.leads_ = [max(float(np.median(one.max(axis=1) - one.mean(axis=1))), 1e-6) for one in logs]
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the shares of the means, on the scale of the first space's head."""
        logs = [np.log(np.maximum(one, TINY)) for one in self.scores(X)]
        units = [one / lead for one, lead in zip(logs, self.leads_, strict=True)]
        return softmax(np.mean(units, axis=0) * self.leads_[0])


def fused(trial: Trial, second: str, way: type[Joint] | None, head: str = "lda") -> dict[str, float]:
    """Score both spaces, each by a head of its own, or without a `way` by one head on both side by side."""
    X = second_vectors(trial.data, trial.name, second)
    dims, plain = (trial.table.X.shape[1], X.shape[1]), get_head(head)
    both = replace(trial.table, X=np.hstack([trial.table.X, X]))
    if way is None:
        return scored(replace(trial, table=both, known={}), plain)
    build = lambda seed: way(plain.build(seed), dims)  # noqa: E731
    return scored(replace(trial, table=both, known={}), replace(plain, build=build))


def alone(trial: Trial, second: str, head: str = "lda") -> dict[str, float]:
    """Score the second space by itself."""
    X = second_vectors(trial.data, trial.name, second)
    return scored(replace(trial, table=replace(trial.table, X=X), known={}), head)


WAYS = {"one vector": None, "mean": Plain, "mean of logs": Logs, "logs in leads": Leads}


def _choice(head: str) -> Choice:
    return Choice(
        f"Does a second space's vectors help beside `style`, and how are two {head} heads averaged?",
        "style",
        {
            "style": partial(scored, head=head),
            **{
                f"{second}{f' and style by {way}' if way else ''}": make
                for second in (IMAGENET, AVGPOOL)
                for way, make in {
                    "": partial(alone, second=second, head=head),
                    **{way: partial(fused, second=second, way=WAYS[way], head=head) for way in WAYS},
                }.items()
            },
        },
        {"balanced_accuracy": 1, "accuracy": 1, "log_loss": -1, "ece": -1, "floor": 0, "seconds": 0},
    )


LDA, SVM, KNN, LOGREG = (_choice(head) for head in ("lda", "svm", "knn", "logreg"))
