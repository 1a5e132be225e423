"""Sets of paint, pixels and photographs: game art with credited authors, wallpapers, small icons of mail."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from backbone.credits import Credits
from backbone.gather import Item, _tiles, pictures
from PIL import Image

from trials.works import TrialSet, Work, on_white, package

WALLPAPERS = (
    *("plasma-workspace-wallpapers", "mate-backgrounds", "gnome-backgrounds", "lomiri-wallpapers-16.04"),
    *("lomiri-wallpapers-20.04", "ukui-wallpapers", "sway-backgrounds"),
)
#: Fewest wallpapers of an author, each a group of its own.
LEAST_WALLPAPERS = 3
#: Mail icons by authors whose themes are their own drawings, by the names of the themes' folders.
MAIL_AUTHORS = {
    "Daniel W. Schneider": ("A_Ducks_Claw", "Blaue_Klaue"),
    "Johan Spee": ("Coons-Blue-0.3",),
    "Thomas Zell": ("Everaldo_Kids", "tom_2.1.1"),
    "Yusuke Kamiyamane": ("Fugue",),
    "Aleksandar Urosevic": ("Gnomaws-0.6a",),
    "Brdja": ("Gorillaws",),
    "Ricardo Mones Lastra": ("Graphitte-0.9.7",),
    "Sergio Cipolla": ("Mist",),
    "Lim Chee Aun": ("Phoenity",),
    "Urke MMI": ("SylZilla",),
    "Melvin Hadasht": ("XeNtish",),
    "Achileus": ("achileus-noname",),
    "Subash Jeyan": ("mongrel2", "orbit-claws"),
    "Paul Mangan": ("clawsola",),
    "Thomas Link": ("tml02c",),
}
#: What the credits name that is no person.
NOBODY = frozenset({"vega strike", "unnamed", "nasa"})
#: Tilesets of one game by different people; those that grew out of one another are one hand.
TILESETS = {
    "BrownLikeBears": "BrownLikeBears",
    "RetroDays": "RetroDaysTileset",
    "Cuteclysm": "Cuteclysm",
    "Mshock and Xotto": "MshockXotto+",
    "UltimateCataclysm": "UltimateCataclysm",
    "HitButton": "HitButton_iso",
    "Hoder": "HoderTileset",
}


def naev(home: Path, wanted: str) -> Iterator[Work]:
    """Yield one kind of the game's art by the authors whom its copyright file names."""
    folder = package(home, "naev-data")
    credits = Credits(folder)
    credits.named = [(pattern.removeprefix("./"), author) for pattern, author in credits.named]
    for file in sorted(folder.rglob("*.png")):
        name = file.relative_to(folder).as_posix()
        author = credits.whose(name)
        if re.search(wanted, name) and author and author not in NOBODY:
            yield Work(
                author,
                f"{author} {re.sub(r'[0-9_]+[a-z]?$', '', file.stem)}" if "store" in name else name,
                image=partial(on_white, file),
            )


def mail_icons(home: Path) -> Iterator[Work]:
    """Yield small icons of a mail program, enlarged; the same thing by all authors stays together."""
    themes = package(home, "claws-mail-themes") / "usr/share/claws-mail/themes"
    for author, folders in MAIL_AUTHORS.items():
        for folder in folders:
            for file in sorted((themes / folder).glob("*.[px][np][gm]")):
                yield Work(
                    author, re.sub(r"_(mark|hrm|open|close).*", "", file.stem), image=partial(on_white, file)
                )


def wallpapers(home: Path) -> Iterator[Work]:
    """Yield tiles of wallpapers by authors with several; a wallpaper stays together."""
    by_author: dict[str, dict[str, Path]] = defaultdict(dict)
    for name in WALLPAPERS:
        folder = package(home, name)
        credits = Credits(folder)
        for file in pictures(folder):
            said = re.search(r"_by_+([A-Za-z_]+)", file.stem)
            author = (
                said[1].replace("_", " ").casefold()
                if said
                else credits.whose(file.relative_to(folder).as_posix())
            )
            motif = re.sub(r"[_-]?\d+x\d+.*", "", file.stem)
            described = next((p for p in file.parents[:4] if (p / "metadata.json").exists()), None)
            if described is not None:
                people = json.loads((described / "metadata.json").read_bytes())["KPlugin"].get("Authors", [])
                author, motif = (
                    (people[0]["Name"].casefold(), described.name) if len(people) == 1 else ("", "")
                )
            if author and "screenshot" not in file.stem:
                known = by_author[author].get(motif)
                if known is None or file.stat().st_size > known.stat().st_size:
                    by_author[author][motif] = file
    for author, motifs in sorted(by_author.items()):
        if len(motifs) >= LEAST_WALLPAPERS:
            for motif, file in sorted(motifs.items()):
                for tile in _tiles(file)[:1] + _tiles(file)[1:5]:
                    yield Work(
                        author, f"{author} {motif}", Item("", "tiles", author, motif, file=file, tile=tile)
                    )


def tilesets(home: Path) -> Iterator[Work]:
    """Yield what several tilesets of one game draw: monsters and things; the thing stays together."""
    folder = package(home, "cataclysm-dda-data") / "usr/share/games/cataclysm-dda/gfx"
    drawn: dict[str, dict[str, Work]] = {}
    for hand, name in TILESETS.items():
        drawn[hand] = {work.group: work for work in _sheets(folder / name, hand)}
    common = {thing: sum(thing in own for own in drawn.values()) for own in drawn.values() for thing in own}
    best = sorted(
        (thing for thing in common if common[thing] >= 4), key=lambda thing: (-common[thing], thing)
    )
    for own in drawn.values():
        yield from (own[thing] for thing in best if thing in own)


def _sheets(folder: Path, hand: str) -> Iterator[Work]:
    config = json.loads((folder / "tile_config.json").read_text(encoding="utf-8"))
    first, size = 0, config["tile_info"][0]
    for sheet in config["tiles-new"]:
        file = folder / sheet["file"]
        wide, high = (sheet.get(f"sprite_{side}", size[side]) for side in ("width", "height"))
        with Image.open(file) as image:
            columns, count = image.width // wide, (image.width // wide) * (image.height // high)
        for tile in sheet.get("tiles", []):
            number = tile.get("fg", tile.get("bg"))
            while isinstance(number, list) and number:
                number = number[0]
            number = number.get("sprite") if isinstance(number, dict) else number
            number = number[0] if isinstance(number, list) and number else number
            names = tile["id"] if isinstance(tile["id"], list) else [tile["id"]]
            thing = str(names[0])
            if (
                isinstance(number, int)
                and 0 <= number - first < count
                and re.match(r"mon_|f_|vp_|t_tree|[a-z]", thing)
            ):
                at = number - first
                box = ((at % columns) * wide, (at // columns) * high)
                yield Work(hand, thing, image=partial(_cut, file, (*box, box[0] + wide, box[1] + high)))
        first += count


def _cut(file: Path, box: tuple[int, int, int, int]) -> Image.Image:
    with Image.open(file) as image:
        part = image.convert("RGBA").crop(box)
    if part.getchannel("A").getbbox() is None:
        raise ValueError("nothing there")
    part = part.crop(part.getchannel("A").getbbox())
    side = max(part.size)
    white = Image.new("RGBA", (side, side), "white")
    white.alpha_composite(part, ((side - part.width) // 2, (side - part.height) // 2))
    return white.convert("RGB")


SETS = (
    TrialSet(
        *("planets", "rendered planets, moons and stations", "credited authors", "the picture"),
        ("naev-data",),
        "public domain, CC-BY-3.0, CC-BY-SA-3.0, GPL, by author",
        partial(naev, wanted="gfx/planet/space/(?!asteroid)"),
        least=6,
    ),
    TrialSet(
        *("game-items", "rendered weapons and devices of a game", "credited authors", "author and name"),
        ("naev-data",),
        "CC-BY-3.0, GPL, public domain, by author",
        partial(naev, wanted="gfx/outfit/store/"),
        least=5,
    ),
    TrialSet(
        *("mail-icons", "icons of 16 to 32 pixels", "credited authors", "what the icon stands for"),
        ("claws-mail-themes",),
        "GPL-2+, GPL-3+, by theme",
        mail_icons,
        least=15,
    ),
    TrialSet(
        *("wallpapers", "tiles of photographs and renderings", "credited authors", "wallpaper"),
        WALLPAPERS,
        "CC-BY-SA, CC-BY, GPL-2+, by picture",
        wallpapers,
        seen=True,
    ),
    TrialSet(
        *("tilesets", "sprites of a game", "artists of tilesets", "what is drawn"),
        ("cataclysm-dda-data",),
        "CC-BY-SA-3.0",
        tilesets,
    ),
)
