"""Read a folder of pictures as a table: folder -> label, sub-folder -> group, ``train/`` -> split."""

from __future__ import annotations

import csv
import io
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from styleid.data.decode.policy import DEFAULT_FORMATS
from styleid.data.decode.sniff import SNIFFED, sniff
from styleid.errors import InputError

#: Names by which data sets call the three parts of a split.
SPLIT_FOLDERS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
#: A file so named is taken for a picture even when its bytes say otherwise, and then fails by name.
PICTURE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib")
    + (".tif", ".tiff", ".avif", ".heic", ".heif")
)
#: The table that may lie in the picture folder, by the name and the column other tools use for it.
TABLE_NAME = "metadata.csv"
TABLE_KEY = "file_name"


@dataclass(frozen=True)
class FolderContent:
    """What a folder holds."""

    pictures: tuple[str, ...]  # POSIX paths under the folder, sorted by their bytes
    ignored: int  # files that neither are pictures nor have a picture's suffix


def find_pictures(root: Path) -> FolderContent:
    """List the pictures below `root`; hidden names are passed over, links to folders not followed."""
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise InputError(
            f"{root} {what}; expected a folder with one sub-folder of pictures a label", path=root
        )

    def refuse(error: OSError) -> None:
        raise InputError(f"cannot list {error.filename}: {error.strerror}", path=error.filename) from error

    # Paths stay text here: there may be a hundred thousand, and a Path object costs more than its listing.
    pictures: list[str] = []
    ignored, start = 0, len(os.fspath(root))
    for folder, folders, files in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        # A folder or link to one that calls itself a picture is listed, so that it is reported and not lost.
        files += [name for name in folders if _suffix(name) in PICTURE_SUFFIXES]
        below = folder[start:].replace(os.sep, "/").strip("/")
        prefix = below and below + "/"
        for name in files:
            if name.startswith("."):
                continue
            if _suffix(name) in PICTURE_SUFFIXES or _starts_like_picture(Path(folder, name)):
                pictures.append(prefix + name)
            else:
                ignored += 1
    return FolderContent(tuple(sorted(pictures, key=os.fsencode)), ignored)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _starts_like_picture(file: Path) -> bool:
    if not file.is_file():  # a pipe would block
        return False
    try:
        with open(file, "rb") as stream:
            kind = sniff(stream.read(SNIFFED))
            return kind in DEFAULT_FORMATS and kind != "TIFF"  # as which cameras' raw files begin
    except OSError:
        return False


def place(image_id: str, group_pattern: re.Pattern[str] | None = None) -> dict[str, str]:
    """Read ``label``, ``group`` and ``split`` off a picture's POSIX path; each may be empty.

    The pattern is searched in the file's name, and its first group (or the whole match) names the group. A
    group carries its label, because ``sketches/`` of two artists are different pictures.
    """
    *folders, name = image_id.split("/")
    split = ""
    for depth in range(min(2, len(folders))):
        if folders[depth].lower() in SPLIT_FOLDERS:
            split = SPLIT_FOLDERS[folders.pop(depth).lower()]
            break
    label = folders[0] if folders else ""
    group = "/".join(folders) if len(folders) > 1 else ""
    if group_pattern and (match := group_pattern.search(name)):
        group = f"{label}/{match.group(1) if group_pattern.groups else match.group()}"
    # one text for all pictures of a label, not one each
    return {"label": sys.intern(label), "group": sys.intern(group), "split": split}


def read_table(path: Path) -> dict[str, dict[str, str]]:
    """Read a CSV whose column ``file_name`` is a path under the picture folder: path -> the others."""
    try:
        text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise InputError(f"cannot read the table {path}: {error.strerror}", path=path) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="", strict=True)
    try:
        if TABLE_KEY not in (reader.fieldnames or ()):
            columns = ", ".join(reader.fieldnames or ()) or "none"
            raise InputError(f"{path} expects a column {TABLE_KEY!r}; it has {columns}", path=path)
        return {row.pop(TABLE_KEY): {k: v for k, v in row.items() if k is not None} for row in reader}
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not a CSV table ({error})", path=path) from error
