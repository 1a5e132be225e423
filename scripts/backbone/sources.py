"""Where the pictures come from, and which hands are kept for judgement and never trained on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

NPM, DEBIAN = "npm", "debian"


@dataclass(frozen=True)
class Source:
    """A package of a registry.

    ``kind`` says what its pictures are and how they are listed: ``icons``, ``themes``, ``avatars``,
    ``clipart``, ``files`` (sprites, portraits, backgrounds), ``textures`` (paint and photographs that games
    lay on things) and ``tiles`` (wallpapers). ``hand`` is whose a theme is; left empty, the package's own.
    """

    package: str
    kind: str
    hand: str = ""
    registry: str = DEBIAN


#: Families of icons with colour. The emoji sets of the demo, and whatever else draws emoji, are not here.
_ICONS = (
    *("catppuccin", "circle-flags", "cif", "cryptocurrency-color", "devicon", "flag", "flagpack", "flat-ui"),
    *("flat-color-icons", "fluent-color", "icon-park", "logos", "marketeq", "material-icon-theme"),
    *("meteocons", "skill-icons", "streamline-color", "streamline-cyber-color", "streamline-flex-color"),
    *("streamline-freehand-color", "streamline-kameleon-color", "streamline-plump-color"),
    *("streamline-sharp-color", "streamline-stickies-color", "streamline-ultimate-color"),
    *("token-branded", "unjs", "vscode-icons"),
)
#: Icon themes of desktops, and whose they are where one grew out of another. All draw the same things.
_THEMES = {
    "breeze-icon-theme": "",
    "deepin-icon-theme": "",
    "elementary-icon-theme": "",
    "faba-icon-theme": "moka",
    "faenza-icon-theme": "faenza",
    "gnome-icon-theme": "gnome",
    "gnome-icon-theme-gartoon": "",
    "gnome-icon-theme-nuovo": "",
    "gnome-icon-theme-yasis": "",
    "mate-icon-theme": "gnome",
    "mint-y-icons": "moka",
    "moka-icon-theme": "moka",
    "numix-icon-theme": "numix",
    "numix-icon-theme-circle": "numix",
    "obsidian-icon-theme": "faenza",
    "oxygen-icon-theme": "",
    "paper-icon-theme": "",
    "papirus-icon-theme": "",
    "sugar-icon-theme": "",
    "suru-icon-theme": "",
    "tango-icon-theme": "",
    "ukui-themes": "",
    "yaru-theme-icon": "",
}
#: Games and programs for children whose pictures are files: sprites, portraits, scenery, backgrounds.
#: Not wesnoth-* and naev-*: others judge by their artists.
_FILES = (
    *(
        "7kaa-data",
        "adonthell-data",
        "amoebax-data",
        "ardentryst",
        "asc-data",
        "atanks-data",
        "berusky2-data",
    ),
    *("blobandconquer-data", "blobwars-data", "bomberclone-data", "boswars-data", "brainparty-data"),
    *("btanks-data", "bumprace-data", "caveexpress-data", "crawl-tiles-data", "dustracing2d-data"),
    *(
        "endless-sky-data",
        "endless-sky-high-dpi",
        "enigma-data",
        "fillets-ng-data",
        "flare-game",
        "freeciv-data",
    ),
    *(
        "freecol",
        "freedink-data",
        "freedroid-data",
        "freedroidrpg-data",
        "freeorion-data",
        "frozen-bubble-data",
    ),
    *("gamine-data", "gcompris-qt-data", "glob2-data", "gnome-cards-data", "hedgewars-data", "kajongg"),
    *("kdegames-card-data-kf5", "kdegames-mahjongg-data-kf5", "kgeography-data", "klettres-data", "krank"),
    *("ktuberling-data", "lbreakouthd-data", "lincity-ng-data", "lordsawar-data", "opencity-data"),
    *("openclonk-data", "pax-britannica-data", "pekka-kana-2-data", "pingus-data", "planetblupi-common"),
    *("plee-the-bear-data", "pokerth-data", "powermanga-data", "pushover-data", "pybik", "pysiogame"),
    *("raincat-data", "renpy-demo", "renpy-thequestion", "ri-li-data", "scratch", "starfighter-data"),
    *("supertux-data", "tuxmath-data", "tuxpaint-data", "tuxpaint-stamps-default", "tuxtype-data"),
    *("unknown-horizons", "warmux-data", "widelands-data"),
)
#: What games lay on the ground, on walls and on bodies, and photographs of the sky: paint and photographs.
_TEXTURES = (
    *("0ad-data", "blender-data", "bzflag-data", "colobot-common-textures", "crrcsim-data", "cube2-data"),
    *(
        "doomsday-data",
        "dreamchess-data",
        "extremetuxracer-data",
        "flightgear-data-ai",
        "flightgear-data-base",
    ),
    *(
        "flightgear-data-models",
        "foobillardplus-data",
        "gimp-data",
        "krita-data",
        "kstars-data",
        "lebiniou-data",
    ),
    *("lugaru-data", "marble-data", "marsshooter-data", "megaglest-data", "mypaint-data-extras"),
    *("neverball-common", "neverball-data", "nexuiz-data", "nexuiz-textures", "openarena-081-maps"),
    *("openarena-081-misc", "openarena-081-players", "openarena-081-textures", "openarena-085-data"),
    *(
        "openarena-088-data",
        "openarena-data",
        "openarena-oacmp1",
        "pinball-table-gnu-data",
        "redeclipse-data",
    ),
    *(
        "scorched3d-data",
        "searchandrescue-data",
        "stellarium-data",
        "supertuxkart-data",
        "sweethome3d-furniture",
    ),
    *("torcs-data", "trackballs-data", "trigger-rally-data", "ufoai-data", "ufoai-maps", "ufoai-textures"),
    *("visp-images-data", "warzone2100-data", "xmoto-data"),
)
_TEXTURES_NPM = ("@pmndrs/assets", "babylonjs-viewer-assets", "cesium", "three-globe")
#: Wallpapers: each is a hand of its own.
_TILES = (
    *("debian-edu-artwork-buster", "debian-edu-artwork-emerald", "debian-edu-artwork-homeworld"),
    *("debian-edu-artwork-softwaves", "debian-edu-artwork-spacefun", "desktop-base", "gnome-backgrounds"),
    *("lomiri-wallpapers", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "lxqt-themes"),
    *("mate-backgrounds", "plasma-workspace-wallpapers", "sway-backgrounds", "ukui-wallpapers"),
)


def _mixed(*kinds: tuple[Source, ...]) -> tuple[Source, ...]:
    """Return all sources so ordered that the first hundred hold as much of each kind as all of them."""
    placed = [((at + 0.5) / len(kind), source) for kind in kinds for at, source in enumerate(kind)]
    return tuple(source for _, source in sorted(placed, key=lambda pair: pair[0]))


SOURCES = _mixed(
    tuple(Source(f"@iconify-json/{name}", "icons", registry=NPM) for name in _ICONS),
    (Source("@dicebear/collection@9", "avatars", registry=NPM),),
    (Source("openclipart-svg", "clipart"),),
    tuple(Source(name, "themes", hand=hand) for name, hand in _THEMES.items()),
    tuple(Source(name, "files") for name in _FILES),
    tuple(Source(name, "textures") for name in _TEXTURES),
    tuple(Source(name, "textures", registry=NPM) for name in _TEXTURES_NPM),
    tuple(Source(name, "tiles") for name in _TILES),
)

#: DiceBear's styles of abstract shapes, letters and icons of others: nobody's hand.
NOBODY = frozenset({"icons", "identicon", "initials", "glass", "rings", "shapes"})
#: Hands kept for judgement, by the set they form. Within a set all draw the same things.
HELD = {
    "files-icons": frozenset({"catppuccin", "material-icon-theme", "vscode-icons"}),
    "scenes-icons": frozenset(
        {
            *("flat-color-icons", "fluent-color", "marketeq", "streamline-cyber-color"),
            *("streamline-freehand-color", "streamline-kameleon-color", "streamline-stickies-color"),
        }
    ),
    "avatars": frozenset(
        {"avataaars", "bigEars", "lorelei", "micah", "notionists", "openPeeps", "personas", "adventurer"}
    ),
}
CLIPART = "clipart"
#: Set of hands with paint and photographs by which training sees how far it is; and how many bytes of a
#: name's hash out of 256 put a hand there.
WATCHED, WATCHED_OF_256 = "watched", 8
#: What stands where an author's name is asked for and none is known.
NAMELESS = frozenset({"", "anonymous", "none", "unknown"})
#: Fewest drawings of a clip-art author who may be kept for judgement.
CLIPART_LEAST = 20


def held_set(kind: str, hand: str, works: int) -> str:
    """Return the set for which a hand with so many works is kept, empty for one that may be trained on."""
    byte = hashlib.sha256(hand.encode()).digest()[0]  # by name: more data moves nobody
    if kind == CLIPART:
        return CLIPART if byte % 2 == 0 and works >= CLIPART_LEAST else ""
    if kind in ("textures", "tiles"):
        return WATCHED if byte < WATCHED_OF_256 else ""
    return next((name for name, hands in HELD.items() if hand in hands), "")
