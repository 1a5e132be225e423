"""Which picture of a folder a name in somebody's table means."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from styleid.data.manifest.folder import PICTURE_SUFFIXES


def plain_path(name: str) -> str:
    r"""Return a path without what is spelt differently: ``\``, ``./``, blanks around, accents' form."""
    if any("\udc80" <= character <= "\udcff" for character in name):  # no UTF-8: cp1252, as in tables
        name = name.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    parts = (part.strip() for part in unicodedata.normalize("NFC", name).replace("\\", "/").split("/"))
    return "/".join(part for part in parts if part not in ("", "."))


class Names:
    """Finds pictures, given as POSIX paths under their folder, by names that people write."""

    def __init__(self, pictures: Sequence[str]) -> None:
        self._exact = frozenset(pictures)
        self._plain: dict[str, list[str]] = defaultdict(list)
        self._base: dict[tuple[int, str], list[tuple[str, list[str]]]] = defaultdict(list)
        for picture in pictures:
            name = plain_path(picture)
            self._plain[name].append(picture)
            *folders, base = name.casefold().split("/")
            for key in enumerate(_keys(base)):
                self._base[key].append((picture, folders))

    def find(self, name: str) -> str | None:
        """Return the picture of that path, or of the only one that is spelt differently."""
        alike = [name] if name in self._exact else self._plain.get(plain_path(name), [])
        return alike[0] if len(alike) == 1 else None

    def guess(self, name: str) -> str | None:
        """Return the only picture that ends as `name` does, whatever its case, suffix and leading folders."""
        *folders, base = plain_path(name).casefold().split("/")
        for key in enumerate(_keys(base)):
            shared = {picture: _shared(folders, others) for picture, others in self._base.get(key, [])}
            best = [picture for picture, count in shared.items() if count == max(shared.values()) >= 0]
            if len(best) == 1:
                return best[0]
        return None


def _keys(base: str) -> tuple[str, str, str]:
    """Return a file's name, without suffix, and a number as a spreadsheet leaves it: 1 for 001 and 1.0."""
    stem, suffix = os.path.splitext(base)
    stem = stem if suffix in PICTURE_SUFFIXES or suffix == ".0" else base
    return base, stem, str(int(stem)) if stem.isdecimal() else stem


def _shared(folders: Sequence[str], others: Sequence[str]) -> int:
    """Count the last folders two paths share; -1 where they contradict each other."""
    pairs = list(zip(reversed(folders), reversed(others), strict=False))
    return len(pairs) if all(one == other for one, other in pairs) else -1


def settled_path(path: str, folder: Path) -> str:
    """Return the spelling of `path` under which the file exists, or `path` where none does."""
    spellings = [path, path.replace("\\", "/"), plain_path(path)]
    spellings += [unicodedata.normalize("NFD", spelling) for spelling in spellings[1:]]
    return next((name for name in spellings if os.path.lexists(folder / name)), path)
