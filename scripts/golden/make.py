"""Run every command on a small drawn set and on the demo, each in a folder of its own."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

SETS = ("drawn", "demo")
#: Labels of the drawn set, with the period of their strokes and how strongly they are coloured.
HANDS = {"ann": (3.0, 0.2), "bob": (4.5, 0.5), "cy 10": (7.0, 0.8), "dés": (11.0, 0.4)}
N, SIZE = 24, 72
HEADS = ("lda", "cosine", "logreg", "svm", "mlp", "knn", "centroid")


def make_runs(out: Path, checkout: Path, sets: list[str], only: list[str] | None = None) -> None:
    """Run what is not there yet, and keep what each command printed as ``printed/NAME.txt``."""
    for name in sets:
        folder = out / name
        (folder / "printed").mkdir(parents=True, exist_ok=True)
        if not (folder / "data" / "images").exists():
            if name == "demo":
                shutil.copytree(checkout / "data" / "images", folder / "data" / "images")
            else:
                draw_set(folder)
        for run, arguments in commands(name).items():
            printed = folder / "printed" / f"{run}.txt"
            if printed.exists() or (only and run not in only):
                continue
            begun = time.perf_counter()
            part = printed.with_suffix(".part")
            with part.open("w", encoding="utf-8") as file:
                code = subprocess.run(
                    [sys.executable, "-m", "styleid", *arguments],
                    cwd=folder,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, "PYTHONPATH": str(checkout), "NO_COLOR": "1", "COLUMNS": "100"},
                    check=False,
                ).returncode
                print(f"exit {code}", file=file)
            part.replace(printed)
            print(f"{name}: {run} ended with {code} after {time.perf_counter() - begun:.0f} s", flush=True)


def commands(name: str) -> dict[str, list[str]]:
    """Return the runs of a set in their order: name -> arguments of ``styleid``."""
    demo = name == "demo"
    target = "noto" if demo else "bob"
    labels = "noto,twemoji,openmoji" if demo else "ann,bob,cy 10"
    pictures = [f"data/images/{target}"] if demo else ["odd", "data/images/ann"]
    small = [] if demo else ["--folds", "3"]
    fits = {f"fit-{head}": ["fit", "--head", head, *small] for head in HEADS}
    model = ["--model", "reports/lda/model.styleid"]
    return {
        "scan": ["scan", "--json"],
        "embed": ["embed"],
        "check": ["check", *small],
        **fits,
        "fit-target": ["fit", "--target", target, *small],
        "fit-rest": ["fit", "--one-vs-rest", *small],
        "fit-rest-svm": ["fit", "--head", "svm", "--one-vs-rest", *small],
        "fit-holdout": ["fit", "--protocol", "holdout"],
        "fit-where": ["fit", "--head", "centroid", "--where", "version=v1", "--name", "where", *small],
        "compare": ["compare", "--repeats", "2", "--heads", "lda,mlp,centroid", *small],
        "predict": ["predict", "--json", "--coverage", "0.9", *model, *pictures],
        "predict-words": ["predict", "--coverage", "0.9", *model, *pictures],
        "predict-rest": ["predict", "--json", "--model", "reports/lda-one-vs-rest", *pictures],
        "add": ["add", "new", "new", "--model", "reports/lda-one-vs-rest", "--out", "added.styleid"]
        if not demo
        else ["add", "again", "data/images/noto", "--model", "reports/lda-one-vs-rest"],
        "artist": ["study", "artist", "--quick", "--target", target],
        "forgetting": ["study", "forgetting", "--quick", "--labels", labels],
        "forgetting-cnn": ["study", "forgetting", "--quick", "--labels", labels]
        + ["--learner", "cnn", "--name", "study-forgetting-cnn"],
        "small-cnn": ["baseline", "small-cnn", "--quick", *small],
        "embed-grid": ["embed", "--views", "square+grid:2@448", "--json"],
        "fit-vote": ["fit", "--pool", "vote", "--name", "vote", *small],
        "fit-mean": ["fit", "--head", "centroid", "--name", "mean", *small],
        "predict-vote": ["predict", "--json", "--model", "reports/vote", *pictures],
        "info": ["info"],
        "embed-center": ["embed", "--views", "center+augment:4"],
        "artist-center": ["study", "artist", "--quick", "--target", target, "--out", "center"],
    }


def draw_set(folder: Path) -> None:
    """Draw four hands in pairs of a group, with twins, a near-duplicate, a conflict and odd files."""
    images = folder / "data" / "images"
    rows = []
    for number, (label, (period, colour)) in enumerate(HANDS.items()):
        for i in range(N):
            name = f"{label}/series{i // 2}/{i}.png"
            _draw(images / name, 100 * number + i, period, colour)
            rows.append((name, "museum" if i % 4 < 2 else "scan", "v1" if i % 3 else "v2"))
    shutil.copyfile(images / "ann/series0/0.png", images / "ann/series3/twin.png")
    shutil.copyfile(images / "ann/series0/1.png", images / "bob/series1/conflict.png")
    Image.open(images / "bob/series0/0.png").save(images / "bob/series2/smaller.jpg", quality=90)
    (images / "bob/series2/cut.png").write_bytes((images / "bob/series0/1.png").read_bytes()[:300])
    (images / "notes.txt").write_text("no picture", encoding="utf-8")
    with (images / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file_name", "source", "version"))
        writer.writerows(rows)
    for i in range(N):
        _draw(folder / "new" / f"pair{i // 2}" / f"{i}.png", 900 + i, 5.5, 0.9)
    for i in range(3):
        _draw(folder / "odd" / f"{i}.png", 700 + i, 2.0 + 4 * i, 0.1)
    (folder / "odd" / "empty.png").write_bytes(b"")


def _draw(file: Path, seed: int, period: float, colour: float) -> None:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE, : SIZE + 8 * (seed % 3)]
    turn = rng.uniform(0, np.pi)
    waves = np.sin((x * np.cos(turn) + y * np.sin(turn)) / (period * rng.uniform(0.7, 1.4)))
    blot = ((x - rng.uniform(10, 60)) ** 2 + (y - rng.uniform(10, 60)) ** 2) < rng.uniform(100, 600)
    grey = 127 + 90 * waves * ~blot
    tint = rng.normal(0, 60 * colour, 3)
    pixels = grey[..., None] + tint + rng.normal(0, 12, (*grey.shape, 3))
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(file)
