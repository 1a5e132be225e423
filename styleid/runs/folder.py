"""A run's folder appears whole or not at all; its record says when, on what and by which versions."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from glob import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from styleid.errors import InputError
from styleid.files import writing
from styleid.rows.training_set import TrainingSet
from styleid.vectors.store.space import Space

RESULT = "result.json"
#: What tells a run's folder from any other; studies have a `RESULT` too, and a page of another name.
REPORT = "report.html"
CHECK = "check.json"
COMPARE = "compare.json"
PYTHON = "python"
#: Most bytes of a run's name: what disks take (255), less what stands around the name while a run is made.
MOST_BYTES = 230
#: What the numbers of a fit and of its plots may depend on.
PACKAGES = (
    "styleid",
    PYTHON,
    "numpy",
    "scikit-learn",
    "scipy",
    "torch",
    "torchvision",
    "pillow",
    "umap-learn",
    "skops",
)


def run_target(out: Path, name: str, marker: str = REPORT) -> Path:
    """Return where a run belongs; refuse a name that is a path, and a folder that is not a run."""
    if not isinstance(name, str) or name in ("", "..") or "\0" in name or Path(name).name != name:
        raise InputError(f"--name expects a plain name, found {name!r}; use --out for the folder", name=name)
    if (length := len(os.fsencode(name))) > MOST_BYTES:
        raise InputError(
            f"--name expects at most {MOST_BYTES} bytes, found {length}: {name[:40]}...; shorten it",
            name=name,
        )
    check_target(out / name, marker)
    return out / name


def clear_leftovers(target: Path) -> list[str]:
    """Remove what a killed run left beside its place, put the run before it back, and say so."""
    notes, target = [], _behind_link(target)
    for left in sorted(target.parent.glob(f".{escape(target.name)}.*")):
        pid, _, kind = left.name.removeprefix(f".{target.name}.").partition(".")
        if not pid.isdigit() or kind not in ("new", "old") or _is_alive(int(pid)):
            continue
        with writing(target):
            if kind == "old" and not target.exists():
                left.replace(target)
                notes.append(f"a run that was killed had moved {target} aside: it was put back")
            else:
                left.unlink() if left.is_symlink() else shutil.rmtree(left)
                notes.append(f"what a killed run left was removed: {left}")
    return notes


def _behind_link(target: Path) -> Path:
    return Path(os.path.realpath(target)) if target.is_symlink() else target


def _is_alive(pid: int) -> bool:
    """Say whether a process is there; on Windows, where asking would end it, every one is taken to be."""
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


@contextmanager
def run_folder(target: Path, marker: str = REPORT) -> Iterator[Path]:
    """Give an empty folder beside the target, and put it in its place when the block ends well.

    A run that is there is replaced; a folder without the file `marker` raises `InputError`, unless it is
    empty. A link stays, and the run it points to is replaced.
    """
    check_target(target, marker)
    target = _behind_link(target)
    new, old = (target.with_name(f".{target.name}.{os.getpid()}.{which}") for which in ("new", "old"))
    with writing(target):
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
    try:
        yield new
        with writing(target):
            if target.exists():
                target.replace(old)
            try:
                new.replace(target)
            except OSError:
                if old.exists():
                    old.replace(target)
                raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def check_target(target: Path, marker: str) -> None:
    """Make the folder above a target; refuse to replace what is not a run, or what cannot be written."""
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(target.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        empty = target.is_dir() and not any(target.iterdir())
        unknown = target.exists() and not empty and not (target / marker).is_file()
    if unknown:
        raise InputError(
            f"{target} is there and is no run of styleid (it holds no {marker}); "
            "choose another --out, or another --name where the command takes one",
            path=target,
        )


def common_record(
    data: TrainingSet, space: Space, notes: Iterable[str], packages: Sequence[str] = PACKAGES
) -> dict[str, Any]:
    """Return the keys that all records of runs on a training set have, as in ``docs/formats.md``."""
    return {
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "labels": list(data.labels),
        "n_images": len(data.manifest),
        "n_groups": len(np.unique(data.components)),
        "n_excluded": data.n_excluded,
        "space": space.id,
        "versions": versions(packages),
        "notes": list(notes),
    }


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the version of each package; `PYTHON` stands among them."""
    return {name: platform.python_version() if name == PYTHON else version(name) for name in packages}
