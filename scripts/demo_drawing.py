"""From icon packages to pixels and PNG files: fetch, verify, draw, pack."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import struct
import subprocess
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from demo_design import PACKAGES, Package, icon_name, rows
from PIL import Image

from styleid.errors import InputError, MissingExtraError, StyleIdError

SIZE = 256  # side of a picture in pixels


def svg_of(icons: Mapping[str, Any], name: str) -> str:
    """Write one icon of a set as an SVG document.

    Parameters
    ----------
    icons : mapping
        Content of the package's ``icons.json``.
    name : str
        Icon or alias.

    Raises
    ------
    InputError
        The set has no such icon, the alias turns or flips its parent, or the drawing needs a font or a file.
    """
    found, seen = name, {name}
    while found not in icons["icons"]:
        alias = icons.get("aliases", {}).get(found)
        if alias is None or alias["parent"] in seen:
            raise InputError(
                f'expected an icon "{name}" in set "{icons["prefix"]}", found none: correct NAMES'
            )
        if set(alias) != {"parent"}:
            raise InputError(
                f'alias "{found}" of set "{icons["prefix"]}" changes its parent: name another icon'
            )
        found = alias["parent"]
        seen.add(found)
    icon = icons["icons"][found]
    body = icon["body"]
    if "<text" in body or "<image" in body:
        raise InputError(
            f'icon "{found}" of set "{icons["prefix"]}" needs a font or a file: name another icon'
        )
    box = [icon.get(k, icons.get(k, d)) for k, d in (("left", 0), ("top", 0), ("width", 16), ("height", 16))]
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {space} viewBox="{" ".join(str(v) for v in box)}">{body}</svg>'


def render(svg: str) -> npt.NDArray[np.uint8]:
    """Draw an SVG document on white.

    Returns
    -------
    ndarray of uint8, shape (256, 256, 3)
        Red, green, blue.

    Raises
    ------
    MissingExtraError
        ``resvg-py`` is not installed.
    InputError
        The drawing is not square.
    """
    try:
        import resvg_py
    except ImportError:
        raise MissingExtraError("Drawing the demo pictures", "data") from None
    png = resvg_py.svg_to_bytes(
        svg_string=svg, width=SIZE, height=SIZE, background="#ffffff", skip_system_fonts=True
    )
    with Image.open(io.BytesIO(bytes(png))) as image:
        pixels = np.asarray(image.convert("RGB"))
    if pixels.shape != (SIZE, SIZE, 3):  # a box that is not square keeps its proportions
        raise InputError(
            f"expected a square drawing, found pixels of shape {pixels.shape}: name another icon"
        )
    return pixels


def encode_png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Pack pixels as a PNG file of three chunks, the smaller of two ways to filter the lines.

    Flat drawings are smallest without a filter and shaded ones with a filter chosen line by line (the least
    sum of absolute differences: PNG specification, section 12.7), which together take a sixth off what
    Pillow's own packing needs.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (h, w, 3)
        Red, green, blue.

    Returns
    -------
    bytes
        The file.
    """
    height, width, _ = pixels.shape
    line = pixels.reshape(height, width * 3).astype(np.int16)  # (h, w, 3) -> (h, 3 w)
    left, up, corner = np.zeros_like(line), np.zeros_like(line), np.zeros_like(line)
    left[:, 3:], up[1:], corner[1:, 3:] = line[:, :-3], line[:-1], line[:-1, :-3]
    a, b, c = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    paeth = np.where((a <= b) & (a <= c), left, np.where(b <= c, up, corner))
    guesses = (0, left, up, (left + up) // 2, paeth)
    filtered = np.stack([(line - guess).astype(np.uint8) for guess in guesses])  # (5, h, 3 w)
    cost = abs(filtered.view(np.int8).astype(np.int16)).sum(axis=2)  # (5, h)
    packed = []
    for chosen in (np.zeros(height, dtype=np.intp), cost.argmin(axis=0)):
        body = np.concatenate([chosen[:, None].astype(np.uint8), filtered[chosen, np.arange(height)]], axis=1)
        packed.append(zlib.compress(body.tobytes(), 9))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits, RGB, not interlaced
    parts = ((b"IHDR", head), (b"IDAT", min(packed, key=len)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def fetch(folder: Path) -> None:
    """Fetch every package with ``npm pack`` and unpack its two tables to ``folder/<label>/``.

    Parameters
    ----------
    folder : Path
        Existing folder, for instance a temporary one.

    Raises
    ------
    StyleIdError
        npm is missing or fails.
    InputError
        A package is not the one recorded in ``PACKAGES``.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise StyleIdError(
            "expected npm on the path to fetch the icon packages, found none: install Node.js or "
            "pass --packages FOLDER"
        )
    for label, package in PACKAGES.items():
        spec = f"@iconify-json/{label}@{package.version}"
        command = [npm, "pack", "--silent", "--pack-destination", str(folder), spec]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        archive = folder / f"iconify-json-{label}-{package.version}.tgz"
        if done.returncode != 0 or not archive.is_file():
            said = " ".join(done.stderr.split()) or "nothing"
            raise StyleIdError(f"npm pack {spec} ended with code {done.returncode} and said: {said}")
        content = archive.read_bytes()
        integrity = base64.b64encode(hashlib.sha512(content).digest()).decode()
        if integrity != package.integrity:
            raise InputError(
                f"expected {spec} with SHA-512 {package.integrity}, found {integrity}: do not use it"
            )
        target = folder / label
        target.mkdir()
        with tarfile.open(fileobj=io.BytesIO(content)) as members:
            for name in ("icons.json", "info.json"):
                member = members.extractfile(f"package/{name}")
                if member is None:
                    raise InputError(f"expected a file package/{name} in {spec}, found none")
                (target / name).write_bytes(member.read())


def load(folder: Path, label: str, package: Package) -> dict[str, Any]:
    """Read the icons of one package and make sure they are those recorded.

    Parameters
    ----------
    folder : Path
        Holds ``<label>/`` or, as npm installs it, ``@iconify-json/<label>/``.
    label : str
        Name of the set.
    package : Package
        What it must be.

    Raises
    ------
    InputError
        A file is missing, has another content or another licence than recorded.
    """
    home = next((p for p in (folder / label, folder / "@iconify-json" / label) if p.is_dir()), folder / label)
    try:
        content = (home / "icons.json").read_bytes()
        licence = json.loads((home / "info.json").read_bytes())["license"]["spdx"]
    except FileNotFoundError as error:
        raise InputError(
            f"expected the unpacked package {label} in {home}, found no {error.filename}"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != package.icons_sha256:
        raise InputError(
            f"expected {home / 'icons.json'} of version {package.version} with SHA-256 "
            f"{package.icons_sha256}, found {found}: unpack that version"
        )
    if licence != package.licence:
        raise InputError(f"expected licence {package.licence} in {home / 'info.json'}, found {licence}")
    icons: dict[str, Any] = json.loads(content)
    return icons


def draw(folder: Path) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    """Draw every picture of the design from unpacked packages.

    Yields
    ------
    tuple of str and ndarray of uint8, shape (256, 256, 3)
        POSIX path under the pictures' root, and the pixels; in the order of ``metadata.csv``.
    """
    sets = {label: load(folder, label, package) for label, package in PACKAGES.items()}
    for label, variant in rows():
        yield f"{label}/{variant.stem}.png", render(svg_of(sets[label], icon_name(label, variant)))
