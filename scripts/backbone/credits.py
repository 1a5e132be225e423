"""Who drew which file, as Debian's machine-readable copyright files (DEP 5) say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

_FIELD = re.compile(r"^(\w[\w-]*):[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_NOT_A_NAME = re.compile(r"<[^>]*>|\(c\)|©|copyright|\b\d{4}\b[,\s-]*|[():]|\bby\b", re.IGNORECASE)
#: Holders that are many people, or nobody known.
_MANY = re.compile(
    r"\b(team|project|contributors?|others|various|authors?|developers?|community|inc|ltd|llc|gmbh|foundation|"
    r"unknown|anonymous|public domain|and|see|et al)\b|[&/,;]",
    re.IGNORECASE,
)


class Credits:
    """Answers whose a file of a package is, where the package's copyright file names one person for it."""

    def __init__(self, folder: Path) -> None:
        files = sorted(folder.glob("usr/share/doc/*/copyright"))
        text = "\n\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
        self.named = list(_named(text))

    def whose(self, name: str) -> str:
        """Return the author of a file by its path in the package, empty if nobody alone is named."""
        # A path in the source is the end of the path as installed; the last entry that fits holds.
        fits = (author for pattern, author in reversed(self.named) if fnmatchcase(name, f"*/{pattern}"))
        return next(fits, "")


def _named(text: str) -> Iterator[tuple[str, str]]:
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(_FIELD.findall(stanza))
        holders = [line.strip() for line in fields.get("Copyright", "").splitlines() if line.strip(" .")]
        names = {" ".join(_NOT_A_NAME.sub(" ", line).split()).strip(" -.").casefold() for line in holders}
        author = names.pop() if len(names) == 1 else ""
        if _MANY.search(author) or not 3 < len(author) < 40:
            author = ""
        for pattern in fields.get("Files", "").split():
            if "/" in pattern:  # what has no folder is said of everything, not of a picture
                yield pattern.replace("\\", ""), author
