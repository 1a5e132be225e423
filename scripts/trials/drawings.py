"""Sets drawn by hands of icon families, illustrators, clip art, chess pieces and type designers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from backbone.gather import Item, items
from backbone.sources import CLIPART, HELD, NPM, Source, held_set
from PIL import Image, ImageDraw, ImageFont

from trials.works import TrialSet, Work, npm, package

#: Families of icons in one colour: the ending of the variant that is looked at, and endings left out.
LINE_ICONS = {
    **dict.fromkeys(("feather", "iconoir", "carbon", "akar-icons", "grommet-icons"), ""),
    **dict.fromkeys(("uil", "entypo", "zondicons", "pixelarticons", "pepicons-pencil", "tabler", "ph"), ""),
    **{"ri": "-line", "mingcute": "-line", "solar": "-linear", "bi": "", "heroicons": "", "jam": ""},
    **{"typcn": "-outline", "teenyicons": "-outline"},
}
_OTHER_VARIANT = re.compile(
    r"-(fill|filled|bold|duotone|light|thin|solid|outline|line|linear|broken|f|20-solid|16-solid|circle|square)$"
)
#: Subjects that all families draw, looked at in this number.
SUBJECTS = 60
EMOJI = ("fxemoji", "emojione-v1", "streamline-emojis")
SCENES = tuple(sorted(HELD["scenes-icons"]))
#: Designers of type, and families that are theirs alone.
DESIGNERS = {
    "Kimberly Geswein": "architects-daughter covered-by-your-grace gloria-hallelujah indie-flower",
    "Robert Leuschke": "alex-brush great-vibes italianno corinthia montecarlo",
    "Vernon Adams": "anton oswald pacifico bangers carter-one",
    "Pablo Impallari": "cabin-sketch dancing-script kaushan-script lobster raleway",
    "Astigmatic": "audiowide righteous special-elite yellowtail luckiest-guy",
    "Cadson Demak": "k2d kanit prompt sriracha itim",
    "Font Diner": "permanent-marker rock-salt homemade-apple schoolbell",
    "Sudtipos": "herr-von-muellerhoff mr-de-haviland monsieur-la-doulaise bubblegum-sans",
}
WORDS = (
    *("Hamburg", "quartz", "Bodega", "winding", "Lyric", "jackal", "Empire", "fresco", "Oxygen", "pamphlet"),
    *("Velvet", "thimble", "Zephyr", "rosebud"),
)
#: Sets of chess pieces, and whose they are where one grew out of another.
SAME_PIECES = {"merida_new": "merida", "fantasy_alt": "fantasy"}
NOT_CHESS = {"sittuyin", "makruk", "ttf"}


def _icons(home: Path, family: str) -> Iterator[Item]:
    name = f"@iconify-json/{family}"
    yield from items(Source(name, "icons", registry=NPM), npm(home, name))


def line_icons(home: Path) -> Iterator[Work]:
    """Yield the subjects that most families draw, in one variant of each family."""
    drawn = {}
    for family, ending in LINE_ICONS.items():
        for item in _icons(home, family):
            name = item.subject.removesuffix(ending)
            if item.subject.endswith(ending) and not _OTHER_VARIANT.search(name):
                drawn[family, name] = item
    hands = Counter(subject for _, subject in drawn)
    common = {subject for subject, _ in hands.most_common(SUBJECTS)}
    for (family, subject), item in drawn.items():
        if subject in common:
            yield Work(family, subject, item)


def emoji(home: Path) -> Iterator[Work]:
    """Yield emoji of hands that the demo does not have; tones and numbers of one subject stay together."""
    for family in EMOJI:
        for item in _icons(home, family):
            subject = re.sub(r"^u[0-9a-f]+-?|-?(\d+|tone|medium|dark|light|skin)\b.*", "", item.subject)
            if not item.subject.startswith(("flag", "regional")):
                yield Work(family, subject.split("-")[0] or item.subject, item)


def scenes(home: Path) -> Iterator[Work]:
    """Yield interface icons of the families that the backbone did not learn from."""
    for family in SCENES:
        for item in _icons(home, family):
            yield Work(re.sub("^streamline-(?!.*emoji)", "streamline ", family), item.subject, item)


def clip_art(home: Path) -> Iterator[Work]:
    """Yield works of the authors of Open Clip Art that the backbone did not learn from."""
    found = list(items(Source("openclipart-svg", CLIPART), package(home, "openclipart-svg")))
    counts = Counter(item.hand for item in found)
    for item in found:
        if held_set(CLIPART, item.hand, counts[item.hand]):
            yield Work(item.hand, f"{item.hand} {re.sub(r'[0-9_-]+[a-z]?$', '', item.subject)}", item)


def avatars(home: Path) -> Iterator[Work]:
    """Yield faces by the illustrators of DiceBear's styles that the backbone did not learn from."""
    source = Source("@dicebear/collection@9", "avatars", registry=NPM)
    for item in items(source, npm(home, source.package, "avatars")):
        if item.hand in HELD["avatars"]:
            yield Work(item.hand, f"{item.hand} {item.subject}", item)


def illustrations(home: Path) -> Iterator[Work]:
    """Yield scenes that companies' illustrators drew; light, dark and sized variants of one are one."""
    places = {
        "Coinbase": ("@coinbase/cds-illustrations", r"heroSquare/svg/light|spotRectangle/svg/light"),
        "Gravity UI": ("@gravity-ui/illustrations", r"-(light|dark)\.svg"),
        "Homeday": ("homeday-assets", r"package/[LM]/"),
        "Momentum": ("@momentum-design/illustrations", r"-(default|primary)\.svg"),
    }
    for hand, (name, wanted) in places.items():
        for file in sorted(npm(home, name).rglob("*.svg")):
            if re.search(wanted, file.as_posix()):
                subject = re.sub(r"-(light|dark|default|primary|\w+zero|\d+).*", "", file.stem)
                yield Work(hand, f"{hand} {subject}", Item(name, "files", hand, subject, file=file))


def chess(home: Path) -> Iterator[Work]:
    """Yield chess pieces; all hands' kings, black and white, stay together, and so on."""
    for folder in sorted(package(home, "pychess").glob("usr/share/pychess/pieces/*")):
        for file in sorted(folder.glob("[bw][kqrbnp].svg")):
            if folder.name not in NOT_CHESS:
                hand = SAME_PIECES.get(folder.name, folder.name)
                yield Work(hand, file.stem[1], Item("pychess", "files", hand, file.stem, file=file))


def lettering(home: Path) -> Iterator[Work]:
    """Yield words written in typefaces; a typeface stays together, its designer is the hand."""
    for designer, families in DESIGNERS.items():
        for family in families.split():
            file = npm(home, f"@fontsource/{family}") / f"package/files/{family}-latin-400-normal.woff"
            for word in WORDS:
                yield Work(designer, family, image=partial(_written, file, word))


def _written(file: Path, word: str) -> Image.Image:
    font = ImageFont.truetype(str(file), 120)
    left, top, right, bottom = font.getbbox(word)
    wide = right - left
    font = ImageFont.truetype(str(file), max(20, round(120 * 340 / wide)))
    image = Image.new("RGB", (400, 224), "white")
    ImageDraw.Draw(image).text((200, 112), word, font=font, fill="black", anchor="mm")
    return image


SETS = (
    TrialSet(
        *("line-icons", "icons in one colour", "icon families", "subject"),
        tuple(f"@iconify-json/{family}" for family in LINE_ICONS),
        "MIT, ISC, Apache-2.0, CC-BY-4.0, by family",
        line_icons,
    ),
    TrialSet(
        *("emoji", "emoji not in the demo", "makers", "first word of the subject"),
        tuple(f"@iconify-json/{family}" for family in EMOJI),
        "Apache-2.0 (fxemoji), CC-BY-4.0 (the others)",
        emoji,
    ),
    TrialSet(
        *("scenes-icons", "interface icons in colour", "icon families", "subject"),
        tuple(f"@iconify-json/{family}" for family in SCENES),
        "MIT, CC-BY-4.0, by family",
        scenes,
    ),
    TrialSet(
        *("clipart", "clip art", "credited authors", "author and name without number"),
        ("openclipart-svg",),
        "public domain",
        clip_art,
    ),
    TrialSet(
        *("avatars", "drawn faces", "illustrators", "style and number of the face"),
        ("@dicebear/collection",),
        "CC0-1.0, CC-BY-4.0, by style",
        avatars,
    ),
    TrialSet(
        *("illustrations", "scenes for interfaces", "companies", "subject"),
        (
            *("@coinbase/cds-illustrations", "@gravity-ui/illustrations", "homeday-assets"),
            "@momentum-design/illustrations",
        ),
        "MIT (the first says nothing in its package)",
        illustrations,
    ),
    TrialSet(
        *("chess", "chess pieces", "sets of pieces", "the piece"),
        ("pychess",),
        "GPL-3+ and others, by set",
        chess,
    ),
    TrialSet(
        *("lettering", "written words", "type designers", "typeface"),
        tuple(f"@fontsource/{name}" for names in DESIGNERS.values() for name in names.split()),
        "OFL-1.1, Apache-2.0",
        lettering,
    ),
)
