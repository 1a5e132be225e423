"""List what the packages hold: drawings, files, tiles of wallpapers, avatars, each with its hand."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from backbone.credits import Credits
from backbone.sources import CLIPART, NAMELESS, NOBODY, Source
from styleid.errors import StyleIdError

#: What is read, by Pillow's names, and the ends of such files' names; drawings are for resvg.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TGA", "DDS", "BMP", "SGI")
SUFFIXES = frozenset(
    {*(".png", ".jpg", ".jpeg", ".webp", ".gif", ".tga", ".dds", ".bmp", ".rgb", ".rgba"), ".svg", ".svgz"}
)
#: What games keep beside pictures: light, height and relief for the renderer, fonts, the program's icons.
_NO_PICTURE = re.compile(
    r"norm(al)?s?[._\d-]|_nm?\.|spec(ular)?[._-]|_s\.|height|bump|gloss|mask|lightmap|font|/icons?/|/hicolor/|"
    r"_ao\.|/ao/|rough|metal(lic|ness)|displace|_disp\.|alpha|shadow|_glow|_pants|_shirt|_reflect|/lut",
    re.IGNORECASE,
)
_ARCHIVES = frozenset({".zip", ".pk3", ".wz", ".wrl"})
#: Scales at which wallpapers and textures are cut: tiles along the short side; and the least side of a tile.
_ASIDE, _TILE = (1, 2, 4), 160
AVATARS = 1000
_CREATOR = re.compile(r"<dc:creator>.*?<dc:title>(.*?)</dc:title>", re.DOTALL)
_AVATARS_SCRIPT = """
import { createAvatar } from '@dicebear/core';
import * as styles from '@dicebear/collection';
for (const [name, style] of Object.entries(styles)) {
  if (!style.create || SKIPPED.includes(name)) continue;
  for (let i = 0; i < COUNT; i++) {
    const svg = createAvatar(style, { seed: `${name}-${i}`, size: 256 }).toString();
    process.stdout.write(JSON.stringify([name, i, svg]) + '\\n');
  }
}
"""


@dataclass(frozen=True)
class Item:
    """One picture to be.

    ``hand`` is the family, style, author, game, folder of a game's textures or, for a wallpaper and what no
    author signed, the picture itself. ``subject`` is what it shows, where the same word means the same thing
    in other hands; else the file. ``drawing`` is an SVG document, empty where there is a ``file``; ``tile``
    says how many tiles lie along the short side, and which one of them this is.
    """

    package: str
    kind: str
    hand: str
    subject: str
    drawing: str = ""
    file: Path | None = None
    tile: tuple[int, int] = (1, 0)


def items(source: Source, folder: Path) -> Iterator[Item]:
    """Yield what an unpacked package holds, in the same order on every machine."""
    if source.kind == "icons":
        yield from _icons(source, folder)
    elif source.kind == "avatars":
        yield from _avatars(source, folder)
    elif source.kind == "themes":
        yield from _themes(source, folder)
    elif source.kind == CLIPART:
        for file in sorted(folder.rglob("*.svg")):
            text = file.read_text(encoding="utf-8", errors="replace")
            found = _CREATOR.search(text)
            author = " ".join(re.sub(r"<.*?>", "", found[1]).split()).casefold() if found else ""
            if author in NAMELESS:  # many hands, not one: each drawing stands for itself, as a wallpaper does
                author = f"unknown, {file.stem}"
            yield Item(source.package, source.kind, author, file.stem, text)
    else:
        yield from _files(source, folder)


def _files(source: Source, folder: Path) -> Iterator[Item]:
    credits = Credits(folder)
    for file in pictures(folder):
        name = file.relative_to(folder).as_posix()
        place = {
            "files": source.package,
            "textures": f"{source.package}/{Path(name).parent.name}",
            "tiles": name,
        }[source.kind]
        hand = (source.kind != "tiles" and credits.whose(name)) or place
        for tile in _tiles(file) if source.kind != "files" else [(1, 0)]:
            yield Item(source.package, source.kind, hand, name, file=file, tile=tile)


def _tiles(file: Path) -> list[tuple[int, int]]:
    """Return the tiles into which a picture is large enough to be cut, at each scale."""
    side = 0 if file.suffix in (".svg", ".svgz") else _short_side(file)
    return [(1, 0), *((n, at) for n in _ASIDE[1:] if side // n >= _TILE for at in range(n * n))]


def _short_side(file: Path) -> int:
    try:
        with Image.open(file, formats=FORMATS) as image:
            return min(image.size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, NotImplementedError):
        return 0


def pictures(folder: Path) -> list[Path]:
    """Return the pictures under a folder and in its archives, without what only a renderer looks at."""
    for archive in sorted(path for path in folder.rglob("*") if path.suffix in _ARCHIVES and path.is_file()):
        target = archive.with_name(archive.name + ".unpacked")
        if target.exists() or not zipfile.is_zipfile(archive):
            continue
        with zipfile.ZipFile(archive) as members:
            wanted = [m for m in members.namelist() if Path(m).suffix.lower() in SUFFIXES]
            members.extractall(target, wanted)
        archive.unlink()
    files = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    kept = (path for path in files if not _NO_PICTURE.search("/" + path.relative_to(folder).as_posix()))
    return sorted(path for path in kept if path.is_file() and not path.is_symlink())


def _icons(source: Source, folder: Path) -> Iterator[Item]:
    icons: dict[str, Any] = json.loads((folder / "package" / "icons.json").read_bytes())
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    for name, icon in sorted(icons["icons"].items()):
        box = [
            icon.get(k, icons.get(k, d)) for k, d in (("left", 0), ("top", 0), ("width", 16), ("height", 16))
        ]
        drawing = f'<svg {space} viewBox="{" ".join(map(str, box))}">{icon["body"]}</svg>'
        yield Item(source.package, source.kind, icons["prefix"], name, drawing)


def _themes(source: Source, folder: Path) -> Iterator[Item]:
    """Yield each icon once, the largest of those of one name; not those of one colour."""
    best: dict[str, tuple[tuple[bool, int, str], Path]] = {}
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.suffix not in (".svg", ".svgz", ".png") or "symbolic" in name or "cursors" in name:
            continue
        if file.is_symlink() or not file.is_file():
            continue
        sizes = [int(size) for size in re.findall(r"(?<=[/x])\d+(?=[/x@])", name)]
        rank = (file.suffix != ".png", max(sizes, default=512), name)
        best[file.stem] = max(best.get(file.stem, (rank, file)), (rank, file))
    for stem, (_, file) in sorted(best.items()):
        yield Item(source.package, source.kind, source.hand or source.package, stem, file=file)


def _avatars(source: Source, folder: Path) -> Iterator[Item]:
    made = folder / "avatars.jsonl"
    if not made.exists():
        script = _AVATARS_SCRIPT.replace("SKIPPED", json.dumps(sorted(NOBODY))).replace("COUNT", str(AVATARS))
        (folder / "avatars.mjs").write_text(script, encoding="utf-8")
        done = subprocess.run(
            ["node", "avatars.mjs"], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StyleIdError(f"node ended with code {done.returncode} and said: {done.stderr[-300:]}")
        made.write_text(done.stdout, encoding="utf-8")
    with made.open(encoding="utf-8") as lines:
        for line in lines:
            name, number, drawing = json.loads(line)
            hand = name.removesuffix("Neutral")  # the same artist's faces without the rest
            yield Item(source.package, source.kind, hand, str(number), drawing)
