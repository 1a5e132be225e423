"""List the pictures of a folder, and read label, group and split off where each lies."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from styleid.data.decode.policy import DEFAULT_FORMATS
from styleid.data.decode.sniff import SNIFFED, sniff
from styleid.data.manifest.labels import some
from styleid.data.manifest.table import SPLIT_NAMES
from styleid.errors import InputError
from styleid.files import is_folder, is_there
from styleid.report.numbers import count_of

#: A file so named is taken for a picture even when its bytes say otherwise, and then fails by name.
PICTURE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib")
    + (".tif", ".tiff", ".avif", ".heic", ".heif")
)
#: Cameras' own files begin like a TIFF, and hold no finished picture.
_RAW_SUFFIXES = frozenset((".cr2", ".nef", ".arw", ".dng", ".orf", ".rw2", ".pef", ".srw"))
#: What systems and network disks put among pictures, besides names that begin with a dot.
_OF_THE_SYSTEM = frozenset(
    ("@eadir", "__macosx", "#recycle", "$recycle.bin", "system volume information", "lost+found")
    + ("thumbs.db", "ehthumbs.db", "desktop.ini", "picasa.ini", "icon\r")
)
HIDDEN = "hidden or of the system"
#: A folder with one of each is a run of styleid, whose plots are nobody's pictures.
_RUN_RECORDS = frozenset(("result.json", "check.json", "compare.json"))
_RUN_PAGES = frozenset(("report.html", "study.html", "forgetting.html", "check.html", "compare.html"))


@dataclass(frozen=True)
class FolderContent:
    """What a folder holds."""

    pictures: tuple[str, ...]  # POSIX paths under the folder, sorted by their bytes
    passed_over: Mapping[str, int]  # kind -> files that neither are pictures nor have a picture's suffix
    notes: tuple[str, ...] = ()  # links that were not followed, folders without a picture

    def lines(self, root: Path) -> list[str]:
        """Say what else is in the folder, a line each."""
        passed = f"passed over in {root}: {write_kinds(self.passed_over)}"
        return [*self.notes, passed] if self.passed_over else list(self.notes)


def write_kinds(counts: Mapping[str, int]) -> str:
    """Write how many files there are of each kind, the most first."""
    kinds = sorted(counts.items(), key=lambda kind: (-kind[1], kind[0]))
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds)


def find_pictures(root: Path, own: Collection[str] = (), recursive: bool = True) -> FolderContent:
    """List the pictures below `root`; a link to a folder is followed unless the folder is there already.

    Files called as in `own` are not counted among those that were passed over. Unless it is `recursive`, no
    word is said of sub-folders.
    """
    if not is_folder(root):
        what = "is not a folder" if is_there(root) else "does not exist"
        raise InputError(
            f"{root} {what}; expected a folder with one sub-folder of pictures for each label", path=root
        )

    def refuse(error: OSError) -> None:
        raise InputError(f"cannot list {error.filename}: {error.strerror}", path=error.filename) from error

    # Paths stay text here: there may be a hundred thousand, and a Path object costs more than its listing.
    pictures: list[str] = []
    notes: list[str] = []
    passed_over: Counter[str] = Counter()
    seen: dict[tuple[int, int], str] = {}
    others: dict[str, Counter[str]] = {}  # folder -> its files that are no pictures
    start, above = len(os.fspath(root)), os.path.realpath(root) + os.sep
    tops = [os.fspath(root)]
    for top in tops:  # links to folders are put behind, so that what is here by itself comes first
        if top != tops[0] and above.startswith(os.path.join(os.path.realpath(top), "")):
            notes.append(f"{top} is a link to a folder that holds it: not followed")
            continue
        for folder, folders, files in os.walk(top, onerror=refuse):
            status = os.stat(folder)
            if (first := seen.setdefault((status.st_dev, status.st_ino), folder)) != folder:
                notes.append(f"{folder} is a link to what {first} holds already: not followed twice")
                folders.clear()
                continue
            folders[:] = folders if recursive else []
            below = folder[start:].replace(os.sep, "/").strip("/")
            if below and _RUN_RECORDS.intersection(files) and _RUN_PAGES.intersection(files):
                passed_over["folder of styleid's results"] += 1
                folders.clear()
                continue
            hidden = [name for name in folders if _is_hidden(name)]
            passed_over[HIDDEN] += len(hidden)
            linked = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            folders[:] = [name for name in folders if name not in hidden]
            # A folder or link to one that calls itself a picture is listed, so that it is reported.
            files += [name for name in folders if _suffix(name) in PICTURE_SUFFIXES]
            tops += [os.path.join(folder, name) for name in sorted(linked) if name in folders]
            folders[:] = [name for name in folders if name not in linked]
            prefix = below and below + "/"
            others[below] = Counter()
            for name in files:
                if _is_hidden(name):
                    passed_over[HIDDEN] += 1
                elif _suffix(name) in PICTURE_SUFFIXES or _starts_like_picture(Path(folder, name)):
                    pictures.append(prefix + name)
                elif name in own:
                    continue
                elif os.path.exists(os.path.join(folder, name)):
                    others[below][_suffix(name)[1:].upper() or "without a suffix"] += 1
                else:
                    notes.append(f"{os.path.join(folder, name)} is a link to nothing: is a disk not mounted?")
    for counts in others.values():
        passed_over.update(counts)
    notes += _bare(pictures, others)
    return FolderContent(tuple(sorted(pictures, key=os.fsencode)), +passed_over, tuple(notes))


def _bare(pictures: Iterable[str], others: Mapping[str, Counter[str]]) -> list[str]:
    """Name the folders that hold no picture, nor do their sub-folders: they may be labels."""
    full = {""}
    for folder in {picture.rpartition("/")[0] for picture in pictures}:
        while folder not in full:
            full.add(folder)
            folder = folder.rpartition("/")[0]
    bare: dict[str, Counter[str]] = {}
    for folder in sorted(others.keys() - full):
        parts = folder.split("/")
        top = next(above for n in range(len(parts)) if (above := "/".join(parts[: n + 1])) not in full)
        bare.setdefault(top, Counter()).update(others[folder])
    told = some([f"{top} ({write_kinds(counts)})" if counts else top for top, counts in bare.items()], 10)
    return [f"{count_of(len(bare), 'folder')} without a picture: {told}"] if bare else []


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _OF_THE_SYSTEM


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _starts_like_picture(file: Path) -> bool:
    if file.suffix.lower() in _RAW_SUFFIXES or not os.path.isfile(file):  # a pipe would block
        return False
    try:
        with open(file, "rb") as stream:
            kind = sniff(stream.read(SNIFFED))
            return kind in DEFAULT_FORMATS and kind != "TIFF"  # as which cameras' raw files begin
    except OSError:
        return False


def find_splits(pictures: Iterable[str]) -> tuple[frozenset[str], list[str]]:
    """Return which folders are parts of a split, and notes on those that only sound like one.

    They are where all folders of the first or of the second level are called so; a person may be called Val.
    """
    levels: tuple[set[str], set[str]] = set(), set()
    for folders in {picture.rpartition("/")[0] for picture in pictures}:
        for level, name in zip(levels, folders.split("/") if folders else [], strict=False):
            level.add(name)
    notes: list[str] = []
    for level in levels:
        alike = {name for name in level if name.lower() in SPLIT_NAMES}
        if alike and alike == level:
            return frozenset(name.lower() for name in level), notes
        if alike:
            names, option = ", ".join(sorted(alike)), ",".join(sorted(alike))
            kind = "labels" if level is levels[0] else "series"
            beside = ", ".join(sorted(level - alike)[:3])
            notes.append(
                f"folders {names} are taken for {kind}, since they lie beside {beside}; if they are parts of "
                f"a split, say --split-folders {option}"
            )
    return frozenset(), notes


def named_group(name: str, pattern: re.Pattern[str]) -> str:
    """Read the group off a file's name; a match of nothing, or without the pattern's group, is none."""
    match = pattern.search(name)
    return (match.group(bool(pattern.groups)) or "") if match else ""


def place(
    image_id: str, group_pattern: re.Pattern[str] | None = None, splits: Collection[str] = ()
) -> dict[str, str]:
    """Read ``label``, ``group`` and ``split`` off a picture's POSIX path; each may be empty.

    The pattern is searched in the file's name, and its first group (or the whole match) names the group. A
    group carries its label, because ``sketches/`` of two artists are different pictures. `splits` are the
    lower-case names of folders that are parts of a split, above or right below the labels.
    """
    *folders, name = image_id.split("/")
    split = ""
    for depth in range(min(2, len(folders)) if splits else 0):
        if folders[depth].lower() in splits:
            split = SPLIT_NAMES[folders.pop(depth).lower()]
            break
    label = folders[0] if folders else ""
    group = "/".join(folders) if len(folders) > 1 else ""
    if group_pattern and (named := named_group(name, group_pattern)):
        group = f"{label}/{named}"
    # one text for all pictures of a label, not one each
    return {"label": sys.intern(label), "group": sys.intern(group), "split": split}
