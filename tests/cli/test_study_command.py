"""``styleid study artist`` as a translator: what it asks for, what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from styleid.cli.app import app
from styleid.studies.artist import run as module
from styleid.studies.artist.record import ArtistOptions, quick_options

ASKED: dict[str, Any] = {}


class Asked(Exception):
    pass


@pytest.fixture(autouse=True)
def _spy(monkeypatch: pytest.MonkeyPatch) -> None:
    def study_artist(options: ArtistOptions, *rest: Any) -> None:
        ASKED.update(options=options, rest=rest[:-1])
        raise Asked

    monkeypatch.setattr(module, "study_artist", study_artist)


def ask(line: str) -> None:
    said = CliRunner().invoke(app, line.split())
    assert isinstance(said.exception, Asked), said.output


def test_every_option_arrives() -> None:
    ask("study artist --target openmoji --manifest m.csv --store v --out r --seed 7 --jobs 1")
    assert ASKED["options"] == ArtistOptions(target="openmoji", seed=7)
    assert ASKED["rest"] == (Path("m.csv"), Path("v"), Path("r"), 1)


def test_the_defaults_and_the_short_form() -> None:
    ask("study artist")
    assert ASKED["options"] == ArtistOptions()
    assert ASKED["rest"] == (Path("data/manifest.csv"), Path("data/vectors"), Path("reports"), None)
    ask("study artist --quick --seed 2")
    assert ASKED["options"] == quick_options(seed=2)


def test_views_of_embed_are_read_before_anything_is_done() -> None:
    said = CliRunner().invoke(app, ["embed", "nowhere", "--views", "centre"])
    assert "--views expects square, center, fit, grid:N@S" in str(said.exception)
