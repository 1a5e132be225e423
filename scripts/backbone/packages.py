"""Fetch packages with the tools of their registries and unpack them, each once."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

from backbone.sources import NPM, Source
from styleid.errors import StyleIdError


def unpacked(source: Source, home: Path) -> Path | None:
    """Return the folder under `home` of an unpacked package, None where the archive has no such package.

    Packages of games come and go. Raises StyleIdError if a tool is missing or npm fails.
    """
    folder = home / source.package.replace("/", "-").lstrip("@")
    if folder.exists():
        return folder
    making = folder.with_name(folder.name + ".part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    if source.kind == "avatars":
        _run(
            ["npm", "install", "--silent", "--prefix", str(making), source.package, "@dicebear/core@9"],
            making,
        )
    elif source.registry == NPM:
        _run(["npm", "pack", "--silent", source.package], making)
        (archive,) = making.glob("*.tgz")
        with tarfile.open(archive) as members:
            members.extractall(making, filter="data")
        archive.unlink()
    else:
        if _run(["apt-cache", "show", source.package], making, may_fail=True):
            making.rmdir()
            return None
        _run(["apt-get", "download", "-qq", source.package], making)
        (archive,) = making.glob("*.deb")
        _run(["dpkg-deb", "-x", str(archive), str(making)], making)
        archive.unlink()
    making.rename(folder)
    return folder


def _run(command: list[str], folder: Path, may_fail: bool = False) -> int:
    tool = shutil.which(command[0])
    if tool is None:
        raise StyleIdError(f"expected {command[0]} on the path to fetch pictures, found none: install it")
    done = subprocess.run([tool, *command[1:]], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode and not may_fail:
        said = " ".join(done.stderr.split()) or "nothing"
        raise StyleIdError(f"{' '.join(command)} ended with code {done.returncode} and said: {said}")
    return done.returncode
