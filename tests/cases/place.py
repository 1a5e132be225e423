"""A folder of one's own, in which commands are run, and pictures that cost nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from styleid import StyleIdError
from styleid.cli.app import app

SHADES = iter(range(10**6))


def paint(*names: str | Path) -> None:
    """Make pictures, each of bytes of its own."""
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        shade = next(SHADES)
        Image.new("RGB", (24, 24), (shade % 256, shade // 256 % 256, 90)).save(name, format="PNG")


class Place:
    """A folder of one's own, in which commands are run."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.monkeypatch = monkeypatch
        monkeypatch.chdir(root)
        monkeypatch.setenv("COLUMNS", "200")

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command; return all it says, its error included."""
        result = CliRunner().invoke(app, [*arguments])
        error = result.exception
        if isinstance(error, StyleIdError):
            assert error.exit_code == code, error
            assert "\n" not in str(error)
            return result.output + str(error)
        assert result.exit_code == code, (result.output, error)
        return result.output

    def embed(self, *arguments: str, code: int = 0) -> str:
        places = ("--manifest", "m.csv", "--store", "v", "--backbone", "resnet18-style")
        return self.run("embed", *arguments, *places, code=code)

    def scan(self, *arguments: str, code: int = 0) -> str:
        return self.run("scan", *arguments, "--manifest", "m.csv", code=code)

    def rows(self, manifest: str = "m.csv") -> dict[str, dict[str, str]]:
        with open(manifest, newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            return {row["image_id"]: row for row in csv.DictReader(file)}

    def column(self, name: str = "label") -> dict[str, str]:
        return {image_id: row[name] for image_id, row in self.rows().items()}

    def edit(self, *pairs: tuple[str, str]) -> None:
        text = Path("m.csv").read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        Path("m.csv").write_text(text, encoding="utf-8")
