"""A folder of pictures, names and things in the file system that every reader must survive."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from hostile_bytes import hostile_bytes
from picture_bytes import encoded, picture

#: Bytes after the end of a picture, and one more than the largest file of the default policy.
JUNK = 100_000_000
TOO_LARGE = 256_000_001

NAMES = {
    "line\nbreak.jpg",
    "-rf.jpg",
    "=cmd|' /C calc'!A0.jpg",
    "<img src=x onerror=alert(1)>.jpg",
    "right\u202egpj.exe.jpg",
    "caf\u00e9.jpg",  # as one character,
    "cafe\u0301.jpg",  # and as two
    os.fsdecode(b"no\xff\xfetext.jpg"),
    "x" * 251 + ".jpg",
    " blank .jpg",
    "quote'\".jpg",
    "tab\tand\rreturn.jpg",
    "{{7*7}}${x}%s.jpg",
    "UPPER.JPG",
}


def write_hostile_corpus(folder: Path) -> dict[str, str]:
    """Write all cases into `folder`, which must exist.

    Returns
    -------
    dict
        File name -> what the default policy makes of it: ``vector``, or a code of
        `decode.policy.CODES`. Names and things that this file system does not allow are left out.
    """
    expected: dict[str, str] = {}
    for name, (data, outcome) in hostile_bytes().items():
        (folder / name).write_bytes(data)
        expected[name] = outcome
    for seed, name in enumerate(sorted(NAMES)):
        try:
            (folder / name).write_bytes(encoded(picture(100 + seed), "JPEG"))
        except (OSError, ValueError):
            continue
        expected[name] = "vector"
    return expected | _long_files(folder) | _special_files(folder)


def _long_files(folder: Path) -> dict[str, str]:
    # Holes take no room on the disk.
    for fmt in ("JPEG", "PNG", "GIF"):
        path = folder / f"junk-after.{fmt.lower()}"
        path.write_bytes(encoded(picture(7), fmt))
        os.truncate(path, path.stat().st_size + JUNK)
    path = folder / "too-large.jpg"
    path.write_bytes(encoded(picture(8), "JPEG"))
    os.truncate(path, TOO_LARGE)
    return {
        "junk-after.jpeg": "vector",
        "junk-after.png": "vector",
        "junk-after.gif": "vector",
        "too-large.jpg": "too-large-file",
    }


def _special_files(folder: Path) -> dict[str, str]:
    expected = {"folder.jpg": "not-a-file"}
    (folder / "folder.jpg").mkdir()
    if os.name == "nt":
        return expected
    sound = encoded(picture(9), "JPEG")
    os.mkfifo(folder / "pipe.jpg")
    expected["pipe.jpg"] = "not-a-file"
    try:
        os.mknod(folder / "socket.jpg", stat.S_IFSOCK | 0o600)
        expected["socket.jpg"] = "not-a-file"
    except OSError:
        pass  # macOS wants an administrator for it
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "dangling.jpg").symlink_to("nowhere.jpg")
    (folder / "linked.jpg").symlink_to("a-jpeg.png")
    (folder / "device.jpg").symlink_to("/dev/zero")
    expected |= {
        "loop.jpg": "not-a-file",
        "dangling.jpg": "missing",
        "linked.jpg": "vector",
        "device.jpg": "not-a-file",
    }
    (folder / "unreadable.jpg").write_bytes(sound)
    (folder / "unreadable.jpg").chmod(0)
    expected["unreadable.jpg"] = "vector" if os.geteuid() == 0 else "unreadable"  # root may read everything
    return expected
