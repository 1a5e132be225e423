"""Where the pictures come from, and which hands are kept for judgement and never trained on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A package of a registry.

    Attributes
    ----------
    package : str
        Its name there.
    kind : str
        ``icons`` and ``avatars`` come from npm; ``themes``, ``clipart``, ``files`` and ``tiles`` from
        Debian's main archive.
    hand : str
        Whose a theme is; left empty, the package's own.
    """

    package: str
    kind: str
    hand: str = ""


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
#: Games and programs for children whose pictures are files: sprites, textures, tiles, portraits, backgrounds.
_FILES = (
    *("asc-data", "berusky2-data", "blobwars-data", "boswars-data", "brainparty-data", "btanks-data"),
    *("crawl-tiles-data", "enigma-data", "extremetuxracer-data", "flare-game", "freeciv-data"),
    *("freedroid-data", "freedroidrpg-data", "gcompris-qt-data", "gnome-cards-data", "hedgewars-data"),
    *("kdegames-card-data-kf5", "ktuberling-data", "lincity-ng-data", "lordsawar-data"),
    *("lugaru-data", "megaglest-data", "naev-data", "neverball-data", "openarena-data", "opencity-data"),
    *("pingus-data", "pysiogame", "redeclipse-data", "scorched3d-data", "stellarium-data", "supertux-data"),
    *("supertuxkart-data", "tuxpaint-stamps-default", "ufoai-data", "unknown-horizons", "warzone2100-data"),
    *("widelands-data", "0ad-data"),
)
#: Wallpapers: natural texture, cut into tiles at several scales.
_TILES = (
    *("desktop-base", "gnome-backgrounds", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04"),
    *("lxqt-themes", "mate-backgrounds", "plasma-workspace-wallpapers", "ukui-wallpapers"),
)
SOURCES = (
    *(Source(f"@iconify-json/{name}", "icons") for name in _ICONS),
    Source("@dicebear/collection@9", "avatars"),
    Source("openclipart-svg", "clipart"),
    *(Source(name, "themes", hand) for name, hand in _THEMES.items()),
    *(Source(name, "files") for name in _FILES),
    *(Source(name, "tiles") for name in _TILES),
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
#: What stands where an author's name is asked for and none is known.
NAMELESS = frozenset({"", "anonymous", "none", "unknown"})
#: Fewest drawings of a clip-art author who may be kept for judgement.
CLIPART_LEAST = 20


def held_set(kind: str, hand: str, works: int) -> str:
    """Return the set for which a hand is kept, empty for one that may be trained on.

    Parameters
    ----------
    kind : str
        Of its source.
    hand : str
        Family, style or author.
    works : int
        How many pictures of the hand there are.
    """
    if kind == CLIPART:
        chosen = hashlib.sha256(hand.encode()).digest()[0] % 2 == 0  # by name: more data moves nobody
        return CLIPART if chosen and works >= CLIPART_LEAST else ""
    return next((name for name, hands in HELD.items() if hand in hands), "")
