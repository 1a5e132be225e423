"""What the demo pictures are: the icon packages, the subjects, and which picture is in which version.

The design is matched: all seven labels have the same list of subjects and variants, less one picture for each
of five labels (``OMITTED``), so that neither the subject nor the skin tone tells the label.
"""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

COLUMNS = ("file_name", "group", "version")


class Package(NamedTuple):
    """One icon package: what is fetched and what it must be."""

    version: str
    licence: str
    integrity: str  # SHA-512 of the package file, base64, as the registry states it
    icons_sha256: str  # of icons.json, so that an unpacked folder is checked too


# fmt: off
PACKAGES = {
    "emojione": Package("1.2.3", "CC-BY-4.0", "T9+T3HIbJNLKKsmxYKlaYhvnHYkz/HNYTV7SHCXVZPfeUi4FqskY70YeN8yYAZT8cCv7w5vJxS4Q1m8zb9CMMg==", "e9a865faed523a7c3535b5319ae533d09fac1a62b4e96920eb178bb60e707e80"),  # noqa: E501
    "fluent-emoji": Package("1.2.7", "MIT", "D8G6bKAyIsyxP1rzZtIWr/gg/fO4Rg1+DyCWlfqKK4h8W+4Em/Y0P6QYgJUQTlUcagzJvSyg+9OBv4hz4Hc/QA==", "87f3336be6f46747d40d046a15ffa8b23809ff7a1a280b5d3521d3782fb85de7"),  # noqa: E501
    "fluent-emoji-flat": Package("1.2.6", "MIT", "RY47RgPb47fYUiyrA64sIOL0+UU02s29sXpNBbIQRBUlPlfNFTKUmZDERGuxDs/7yNGWqQYvuaSYM1M4fRXlUw==", "f5f4cf457c0db2ad5a2e42e033e02e0c87d10e43d0164cfffb3bb84914970a63"),  # noqa: E501
    "noto": Package("1.2.9", "Apache-2.0", "DQiuXENbun41ch+XPSV55H9FaWKpHTyz46YIKtSaKYD4fIDDzL1tR6H4np/T38jfrTAeI3rcKF0mqHYeZVAuaw==", "9eac6ef4e7ec122b6f0e7ac281d61008afdbc720d0ce861e398b939daaa347c6"),  # noqa: E501
    "noto-v1": Package("1.2.5", "Apache-2.0", "/DsVMius69Q0fRS53z7QK1TROSuar606jiIx+laXtdsYGMXpf6LtHBx6CGfoo3UHHb/XpBsw+1L1x3eyPqMuVA==", "ce70d8aa90345cf389875c3571ecd245bd943401822a0c5a0f62336bf8487333"),  # noqa: E501
    "openmoji": Package("1.2.29", "CC-BY-SA-4.0", "vXdhkqcXVSO6suy+m9LbcUM3OdVyuNOtpV8/als/WqfkQIRxevL5Geb/g+6GH/Qwnq1OqksEmaDGTCmZ5nFKJQ==", "7075331faab544067dbff4236471dd378bb5410aa05799a8a343c9ebf5c5984c"),  # noqa: E501
    "twemoji": Package("1.2.5", "CC-BY-4.0", "uKpuIEV0v6K5BW3Mjdyl+XKFVAbbcPxAgifKvEMtZoUZB5+YiY5zaMm2uNNCxyXzAWU9yNLlj41WU6/mvgALsw==", "5d5d820790565b764f2728675d487c9ee4c1fc83916d8567d5aca8ba7527c242"),  # noqa: E501
}
# fmt: on

# group -> its subjects. Subjects that differ only by gender, by a background or by a halo share a group:
# some sets draw them over the same figure.
TONED_V1 = {
    "adult": "man woman",
    "baby": "baby",
    "ball-bouncing": "person-bouncing-ball",
    "blond-hair": "person-blond-hair",
    "bowing": "person-bowing",
    "cartwheeling": "person-cartwheeling",
    "child": "boy girl",
    "claus": "santa-claus mrs-claus",
    "construction-worker": "construction-worker",
    "dancing": "man-dancing woman-dancing",
    "facepalming": "person-facepalming",
    "frowning": "person-frowning",
    "gesturing-no": "person-gesturing-no",
    "gesturing-ok": "person-gesturing-ok",
    "guard": "guard",
    "haircut": "person-getting-haircut",
    "handball": "person-playing-handball",
    "massage": "person-getting-massage",
    "older-adult": "old-man old-woman",
    "police-officer": "police-officer",
    "pregnant": "pregnant-woman",
    "raising-hand": "person-raising-hand",
    "royalty": "prince princess",
    "running": "person-running",
    "shrugging": "person-shrugging",
    "skullcap": "person-with-skullcap",
    "surfing": "person-surfing",
    "swimming": "person-swimming",
    "tipping-hand": "person-tipping-hand",
    "tuxedo": "man-in-tuxedo",
    "veil": "bride-with-veil",
    "walking": "person-walking",
    "water-polo": "person-playing-water-polo",
    "weights": "person-lifting-weights",
}
TONED_V2 = {
    "baby": "baby-angel",
    "bath": "person-taking-bath",
    "biking": "person-biking person-mountain-biking",
    "detective": "detective",
    "juggling": "person-juggling",
    "rowing": "person-rowing-boat",
    "turban": "person-wearing-turban",
}
# Two of the sets draw these in one tone only.
PLAIN_V1 = {
    "fencing": "person-fencing",
    "golfing": "person-golfing",
    "in-bed": "person-in-bed",
    "horse-racing": "horse-racing",
    "levitating": "person-in-suit-levitating",
}
PLAIN_V2 = {
    "bunny-ears": "people-with-bunny-ears",
    "skiing": "skier",
    "snowboarding": "snowboarder",
    "wrestling": "people-wrestling",
}
TONES = ("light", "medium-light", "medium", "medium-dark", "dark")

# Icon names where a set says it in another way; {tone} is nothing, or "-dark-skin-tone" and its like.
NAMES: dict[str, dict[str, str]] = {
    "person-blond-hair": {
        "": "person{tone}-blond-hair",
        "emojione": "blond-haired-person{tone}",
        "fluent-emoji": "person-blonde-hair{tone}",
        "fluent-emoji-flat": "person-blonde-hair{tone}",
    },
    # The two oldest sets have a bride only; in the others the same name leads to a person of no gender.
    "bride-with-veil": {
        "": "woman-with-veil{tone}",
        "emojione": "bride-with-veil{tone}",
        "noto-v1": "bride-with-veil{tone}",
    },
    "person-with-skullcap": {"emojione": "man-with-chinese-cap{tone}"},
    "person-in-suit-levitating": {"emojione": "man-in-suit-levitating{tone}"},
    "people-wrestling": {"fluent-emoji": "person-wrestling", "fluent-emoji-flat": "person-wrestling"},
    "people-with-bunny-ears": {
        "fluent-emoji": "person-with-bunny-ears",
        "fluent-emoji-flat": "person-with-bunny-ears",
    },
}
# Seven times 93 and 165 are 651 and 1,155: five labels do without the drawing of theirs that says least.
OMITTED = {
    ("openmoji", "person-blond-hair"),
    ("emojione", "people-wrestling"),
    ("fluent-emoji-flat", "skier"),
    ("noto-v1", "snowboarder"),
    ("twemoji", "people-with-bunny-ears"),
}


class Variant(NamedTuple):
    """One drawing wanted from every set: subject, skin tone ("" for the neutral one), group and version."""

    subject: str
    tone: str
    group: str
    version: str

    @property
    def stem(self) -> str:
        """File name without suffix; the same in every folder."""
        return f"{self.subject}-{self.tone}" if self.tone else self.subject


def variants() -> list[Variant]:
    """List the drawings wanted from every set: 93 of version 1 and 72 more of version 2.

    Returns
    -------
    list of Variant
        A toned subject comes neutral and in two or three tones, which rotate so that all tones are about as
        frequent. Version 1 has most subjects neutral and in one tone; version 2 adds tones and subjects.
    """
    found = []
    toned = [(g, s, 1) for g, names in TONED_V1.items() for s in names.split()]
    toned += [(g, s, 2) for g, names in TONED_V2.items() for s in names.split()]
    for i, (group, subject, since) in enumerate(toned):
        turn = i + i // len(TONES)
        tones = ["", *(TONES[(turn + step) % len(TONES)] for step in (0, 2, 4))]
        wanted = 4 if i % 4 == 2 else 3
        early = 0 if since == 2 else 3 if i % 5 == 0 else 2
        found += [
            Variant(subject, tone, group, "v1" if k < early else "v2")
            for k, tone in enumerate(tones[:wanted])
        ]
    for version, table in (("v1", PLAIN_V1), ("v2", PLAIN_V2)):
        found += [Variant(subject, "", group, version) for group, subject in table.items()]
    return found


def rows() -> list[tuple[str, Variant]]:
    """List all pictures as (label, variant), version 1 first, then by label and name."""
    pairs = [(s, v) for s in PACKAGES for v in variants() if (s, v.stem) not in OMITTED]
    return sorted(pairs, key=lambda pair: (pair[1].version, pair[0], pair[1].stem))


def icon_name(label: str, variant: Variant) -> str:
    """Give the name that a set uses for a variant."""
    known = NAMES.get(variant.subject, {})
    pattern = known.get(label) or known.get("") or variant.subject + "{tone}"
    suffix = "" if label.startswith("fluent") else "-skin-tone"
    return pattern.format(tone=f"-{variant.tone}{suffix}" if variant.tone else "")


def metadata() -> str:
    """Write the table of all pictures as CSV text with the columns file_name, group, version."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows((f"{label}/{v.stem}.png", v.group, v.version) for label, v in rows())
    return text.getvalue()
