"""Measure what the map of a picture's windows is worth: pictures of two halves by two hands.

Usage: python scripts/trials/halves.py DATA [--pairs 40] [--sets NAME,NAME] [--out FOLDER]

DATA is what build.py made; the demo is one more set. A head learns from four fifths of a set's components.
Pairs are drawn from the others, by two hands each: the left half of one picture's middle square stands beside
the right half of the other's. The map of it is made as on a page of evidence, and asked: is each half's
leading label its hand (``half``; by guessing one in as many as there are labels), each single cell's
(``cell``), and, of the two hands alone, does the map lean to each where it is (``order``; by guessing one
half). ``raw`` is the half again where windows are judged as they are, without the picture beside them.
FOLDER [DATA/results] gets halves.json and halves.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  # the folder has to be found first
from numpy.typing import NDArray  # noqa: E402
from PIL import Image  # noqa: E402
from scipy.stats import t as student  # noqa: E402

from styleid import EmbedOptions, FitOptions, embed, grouped_folds, make_head  # noqa: E402
from styleid.data.manifest.table import read_manifest  # noqa: E402
from styleid.questions.evidence.windows import Windows, beside_whole  # noqa: E402
from styleid.rows.training_set import TrainingSet, training_set  # noqa: E402
from styleid.vectors.embedder import PictureEmbedder  # noqa: E402
from styleid.vectors.store.space import find_space  # noqa: E402
from styleid.vectors.store.store import SpaceStore  # noqa: E402
from trials.trial import BACKBONE, DEMO, FOLDS  # noqa: E402
from trials.works import on_white  # noqa: E402

#: Side of the pictures that are made, and of what the network sees.
SIDE, CROP = 448, 224
NUMBERS = ("half", "both", "cell", "order", "raw")


def main() -> None:
    """Measure every set and write the tables."""
    parser = argparse.ArgumentParser(description="Measure the map on pictures of two halves by two hands.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--pairs", type=int, default=40, help="pictures made of each set [40]")
    parser.add_argument("--sets", help="names, by commas [all that are built, and the demo]")
    parser.add_argument("--out", type=Path, help="folder of the tables [DATA/results]")
    given = parser.parse_args()
    built = sorted(folder.name for folder in (given.data / "pictures").iterdir())
    network = PictureEmbedder(BACKBONE)
    rows = []
    for name in given.sets.split(",") if given.sets else ["demo", *built]:
        data = load(given.data, name)
        measured = np.array(list(judged(data, given.pairs, network)))
        means = dict(zip(NUMBERS, np.round(measured.mean(axis=0), 3).tolist(), strict=True))
        rows.append({"set": name, "labels": len(data.labels), "pairs": len(measured), **means})
        print(rows[-1], flush=True)
    out = given.out or given.data / "results"
    out.mkdir(parents=True, exist_ok=True)
    (out / "halves.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (out / "halves.md").write_text(written(rows), encoding="utf-8")


def load(folder: Path, name: str) -> TrainingSet:
    """Embed a set where it is not yet, and return its rows."""
    work, pictures = folder / "embedded" / name, DEMO if name == "demo" else folder / "pictures" / name
    embed(pictures, work / "manifest.csv", work / "vectors", EmbedOptions(BACKBONE))
    store = SpaceStore(work / "vectors", find_space(work / "vectors"))
    return training_set(read_manifest(work / "manifest.csv"), store, FitOptions(seed=0, skip_small=True))


def judged(data: TrainingSet, pairs: int, network: PictureEmbedder) -> Iterator[list[float]]:
    """Make pairs of each fold's pictures and yield the `NUMBERS` of each."""
    folds, _ = grouped_folds(data.y, data.components, FOLDS, 0)
    rng = np.random.default_rng(0)
    for number, fold in enumerate(folds):
        if len(set(data.y[fold.test])) < 2:
            continue
        head = make_head("lda").fit(data.X[fold.train], data.y[fold.train])
        labels = list(head.classes_)
        for _ in range(len(range(number, pairs, len(folds)))):
            left, right = rng.choice(fold.test, 2, replace=False)
            while data.y[left] == data.y[right]:
                left, right = rng.choice(fold.test, 2, replace=False)
            image = halves(*(data.manifest.file(data.manifest.rows[row]) for row in (left, right)))
            windows = Windows.over(SIDE, SIDE)
            whole = np.asarray(image.resize((CROP, CROP), Image.Resampling.BILINEAR), dtype=np.uint8)
            pixels = [whole, *windows.cut(image, CROP)]
            vectors = network.try_transform(pixels)[0]
            hands = [labels.index(data.y[row]) for row in (left, right)]
            moved = windows.cells(head.predict_proba(beside_whole(vectors[1:], vectors[:1])))
            raw = windows.cells(head.predict_proba(vectors[1:]))
            yield [*numbers(moved, hands), numbers(raw, hands)[0]]


def numbers(map_: tuple[list[float], list[float], NDArray[np.float64]], hands: Sequence[int]) -> list[float]:
    """Return ``half``, ``both``, ``cell`` and ``order`` of one map."""
    columns, _, cells = map_
    is_left = (np.array(columns[1:]) + np.array(columns[:-1])) / 2 < 0.5
    parts = [cells[:, is_left], cells[:, ~is_left]]
    right = [int(part.mean(axis=(0, 1)).argmax()) == hand for part, hand in zip(parts, hands, strict=True)]
    own = [float((part.argmax(axis=2) == hand).mean()) for part, hand in zip(parts, hands, strict=True)]
    lean = [float((part[..., hands[0]] - part[..., hands[1]]).mean()) for part in parts]
    return [float(np.mean(right)), float(all(right)), float(np.mean(own)), float(lean[0] > lean[1])]


def halves(left: Path, right: Path) -> Image.Image:
    """Put the left half of one picture's middle square beside the right half of another's."""
    made = Image.new("RGB", (SIDE, SIDE))
    for file, start in ((left, 0), (right, SIDE // 2)):
        image = on_white(file)
        short = min(image.size)
        x, y = (image.width - short) // 2, (image.height - short) // 2
        square = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=(x, y, x + short, y + short))
        made.paste(square.crop((start, 0, start + SIDE // 2, SIDE)), (start, 0))
    return made


def written(rows: Sequence[dict[str, float | str]]) -> str:
    """Write the table, and the mean over sets with its interval (Student's t; a set is one observation)."""
    lines = ["| set | labels | pairs | half | both halves | cell | order | half, raw windows |"]
    lines.append("|" + "---|" * 8)
    for row in rows:
        shown = " | ".join(f"{float(row[name]):.2f}" for name in NUMBERS)
        lines.append(f"| {row['set']} | {row['labels']} | {row['pairs']} | {shown} |")
    values = np.array([[float(row[name]) for name in NUMBERS] for row in rows])
    mean = values.mean(axis=0)
    ends = []
    if len(rows) > 1:
        half = student.ppf(0.975, len(rows) - 1) * values.std(axis=0, ddof=1) / np.sqrt(len(rows))
        ends = [f" ({low:.2f} to {high:.2f})" for low, high in zip(mean - half, mean + half, strict=True)]
    shown = " | ".join(f"{one:.2f}{end}" for one, end in zip(mean, ends or [""] * len(mean), strict=True))
    lines.append(f"| mean over sets | | {sum(int(row['pairs']) for row in rows)} | {shown} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
